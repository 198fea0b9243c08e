"""A crisis cell asks others to move; nothing moves without their yes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from parvis.portal.booking.errors import Full
from parvis.portal.booking.events import BookingMoved, BookingPlaced, MoveAnswered, MoveAsked
from parvis.portal.booking.models import Booking, MoveRequest
from parvis.portal.booking.services import placing, prioritise
from parvis.portal.kernel.errors import Conflict, NotAllowed
from parvis.portal.kernel.events import recorded
from tests.integration.booking.hall import NOW, Hall, at, make_hall, overlapping

pytestmark = pytest.mark.django_db


@pytest.fixture
def hall() -> Hall:
    return make_hall(1)


def crisis_of(hall: Hall, starts: float = 10, ends: float = 11) -> Booking:
    wanted = hall.wanted(starts, ends, priority=Booking.Priority.CRISIS)
    return placing.book(actor=hall.director, wanted=wanted, now=NOW, wait=True)


@pytest.mark.parametrize("name", ["user", "head", "technician"])
def test_who_may_not(hall: Hall, name: str) -> None:
    actor = getattr(hall, name)
    with pytest.raises(NotAllowed) as refused:
        placing.book(actor=actor, wanted=hall.wanted(priority=1), now=NOW, wait=True)
    assert refused.value.code == "not_crisis"
    with pytest.raises(NotAllowed):
        prioritise.ask(actor=actor, booking=crisis_of(hall), now=NOW)


def test_asked_with_a_free_time_and_moved_on_yes(hall: Hall) -> None:
    booking, crisis = hall.book(), crisis_of(hall)
    with recorded(MoveAsked) as asked:
        (request,) = prioritise.ask(actor=hall.head_of_it, booking=crisis, now=NOW)
    assert (request.booking, request.proposed_at) == (booking, at(11, 3))
    assert [each.booking_id for each in asked] == [booking.pk]
    assert Booking.objects.get(pk=booking.pk).starts_at == at(10, 3)  # nothing has moved
    with recorded(BookingMoved) as moved, recorded(BookingPlaced) as placed, recorded(MoveAnswered) as answered:
        prioritise.answer(actor=hall.user, request=request, accept=True, now=NOW)
    assert [each.booking_id for each in moved] == [booking.pk]
    assert [each.booking_id for each in placed] == [crisis.pk]
    assert [each.accepted for each in answered] == [True]
    assert Booking.objects.get(pk=booking.pk).starts_at == at(11, 3)
    assert overlapping() == 0


def test_no_leaves_everything_and_who_declined_is_not_asked_again(hall: Hall) -> None:
    booking, crisis = hall.book(), crisis_of(hall)
    (request,) = prioritise.ask(actor=hall.director, booking=crisis, now=NOW)
    prioritise.answer(actor=hall.user, request=request, accept=False, now=NOW)
    booking.refresh_from_db()
    crisis.refresh_from_db()
    assert (booking.state, booking.starts_at, crisis.state) == ("booked", at(10, 3), "waiting")
    with pytest.raises(Conflict) as refused:
        prioritise.ask(actor=hall.director, booking=crisis, now=NOW)
    assert refused.value.code == "nobody_to_ask"
    with pytest.raises(Conflict) as refused:
        prioritise.answer(actor=hall.user, request=request, accept=True, now=NOW)
    assert refused.value.code == "answered"


def test_nobody_consents_in_anothers_place(hall: Hall) -> None:
    hall.book()
    (request,) = prioritise.ask(actor=hall.director, booking=crisis_of(hall), now=NOW)
    for actor in (hall.colleague, hall.director, hall.head_of_it, hall.technician):
        with pytest.raises(NotAllowed):
            prioritise.answer(actor=actor, request=request, accept=True, now=NOW)


def test_a_time_taken_meanwhile_is_said_and_another_may_be_chosen(hall: Hall) -> None:
    booking = hall.book()
    (request,) = prioritise.ask(actor=hall.director, booking=crisis_of(hall), now=NOW)
    hall.book(11, 12)
    with pytest.raises(Full):
        prioritise.answer(actor=hall.user, request=request, accept=True, now=NOW)
    assert MoveRequest.objects.get().state == "asked"
    prioritise.answer(actor=hall.user, request=request, accept=True, now=NOW, starts_at=at(14, 3))
    assert Booking.objects.get(pk=booking.pk).starts_at == at(14, 3)


def test_as_few_as_possible_are_asked(hall: Hall) -> None:
    from tests.integration.booking.hall import add_room

    add_room(hall.pool, "Salle 2")
    first, second = hall.book(10, 11, resource=hall.rooms[0]), hall.book(11, 12, resource=hall.rooms[0])
    long = hall.book(10, 12)
    crisis = crisis_of(hall, 10, 12)
    assert [each.booking for each in prioritise.ask(actor=hall.director, booking=crisis, now=NOW)] == [long]
    named = prioritise.ask(actor=hall.director, booking=crisis, now=NOW, whom=[first, second])
    assert {each.booking_id for each in named} == {first.pk, second.pk}
    assert len(prioritise.ask(actor=hall.director, booking=crisis, now=NOW)) == 1  # twice is once
    assert MoveRequest.objects.count() == 3
    request = MoveRequest.objects.get(booking=long)
    prioritise.answer(actor=hall.user, request=request, accept=True, now=NOW)
    crisis.refresh_from_db()
    assert crisis.state == "booked"
    assert set(MoveRequest.objects.exclude(pk=request.pk).values_list("state", flat=True)) == {"lapsed"}


def test_one_in_use_or_of_another_crisis_is_not_asked(hall: Hall) -> None:
    booking = hall.book()
    Booking.objects.filter(pk=booking.pk).update(priority=1)
    crisis = crisis_of(hall)
    with pytest.raises(Conflict) as refused:
        prioritise.ask(actor=hall.director, booking=crisis, now=NOW)
    assert refused.value.code == "nobody_to_ask"
    with pytest.raises(Conflict) as refused:
        prioritise.ask(actor=hall.director, booking=crisis, now=NOW, whom=[booking])
    assert refused.value.code == "not_in_the_way"
    with pytest.raises(Conflict) as refused:
        prioritise.ask(actor=hall.director, booking=booking, now=NOW)
    assert refused.value.code == "not_waiting"


def test_a_crisis_comes_before_those_who_wait_longer(hall: Hall) -> None:
    booking = hall.book()
    before = placing.book(actor=hall.user, wanted=hall.wanted(), now=NOW - timedelta(hours=1), wait=True)
    crisis = crisis_of(hall)
    placing.cancel(actor=hall.user, booking=booking, now=NOW)
    assert Booking.objects.get(pk=crisis.pk).state == "booked"
    assert Booking.objects.get(pk=before.pk).state == "waiting"


def test_requests_lapse_with_what_they_are_about(hall: Hall) -> None:
    hall.book()
    crisis = crisis_of(hall)
    prioritise.ask(actor=hall.director, booking=crisis, now=NOW)
    placing.cancel(actor=hall.director, booking=crisis, now=NOW)
    assert MoveRequest.objects.get().state == "lapsed"


def test_late_in_the_afternoon_the_next_working_day_is_proposed(hall: Hall) -> None:
    """Friday from three to six: nobody is asked to come in the evening."""
    hall.book(14, 17, day=4)
    (request,) = prioritise.ask(
        actor=hall.director,
        booking=placing.book(actor=hall.director, wanted=hall.wanted(14, 17, day=4, priority=1), now=NOW, wait=True),
        now=NOW,
    )
    assert request.proposed_at == at(14, 7)
