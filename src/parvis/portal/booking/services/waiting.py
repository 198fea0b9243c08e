"""The waiting list: who comes first gets what becomes free. Crisis cells before all, then by order of asking."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from parvis.portal.booking import occupation
from parvis.portal.booking.errors import DoesNotFit
from parvis.portal.booking.events import BookingAssigned, BookingPlaced
from parvis.portal.booking.models import Booking, MoveRequest, Pool
from parvis.portal.booking.services import guard, seats
from parvis.portal.kernel import audit, events

MOST = 200
"""Of one pool, looked at when something becomes free."""


@transaction.atomic
def fill(*, pool: Pool, now: datetime) -> int:
    """Give what is free to those who wait, in order; who cannot be served lets the next ones try. How many got it."""
    guard.hold(pool)
    waiting = Booking.objects.filter(pool=pool, state=Booking.State.WAITING, ends_at__gt=now, starts_at__gt=now)
    in_order = waiting.select_related("pool__entity", "holder__entity").order_by("-priority", "booked_at", "pk")
    return sum(place(booking=booking, now=now) for booking in in_order[:MOST])


def place(*, booking: Booking, now: datetime) -> bool:
    """A place for a booking that waits, if there is one. Whoever calls holds the pool."""
    try:
        found = seats.find(seats.need_of(booking, only=booking.resource_id), now=now)
    except DoesNotFit:
        return False
    if found is None:
        return False
    is_final = booking.resource_id is not None or seats.is_assigned_at_once(booking.pool, booking.starts_at, now)
    free_at = booking.ends_at + occupation.buffer_of(booking.pool)
    resource_id = seats.take(found)
    still = Booking.objects.filter(pk=booking.pk, state=Booking.State.WAITING)
    if not still.update(state=Booking.State.BOOKED, resource_id=resource_id, is_final=is_final, free_at=free_at):
        return False
    booking.state, booking.resource_id, booking.is_final = Booking.State.BOOKED, resource_id, is_final
    booking.free_at = free_at
    lapse_requests_by(booking, now=now)
    audit.record(actor=None, action="booking.placed", target=booking, now=now, data={"resource": resource_id})
    events.publish(BookingPlaced(booking_id=booking.pk, at=now))
    if is_final:
        events.publish(BookingAssigned(booking_id=booking.pk, resource_id=resource_id, at=now))
    return True


def lapse_requests_by(booking: Booking, *, now: datetime) -> int:
    """What was asked of others for this booking is without object. How many."""
    return _lapse(booking.move_requests.all(), now)


def lapse_requests_to(booking: Booking, *, now: datetime) -> int:
    """What this booking's holder was asked is without object. How many."""
    return _lapse(booking.asked_to_move.all(), now)


def _lapse(requests: QuerySet[MoveRequest], now: datetime) -> int:
    asked = requests.filter(state=MoveRequest.State.ASKED)
    return asked.update(state=MoveRequest.State.LAPSED, answered_at=now)
