"""Booking, moving, giving up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from parvis.portal.booking import availability
from parvis.portal.booking.errors import DoesNotFit, Full
from parvis.portal.booking.events import BookingAssigned, BookingCancelled, BookingMoved, BookingPlaced
from parvis.portal.booking.models import Booking, Refusal
from parvis.portal.booking.services import placing
from parvis.portal.directory.models import Agent
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from parvis.portal.kernel.events import recorded
from parvis.portal.kernel.models import AuditRecord
from tests.integration.authority import make_agent, make_entity, make_member
from tests.integration.booking.hall import NOW, Hall, add_room, at, make_hall, overlapping

pytestmark = pytest.mark.django_db


@pytest.fixture
def hall() -> Hall:
    return make_hall()


def test_a_booking_holds_a_place_and_is_assigned_later(hall: Hall) -> None:
    with recorded(BookingAssigned) as told:
        booking = hall.book()
    assert (booking.state, booking.is_final, told) == ("booked", False, [])
    assert booking.resource in hall.rooms
    assert booking.booked_by == hall.user
    line = AuditRecord.objects.get(action="booking.booked")
    assert (line.target_id, line.data["pool"]) == (str(booking.pk), hall.pool.pk)


def test_what_begins_within_the_hours_is_assigned_at_once(hall: Hall) -> None:
    with recorded(BookingAssigned) as told:
        booking = hall.book(day=1, starts=7, ends=8)
    assert booking.is_final
    assert [each.resource_id for each in told] == [booking.resource_id]


def test_a_pool_of_printed_numbers_assigns_at_once(hall: Hall) -> None:
    hall.set_pool(assignment="fixed")
    assert hall.book(day=60).is_final


def test_the_third_is_refused_with_the_next_free_time_and_counted(hall: Hall) -> None:
    hall.set_pool(buffer_minutes=10)
    hall.book(10, 11)
    hall.book(10, 12)
    with pytest.raises(Full) as refused:
        hall.book(10.5, 11.5)
    assert refused.value.code == "pool_full"
    assert refused.value.next_free_at == at(11, 3) + timedelta(minutes=10)
    assert "12:10" in str(refused.value.advice)  # Paris
    counted = Refusal.objects.get()
    assert (counted.pool, counted.at, counted.starts_at, counted.people) == (hall.pool, NOW, at(10.5, 3), 2)
    assert Booking.objects.count() == 2


def test_a_buffer_is_kept_between_groups(hall: Hall) -> None:
    hall.set_pool(buffer_minutes=10)
    hall.book(10, 11)
    hall.book(10, 11)
    with pytest.raises(Full):
        hall.book(11, 12)
    hall.book(11 + 10 / 60, 12)
    with pytest.raises(Full):  # its own buffer counts too: it would end when one begins
        hall.book(9, 10, resource=hall.rooms[0])


def test_back_to_back_without_buffer(hall: Hall) -> None:
    for hour in (9, 10, 11):
        hall.book(hour, hour + 1, resource=hall.rooms[0])
    assert overlapping() == 0


def test_those_not_told_yet_make_room(hall: Hall) -> None:
    """First fit alone refuses the fourth: here one of the first three sits elsewhere."""
    first, second = hall.book(8, 10), hall.book(9, 11, day=3)
    assert first.resource_id != second.resource_id
    third = hall.book(10, 12)
    Booking.objects.filter(pk=third.pk).update(resource=first.resource)
    fourth = hall.book(11, 13)
    chosen = hall.book(12, 14, resource=third.resource)
    assert chosen.is_final
    assert overlapping() == 0
    assert Booking.objects.filter(pk__in=[fourth.pk, third.pk]).values("resource").distinct().count() == 2


def test_a_chosen_room_is_freed_by_seating_another_elsewhere(hall: Hall) -> None:
    booking = hall.book()
    chosen = hall.book(resource=booking.resource)
    moved = Booking.objects.get(pk=booking.pk)
    assert chosen.resource_id == booking.resource_id != moved.resource_id
    with pytest.raises(Full):
        hall.book(resource=chosen.resource)


def test_small_groups_leave_the_large_room_to_large_ones(hall: Hall) -> None:
    large = add_room(hall.pool, "Grande salle", capacity=60, equipment=["screen", "hearing_loop"])
    small = hall.book(people=3)
    assert small.resource_id != large.pk
    assert hall.book(people=40).resource == large
    with pytest.raises(Full):
        hall.book(people=40)
    with pytest.raises(DoesNotFit):
        hall.book(people=61)
    with pytest.raises(DoesNotFit):
        hall.book(equipment=("camera",))


def test_who_needs_nothing_leaves_the_equipped_room_to_who_does(hall: Hall) -> None:
    equipped = add_room(hall.pool, "Équipée", equipment=["camera"])
    first, _second, third = hall.book(), hall.book(), hall.book()
    assert third.resource == equipped
    placing.cancel(actor=hall.user, booking=first, now=NOW)
    asked = hall.book(equipment=("camera",))
    assert asked.resource == equipped
    assert overlapping() == 0


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"starts": 11, "ends": 10}, "reversed", "ends_at"),
        ({"starts": 10, "ends": 10}, "reversed", "ends_at"),
        ({"day": -1}, "past", "starts_at"),
        ({"day": 400}, "too_far", "starts_at"),
        ({"starts": 1, "ends": 12}, "too_long", "ends_at"),
        ({"ends": 10.01}, "too_short", "ends_at"),
        ({"people": 0}, "people", "people"),
        ({"equipment": ("jacuzzi",)}, "equipment", "equipment"),
        ({"title": "  \x00 "}, "title", "title"),
    ],
)
def test_what_cannot_be_asked_for(hall: Hall, fields: dict[str, object], code: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        hall.book(**fields)  # type: ignore[arg-type]
    assert refused.value.code == code
    assert list(refused.value.fields) == [field]
    assert not Booking.objects.exists()


def test_from_ten_said_at_five_past(hall: Hall) -> None:
    booking = hall.book(8, 9, day=0, now=NOW + timedelta(minutes=5))
    assert booking.starts_at == NOW


def test_a_room_out_of_service_or_elsewhere_is_not_booked(hall: Hall) -> None:
    other = make_hall()
    hall.rooms[0].is_active = False
    hall.rooms[0].save()
    for resource in (hall.rooms[0], other.rooms[0]):
        with pytest.raises(Conflict) as refused:
            hall.book(resource=resource)
        assert refused.value.code == "resource_out"
    hall.book()
    with pytest.raises(Full):
        hall.book()


def test_a_pool_deleted_meanwhile(hall: Hall) -> None:
    wanted = hall.wanted()
    for room in hall.rooms:
        room.delete()
    pk = hall.pool.pk
    hall.pool.delete()
    wanted.pool.pk = pk
    with pytest.raises(NotFound):
        placing.book(actor=None, wanted=wanted, now=NOW)


def test_who_may_book_for_whom(hall: Hall) -> None:
    stranger = make_member(make_entity("Culture", hall.root))
    allowed = {hall.user, hall.colleague, hall.head, hall.head_of_it, hall.technician, hall.director}
    for actor in allowed:
        booking = placing.book(actor=actor, wanted=hall.wanted(), now=NOW)
        assert booking.booked_by == actor
        placing.cancel(actor=actor, booking=booking, now=NOW)
    with pytest.raises(NotAllowed) as refused:
        placing.book(actor=stranger, wanted=hall.wanted(), now=NOW)
    assert refused.value.code == "not_your_agent"


def test_not_for_those_the_pool_does_not_serve_or_who_left(hall: Hall) -> None:
    elsewhere = make_agent(make_entity("Autre commune"), account=True)
    with pytest.raises(NotAllowed) as refused:
        placing.book(actor=elsewhere.user, wanted=hall.wanted(holder=elsewhere), now=NOW)
    assert refused.value.code == "not_offered"
    Agent.objects.filter(pk=hall.agent.pk).update(is_active=False)
    hall.agent.refresh_from_db()
    with pytest.raises(NotAllowed) as refused:
        placing.book(actor=hall.technician, wanted=hall.wanted(), now=NOW)
    assert refused.value.code == "agent_gone"


def test_a_closed_pool_is_for_the_it_team_alone(hall: Hall) -> None:
    hall.set_pool(is_open=False)
    with pytest.raises(NotAllowed) as refused:
        hall.book()
    assert refused.value.code == "pool_closed"
    assert placing.book(actor=hall.technician, wanted=hall.wanted(), now=NOW).pk


def test_move_keeps_the_room_it_was_told(hall: Hall) -> None:
    booking = hall.book(resource=hall.rooms[1])
    with recorded(BookingMoved) as told:
        placing.move(actor=hall.user, booking=booking, starts_at=at(14, 3), ends_at=at(15, 3), now=NOW)
    booking.refresh_from_db()
    assert (booking.resource, booking.is_final, booking.starts_at) == (hall.rooms[1], True, at(14, 3))
    assert [each.resource_changed for each in told] == [False]


def test_move_takes_another_room_where_its_own_is_taken_and_says_so(hall: Hall) -> None:
    hall.book(14, 15, resource=hall.rooms[1])
    booking = hall.book(resource=hall.rooms[1])
    with recorded(BookingMoved) as told:
        placing.move(actor=hall.user, booking=booking, starts_at=at(14, 3), ends_at=at(15, 3), now=NOW)
    assert booking.resource == hall.rooms[0]
    assert [each.resource_changed for each in told] == [True]


def test_a_move_that_cannot_be_leaves_everything_as_it_was(hall: Hall) -> None:
    hall.book(14, 15)
    hall.book(14, 15)
    booking = hall.book()
    with pytest.raises(Full):
        placing.move(actor=hall.user, booking=booking, starts_at=at(14, 3), ends_at=at(15, 3), now=NOW)
    kept = Booking.objects.get(pk=booking.pk)
    assert (kept.starts_at, kept.resource_id) == (at(10, 3), booking.resource_id)
    assert booking.starts_at == at(10, 3)
    assert Refusal.objects.count() == 1


def test_a_move_may_overlap_its_own_old_time(hall: Hall) -> None:
    booking = hall.book(resource=hall.rooms[0])
    placing.move(actor=hall.user, booking=booking, starts_at=at(10.5, 3), ends_at=at(11.5, 3), now=NOW)
    assert booking.resource == hall.rooms[0]


def test_one_that_has_begun_may_only_last_longer(hall: Hall) -> None:
    booking = hall.book(8, 9, day=0)
    Booking.objects.filter(pk=booking.pk).update(state="in_use")
    later = NOW + timedelta(minutes=50)
    with pytest.raises(Invalid) as refused:
        placing.move(actor=hall.user, booking=booking, starts_at=at(9), ends_at=at(10), now=later)
    assert refused.value.code == "begun"
    placing.move(actor=hall.user, booking=booking, starts_at=at(8), ends_at=at(9.5), now=later)
    assert Booking.objects.get(pk=booking.pk).ends_at == at(9.5)
    hall.book(10, 11, day=0, resource=booking.resource, now=later)
    with pytest.raises(Full):
        placing.move(actor=hall.user, booking=booking, starts_at=at(8), ends_at=at(10.5), now=later)


def test_cancel_frees_and_who_waits_first_gets_it(hall: Hall) -> None:
    first, _second = hall.book(), hall.book()
    waits = hall.book(wait=True)
    later = placing.book(actor=hall.user, wanted=hall.wanted(), now=NOW + timedelta(minutes=1), wait=True)
    assert (waits.state, waits.resource_id) == ("waiting", None)
    with recorded(BookingPlaced) as placed, recorded(BookingCancelled) as given_up:
        placing.cancel(actor=hall.user, booking=first, now=NOW, reason="inutile")
    assert [each.booking_id for each in placed] == [waits.pk]
    assert [each.reason for each in given_up] == ["inutile"]
    waits.refresh_from_db()
    later.refresh_from_db()
    assert (waits.state, later.state) == ("booked", "waiting")
    assert not Refusal.objects.exists()
    with pytest.raises(Conflict) as refused:
        placing.cancel(actor=hall.user, booking=first, now=NOW)
    assert refused.value.code == "booking_over"


def test_a_move_serves_who_waits_too(hall: Hall) -> None:
    first, _second = hall.book(), hall.book()
    waits = hall.book(wait=True)
    placing.move(actor=hall.user, booking=first, starts_at=at(14, 3), ends_at=at(15, 3), now=NOW)
    waits.refresh_from_db()
    assert waits.state == "booked"


def test_one_who_waits_for_a_room_gets_that_room(hall: Hall) -> None:
    taken = hall.book(resource=hall.rooms[0])
    waits = hall.book(resource=hall.rooms[0], wait=True)
    assert waits.state == "waiting"
    placing.cancel(actor=hall.user, booking=taken, now=NOW)
    waits.refresh_from_db()
    assert (waits.state, waits.resource, waits.is_final) == ("booked", hall.rooms[0], True)


def test_one_who_waits_may_move_to_a_free_time(hall: Hall) -> None:
    hall.book()
    hall.book()
    waits = hall.book(wait=True)
    placing.move(actor=hall.user, booking=waits, starts_at=at(10.5, 3), ends_at=at(11.5, 3), now=NOW)
    assert waits.state == "waiting"
    placing.move(actor=hall.user, booking=waits, starts_at=at(14, 3), ends_at=at(15, 3), now=NOW)
    assert waits.state == "booked"


def test_strangers_change_nothing(hall: Hall) -> None:
    booking = hall.book()
    with pytest.raises(NotAllowed):
        placing.cancel(actor=hall.colleague, booking=booking, now=NOW)
    with pytest.raises(NotAllowed):
        placing.move(actor=hall.colleague, booking=booking, starts_at=at(14, 3), ends_at=at(15, 3), now=NOW)


def test_fix_says_which_one_for_good(hall: Hall) -> None:
    booking = hall.book()
    with recorded(BookingAssigned) as told:
        resource = placing.fix(booking=booking, now=NOW)
        assert placing.fix(booking=booking, now=NOW) == resource
    assert len(told) == 1
    kept = Booking.objects.get(pk=booking.pk)
    assert (kept.is_final, kept.resource) == (True, resource)
    hall.book(wait=True)
    waits = hall.book(wait=True)
    with pytest.raises(Conflict) as refused:
        placing.fix(booking=waits, now=NOW)
    assert refused.value.code == "booking_waits"


def test_availability(hall: Hall, django_assert_max_num_queries: object) -> None:
    start, end = at(10, 3), at(11, 3)
    assert availability.free(hall.pool, start, end, now=NOW).free == 2
    hall.book()
    second = hall.book(10, 12)
    with django_assert_max_num_queries(3):  # type: ignore[operator]
        full = availability.free(hall.pool, start, end, now=NOW)
    assert (full.free, full.total, full.next_free_at) == (0, 2, at(11, 3))
    assert availability.free(hall.pool, start, end, now=NOW, excluding=second).free == 1
    assert availability.free(hall.pool, start, end, now=NOW, people=99).total == 0
    other = make_hall().pool
    with django_assert_max_num_queries(3):  # type: ignore[operator]
        many = availability.free_many([hall.pool, other], start, end, now=NOW)
    assert (many[hall.pool.pk].free, many[other.pk].free) == (0, 2)
