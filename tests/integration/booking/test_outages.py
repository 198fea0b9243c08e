"""A resource out of service: its bookings get another, or wait; those told are told again."""

from __future__ import annotations

import pytest

from parvis.portal.booking.events import BookingAssigned, BookingMoved, BookingUnseated
from parvis.portal.booking.models import Booking, Resource
from parvis.portal.booking.services import outages, waiting
from parvis.portal.kernel.events import recorded
from tests.integration.booking.hall import NOW, Hall, at, make_hall, overlapping

pytestmark = pytest.mark.django_db


@pytest.fixture
def hall() -> Hall:
    return make_hall(2)


def out(resource: Resource) -> None:
    resource.is_active = False
    resource.save()


def test_others_take_them_in_and_who_was_told_is_told_again(hall: Hall) -> None:
    told = hall.book(10, 11, resource=hall.rooms[0])
    untold = hall.book(14, 15)
    Booking.objects.filter(pk=untold.pk).update(resource=hall.rooms[0])
    assert outages.ahead_of(hall.rooms[0], now=NOW) == 2
    out(hall.rooms[0])
    with recorded(BookingMoved) as moved, recorded(BookingAssigned) as assigned:
        assert outages.seat_elsewhere(resource=hall.rooms[0], now=NOW) == (2, 0)
    assert [(each.booking_id, each.resource_changed) for each in moved] == [(told.pk, True)]
    assert [(each.booking_id, each.resource_id) for each in assigned] == [(told.pk, hall.rooms[1].pk)]
    assert set(Booking.objects.values_list("resource", flat=True)) == {hall.rooms[1].pk}


def test_without_another_they_wait_and_get_it_when_it_is_back(hall: Hall) -> None:
    first, second = hall.book(), hall.book()
    room = first.resource
    assert room is not None
    out(room)
    with recorded(BookingUnseated) as unseated:
        assert outages.seat_elsewhere(resource=room, now=NOW) == (0, 1)
    assert [each.booking_id for each in unseated] == [first.pk]
    first.refresh_from_db()
    assert (first.state, first.resource_id, first.is_final) == ("waiting", None, False)
    room.is_active = True
    room.save()
    assert waiting.fill(pool=hall.pool, now=NOW) == 1
    first.refresh_from_db()
    assert (first.state, first.resource) == ("booked", room)
    assert overlapping() == 0
    assert Booking.objects.get(pk=second.pk).state == "booked"


def test_with_no_room_left_at_all(hall: Hall) -> None:
    booking = hall.book()
    for room in hall.rooms:
        out(room)
        outages.seat_elsewhere(resource=room, now=NOW)
    assert Booking.objects.get(pk=booking.pk).state == "waiting"


def test_what_is_in_use_stays(hall: Hall) -> None:
    booking = hall.book(8, 9, day=0, resource=hall.rooms[0])
    Booking.objects.filter(pk=booking.pk).update(state="in_use")
    out(hall.rooms[0])
    assert outages.seat_elsewhere(resource=hall.rooms[0], now=at(8.5)) == (0, 0)
