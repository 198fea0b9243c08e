"""A resource goes out of service, or comes back: what becomes of the bookings it had, and of those who wait."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from parvis.portal.booking import rules
from parvis.portal.booking.errors import DoesNotFit
from parvis.portal.booking.events import BookingAssigned, BookingMoved, BookingUnseated
from parvis.portal.booking.models import Booking, Resource
from parvis.portal.booking.services import seats, waiting
from parvis.portal.booking.services.guard import hold
from parvis.portal.kernel import audit, events


def ahead_of(resource: Resource, *, now: datetime) -> int:
    """How many bookings would have to find another one: what is said before it goes out of service."""
    return Booking.objects.filter(resource=resource, state=Booking.State.BOOKED, starts_at__gt=now).count()


@transaction.atomic
def seat_elsewhere(*, resource: Resource, now: datetime) -> tuple[int, int]:
    """The resource is out of service: its bookings ahead get others that fit, or wait. How many of each.

    Whoever was told the old one is told the new one. What is in use there is left alone.
    """
    hold(resource.pool)
    ahead = Booking.objects.filter(resource=resource, state=Booking.State.BOOKED, starts_at__gt=now)
    seated = unseated = 0
    # Who was told first, then in order of asking: they have the first right to what is free.
    for booking in ahead.select_related("pool__entity", "holder").order_by("-priority", "booked_at", "pk"):
        if _seat(booking, now):
            seated += 1
        else:
            _unseat(booking, resource, now)
            unseated += 1
    return seated, unseated


def _seat(booking: Booking, now: datetime) -> bool:
    try:
        found = seats.find(seats.need_of(booking), now=now)
    except DoesNotFit:
        return False
    if found is None:
        return False
    booking.resource_id = seats.take(found)
    booking.save(update_fields=["resource"])
    data = {"resource": booking.resource_id}
    audit.record(actor=None, action="booking.seated_elsewhere", target=booking, now=now, data=data)
    if not booking.is_final:
        return True
    events.publish(
        BookingMoved(
            booking_id=booking.pk,
            starts_at=booking.starts_at,
            ends_at=booking.ends_at,
            resource_changed=True,
            actor_id=None,
            at=now,
        )
    )
    events.publish(BookingAssigned(booking_id=booking.pk, resource_id=found[seats.NOBODY], at=now))
    return True


def _unseat(booking: Booking, resource: Resource, now: datetime) -> None:
    back = Booking.objects.filter(pk=booking.pk, state__in=rules.sources_of(Booking.State.WAITING))
    back.update(state=Booking.State.WAITING, resource=None, is_final=False)
    waiting.lapse_requests_to(booking, now=now)
    audit.record(actor=None, action="booking.unseated", target=booking, now=now, data={"resource": resource.pk})
    events.publish(BookingUnseated(booking_id=booking.pk, resource_id=resource.pk, at=now))
