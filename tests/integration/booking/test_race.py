"""Fifty clients at once. The double booking is first made without the guard, then refused with it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import close_old_connections, connection

from parvis.portal.booking.errors import Full
from parvis.portal.booking.models import Booking, Pool, Refusal
from parvis.portal.booking.services import check_in, guard, passing_time, placing, seats
from parvis.portal.kernel.errors import Conflict
from tests.integration.booking.hall import NOW, Hall, at, make_hall, overlapping

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = 50
ROOMS = 7


@pytest.fixture
def hall() -> Hall:
    return make_hall(ROOMS)


def together(*acts: Callable[[], object]) -> list[object]:
    """Run the acts at once, each with a connection of its own; what each returned or raised."""
    barrier = threading.Barrier(len(acts))
    answers: list[object] = [None] * len(acts)

    def run(number: int, act: Callable[[], object]) -> None:
        try:
            barrier.wait()
            answers[number] = act()
        except Exception as error:
            answers[number] = error
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def booker(hall: Hall, starts: float = 10, ends: float = 11, **fields: object) -> Callable[[], object]:
    """Somebody who books; their wish is made beforehand."""
    wanted = hall.wanted(starts, ends, **fields)
    return lambda: placing.book(actor=None, wanted=wanted, now=NOW)


def test_without_the_guard_two_clients_get_one_room(hall: Hall) -> None:
    """What a program alone would do: look whether it is free, then write. Both look before either writes."""
    room, both_have_looked = hall.rooms[0], threading.Barrier(2)

    def look_then_write() -> None:
        assert not Booking.objects.filter(resource=room).exists()
        both_have_looked.wait(timeout=20)
        Booking.objects.create(
            pool=hall.pool, resource=room, title="Sans garde", holder=hall.agent, booked_at=NOW,
            starts_at=at(10, 3), ends_at=at(11, 3), free_at=at(11, 3),
        )  # fmt: skip

    assert together(look_then_write, look_then_write) == [None, None]
    assert overlapping() == 1


def test_a_transaction_alone_is_no_guard(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """The very code of `book`, in transactions, without the pool's turn: too many, where transactions run together."""
    for module in (placing, guard):
        monkeypatch.setattr(module, "hold", lambda *pools: None)
    if connection.vendor == "sqlite":  # those that write follow one another: nobody can look before the other wrote
        answers = together(*[booker(hall)] * CLIENTS)
        assert sum(isinstance(each, Booking) for each in answers) == ROOMS
        assert overlapping() == 0
        return
    all_have_looked, find = threading.Barrier(ROOMS + 1), seats.find

    def find_and_wait(*args: object, **kwargs: object) -> object:
        found = find(*args, **kwargs)  # type: ignore[arg-type]
        all_have_looked.wait(timeout=20)
        return found

    monkeypatch.setattr(seats, "find", find_and_wait)
    answers = together(*[booker(hall)] * (ROOMS + 1))
    assert sum(isinstance(each, Booking) for each in answers) == ROOMS + 1
    assert overlapping() > 0


@pytest.mark.parametrize("assignment", [Pool.Assignment.LATE, Pool.Assignment.FIXED])
def test_fifty_clients_on_one_slot_get_as_many_rooms_as_there_are(hall: Hall, assignment: str) -> None:
    hall.set_pool(assignment=assignment)
    answers = together(*[booker(hall)] * CLIENTS)
    booked = [each for each in answers if isinstance(each, Booking)]
    assert {type(each) for each in answers} == {Booking, Full}, [each for each in answers if each is None][:3]
    assert len(booked) == ROOMS
    assert len({each.resource_id for each in booked}) == ROOMS
    assert overlapping() == 0
    assert Refusal.objects.count() == CLIENTS - ROOMS


def test_fifty_clients_on_times_that_cross_are_refused_only_where_the_pool_is_full(hall: Hall) -> None:
    """Each of ten half hours is wanted by five, for an hour: whoever is refused met seven at once."""
    starts = [8 + number % 10 / 2 for number in range(CLIENTS)]
    answers = together(*(booker(hall, start, start + 1) for start in starts))
    assert {type(each) for each in answers} == {Booking, Full}
    assert overlapping() == 0
    held = list(Booking.objects.all())
    for start, answer in zip(starts, answers, strict=True):
        if isinstance(answer, Full):
            halves = (at(start, 3), at(start + 0.5, 3))
            assert ROOMS in [sum(each.starts_at <= half < each.ends_at for each in held) for half in halves]


def test_fifty_clients_on_one_chosen_room(hall: Hall) -> None:
    answers = together(*[booker(hall, resource=hall.rooms[3])] * CLIENTS)
    assert sum(isinstance(each, Booking) for each in answers) == 1
    assert {type(each) for each in answers} == {Booking, Full}


def test_everything_at_once(hall: Hall) -> None:
    """Booking, moving, giving up, checking in and the clock: no overlap, nobody waits in a ring."""
    kept = [hall.book(10, 11) for _each in range(ROOMS)]
    waits = [hall.book(10, 11, wait=True) for _each in range(3)]
    pks = [each.pk for each in kept]

    def fresh(pk: int) -> Booking:
        return Booking.objects.select_related("pool__entity", "holder__entity").get(pk=pk)

    def mover(pk: int) -> Callable[[], object]:
        return lambda: placing.move(actor=None, booking=fresh(pk), starts_at=at(10.5, 3), ends_at=at(11.5, 3), now=NOW)

    def giver(pk: int) -> Callable[[], object]:
        return lambda: placing.cancel(actor=None, booking=fresh(pk), now=NOW)

    acts = [
        *[mover(pk) for pk in pks[:3]],
        *[giver(pk) for pk in pks[2:5]],
        *[giver(pks[6])] * 3,
        *[booker(hall, 10.5, 11)] * 5,
        lambda: check_in.check_in(actor=None, booking=fresh(pks[5]), now=at(10, 3)),
        lambda: passing_time.assign_due(now=at(9, 3)),
        lambda: passing_time.assign_due(now=at(9, 3)),
    ]
    answers = together(*acts)
    unexpected = [each for each in answers if isinstance(each, Exception) and not isinstance(each, Conflict)]
    assert not unexpected
    assert overlapping() == 0
    assert all(Booking.objects.get(pk=each.pk).state == "booked" for each in waits)
    assert Booking.objects.filter(pk=pks[6], state="cancelled").exists()
