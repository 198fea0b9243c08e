"""Check-in, ending early, no-shows, and what the clock does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from parvis.portal.booking import tasks
from parvis.portal.booking.events import BookingAssigned, BookingCancelled, BookingPlaced, BookingReleased
from parvis.portal.booking.models import Booking, MoveRequest
from parvis.portal.booking.services import check_in, passing_time, placing
from parvis.portal.directory import services as directory
from parvis.portal.kernel.errors import Conflict, NotAllowed
from parvis.portal.kernel.events import recorded
from tests.integration.authority import make_entity, make_member
from tests.integration.booking.hall import NOW, Hall, at, make_hall, overlapping

pytestmark = pytest.mark.django_db


@pytest.fixture
def hall() -> Hall:
    return make_hall(1)


def state_of(booking: Booking) -> str:
    return Booking.objects.get(pk=booking.pk).state


def test_we_are_here(hall: Hall) -> None:
    booking = hall.book()
    with recorded(BookingAssigned) as told:
        check_in.check_in(actor=hall.colleague, booking=booking, now=at(10, 3))
        check_in.check_in(actor=hall.user, booking=booking, now=at(10, 3))
    assert (state_of(booking), len(told)) == ("in_use", 1)
    assert Booking.objects.get(pk=booking.pk).checked_in_at == at(10, 3)


def test_not_too_early_not_after_the_end_not_strangers(hall: Hall) -> None:
    booking = hall.book()
    with pytest.raises(Conflict) as refused:
        check_in.check_in(actor=hall.user, booking=booking, now=at(9, 3))
    assert refused.value.code == "too_early"
    check_in.check_in(actor=None, booking=booking, now=at(9.75, 3))
    other = hall.book(14, 15)
    with pytest.raises(Conflict) as refused:
        check_in.check_in(actor=hall.user, booking=other, now=at(15, 3))
    assert refused.value.code == "booking_over"
    stranger = make_member(make_entity("Culture", hall.root))
    for act in (check_in.check_in, check_in.end_early):
        with pytest.raises(NotAllowed):
            act(actor=stranger, booking=other, now=at(14, 3))


def test_ending_early_frees_the_rest_after_the_buffer_and_serves_who_waits(hall: Hall) -> None:
    hall.set_pool(buffer_minutes=10)
    booking = hall.book(10, 12)
    waits = hall.book(11, 12, wait=True)
    check_in.check_in(actor=hall.user, booking=booking, now=at(10, 3))
    with recorded(BookingPlaced) as placed:
        check_in.end_early(actor=hall.user, booking=booking, now=at(10.5, 3))
    kept = Booking.objects.get(pk=booking.pk)
    assert (kept.state, kept.ended_at, kept.free_at) == (
        "done", at(10.5, 3), at(10.5, 3) + timedelta(minutes=10),
    )  # fmt: skip
    assert [each.booking_id for each in placed] == [waits.pk]
    assert overlapping() == 0
    with pytest.raises(Conflict) as refused:
        check_in.end_early(actor=hall.user, booking=booking, now=at(11, 3))
    assert refused.value.code == "booking_over"


def test_one_that_has_not_begun_is_cancelled_not_ended(hall: Hall) -> None:
    with pytest.raises(Conflict) as refused:
        check_in.end_early(actor=hall.user, booking=hall.book(), now=NOW)
    assert refused.value.code == "not_begun"


def test_nobody_came(hall: Hall) -> None:
    hall.set_pool(check_in_minutes=15)
    absent = hall.book(10, 12)
    waits = hall.book(10.5, 12, wait=True)
    assert check_in.release_absent(now=at(10.2, 3)) == 0
    with recorded(BookingReleased) as released:
        assert check_in.release_absent(now=at(10.25, 3)) == 1
        assert check_in.release_absent(now=at(10.25, 3)) == 0
    assert [each.booking_id for each in released] == [absent.pk]
    assert (state_of(absent), state_of(waits)) == ("released", "booked")


def test_who_checked_in_stays_and_pools_without_check_in_release_nothing(hall: Hall) -> None:
    booking = hall.book()
    assert check_in.release_absent(now=at(10.9, 3)) == 0
    hall.set_pool(check_in_minutes=15)
    check_in.check_in(actor=hall.user, booking=booking, now=at(10, 3))
    assert check_in.release_absent(now=at(10.9, 3)) == 0


def test_booked_after_its_start_the_minutes_count_from_then(hall: Hall) -> None:
    hall.set_pool(check_in_minutes=10)
    hall.book(8, 9, day=0, now=NOW + timedelta(minutes=12))
    assert check_in.release_absent(now=NOW + timedelta(minutes=13)) == 0
    assert check_in.release_absent(now=NOW + timedelta(minutes=22)) == 1


def test_assigned_so_many_hours_before(hall: Hall) -> None:
    booking = hall.book()
    assert passing_time.assign_due(now=at(9, 2)) == 0
    with recorded(BookingAssigned) as told:
        assert passing_time.assign_due(now=at(10, 2)) == 1
        assert passing_time.assign_due(now=at(10, 2)) == 0
    assert [each.booking_id for each in told] == [booking.pk]
    assert Booking.objects.get(pk=booking.pk).is_final


def test_what_has_ended_is_done_and_who_waited_until_the_start_is_told(hall: Hall) -> None:
    booking = hall.book()
    waits = hall.book(10.5, 12, wait=True)
    with recorded(BookingCancelled) as given_up:
        passing_time.finish(now=at(11, 3))
        passing_time.finish(now=at(11, 3))
    assert (state_of(booking), state_of(waits)) == ("done", "cancelled")
    assert [each.reason for each in given_up] == ["never_placed"]
    assert Booking.objects.get(pk=booking.pk).ended_at == at(11, 3)


def test_requests_lapse_when_the_time_has_come(hall: Hall) -> None:
    booking = hall.book()
    crisis = placing.book(actor=hall.director, wanted=hall.wanted(priority=1), now=NOW, wait=True)
    request = MoveRequest.objects.create(wanted_by=crisis, booking=booking, asked_at=NOW)
    passing_time.finish(now=at(10, 3))
    request.refresh_from_db()
    assert request.state == "lapsed"


def test_the_sweep_does_it_all(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    hall.set_pool(check_in_minutes=15)
    over, absent, tomorrow = hall.book(8, 9), hall.book(9, 11), hall.book(9, 10, day=4)
    monkeypatch.setattr(tasks.clock, "now", lambda: at(9.5, 3))
    tasks.sweep.func()
    assert [state_of(each) for each in (over, absent, tomorrow)] == ["done", "released", "booked"]
    assert Booking.objects.get(pk=tomorrow.pk).is_final


def test_who_leaves_gives_up_what_is_ahead(hall: Hall) -> None:
    running = hall.book(8, 9, day=0)
    ahead, waits = hall.book(), hall.book(wait=True)
    assert passing_time.give_up_of(agent_id=hall.agent.pk, now=NOW + timedelta(minutes=10)) == 2
    assert [state_of(each) for each in (running, ahead, waits)] == ["booked", "cancelled", "cancelled"]


def test_leaving_enqueues_it(hall: Hall) -> None:
    from django_tasks_db.models import DBTaskResult

    directory.deactivate_agent(actor=hall.head_of_it, agent=hall.agent, now=NOW)
    assert DBTaskResult.objects.filter(task_path="parvis.portal.booking.tasks.give_up_of").exists()
