"""What the clock alone does: resources assigned for good, bookings that end, requests that come too late."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F, Q

from parvis.portal.booking.errors import over
from parvis.portal.booking.models import Booking, MoveRequest, Pool
from parvis.portal.booking.rules import UNDER_WAY
from parvis.portal.booking.services import placing
from parvis.portal.kernel.errors import Conflict

NEVER_PLACED = "never_placed"
"""The reason of a booking that waited until its start."""
AGENT_LEFT = "agent_left"
"""The reason of one whose holder has left."""


def assign_due(*, now: datetime) -> int:
    """Make final what begins within its pool's hours: number and PIN may be told. How many. Twice is once."""
    count = 0
    open_ended = Booking.objects.filter(state=Booking.State.BOOKED, is_final=False, ends_at__gt=now)
    for pool in Pool.objects.filter(pk__in=open_ended.order_by().values("pool")):
        due = open_ended.filter(pool=pool, starts_at__lte=now + timedelta(hours=pool.assign_hours))
        for booking in due.select_related("pool").order_by("starts_at", "pk"):
            count += _fix(booking, now)
    return count


def _fix(booking: Booking, now: datetime) -> bool:
    try:
        placing.fix(booking=booking, now=now)
    except Conflict:  # given up meanwhile
        return False
    return True


def finish(*, now: datetime) -> int:
    """What has ended is done; who waited for a place until the start has none. How many. Twice is once."""
    ended = Booking.objects.filter(state__in=UNDER_WAY, ends_at__lte=now)
    count = ended.update(state=Booking.State.DONE, ended_at=F("ends_at"))
    late = Booking.objects.filter(state=Booking.State.WAITING, starts_at__lte=now)
    for booking in late.select_related("pool__entity", "holder"):
        count += give_up(booking, now=now, reason=NEVER_PLACED)
    asked = MoveRequest.objects.filter(state=MoveRequest.State.ASKED)
    too_late = asked.filter(Q(booking__starts_at__lte=now) | Q(wanted_by__starts_at__lte=now))
    MoveRequest.objects.filter(pk__in=list(too_late.values_list("pk", flat=True)), state="asked").update(
        state=MoveRequest.State.LAPSED, answered_at=now
    )
    return count


def give_up(booking: Booking, *, now: datetime, reason: str) -> bool:
    """Cancel, by the portal itself; False: somebody did already."""
    try:
        placing.cancel(actor=None, booking=booking, now=now, reason=reason)
    except Conflict as error:
        if error.code != over().code:
            raise
        return False
    return True


def give_up_of(*, agent_id: int, now: datetime) -> int:
    """What an agent who has left had ahead is given up; their running one ends by itself. How many."""
    ahead = Booking.objects.filter(
        holder_id=agent_id, state__in=(Booking.State.WAITING, Booking.State.BOOKED), starts_at__gt=now
    )
    bookings = list(ahead.select_related("pool__entity", "holder").order_by("pool_id", "starts_at"))
    return sum(give_up(booking, now=now, reason=AGENT_LEFT) for booking in bookings)
