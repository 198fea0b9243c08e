"""« We are here », « we are done », and what is freed where nobody came."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.booking import occupation, permissions, rules
from parvis.portal.booking.errors import over
from parvis.portal.booking.events import BookingAssigned, BookingReleased
from parvis.portal.booking.models import Booking
from parvis.portal.booking.services import waiting
from parvis.portal.booking.services.guard import hold
from parvis.portal.kernel import audit, events
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict


@transaction.atomic
def check_in(*, actor: User | None, booking: Booking, now: datetime) -> None:
    """We are here: the booking is in use. Twice is once. `actor` None: the portal saw somebody join.

    Raises:
        NotAllowed: see `permissions.can_check_in`.
        Conflict: too early (`too_early`), or over, released, given up, or still without a place (`booking_over`).
    """
    if actor is not None:
        require(permissions.can_check_in(actor, booking))
    hold(booking.pool)
    booking.refresh_from_db(fields=["state", "starts_at", "ends_at", "is_final", "resource"])
    if booking.state == Booking.State.IN_USE:
        return
    why = rules.refusal_to_check_in(booking.starts_at, booking.ends_at, now)
    if why == "too_early":
        raise Conflict(
            _("Il est trop tôt\u202f: on signale son arrivée au plus un quart d’heure avant le début."),
            code="too_early",
        )
    here = Booking.objects.filter(pk=booking.pk, state=Booking.State.BOOKED)
    if why or not here.update(state=Booking.State.IN_USE, checked_in_at=now, is_final=True):
        raise over()
    newly = not booking.is_final
    booking.state, booking.checked_in_at, booking.is_final = Booking.State.IN_USE, now, True
    audit.record(actor=actor, action="booking.checked_in", target=booking, now=now)
    if newly and booking.resource_id is not None:
        events.publish(BookingAssigned(booking_id=booking.pk, resource_id=booking.resource_id, at=now))


@transaction.atomic
def end_early(*, actor: User | None, booking: Booking, now: datetime) -> None:
    """We are done: what is left of its time, after the buffer, is free again.

    Raises:
        NotAllowed: see `permissions.can_check_in`.
        Conflict: it has not begun (`not_begun`), or is over (`booking_over`).
    """
    if actor is not None:
        require(permissions.can_check_in(actor, booking))
    hold(booking.pool)
    booking.refresh_from_db(fields=["state", "starts_at", "ends_at", "free_at"])
    if booking.state == Booking.State.BOOKED and booking.starts_at > now:
        raise Conflict(
            _("Cette réservation n’a pas commencé."),
            code="not_begun",
            advice=_("Annulez-la si vous n’en avez plus besoin."),
        )
    free_at = min(booking.free_at, now + occupation.buffer_of(booking.pool))
    ending = Booking.objects.filter(pk=booking.pk, state__in=rules.UNDER_WAY)
    if not ending.update(state=Booking.State.DONE, ended_at=min(now, booking.ends_at), free_at=free_at):
        raise over()
    booking.state, booking.ended_at, booking.free_at = Booking.State.DONE, min(now, booking.ends_at), free_at
    waiting.lapse_requests_to(booking, now=now)
    audit.record(actor=actor, action="booking.ended", target=booking, now=now)
    waiting.fill(pool=booking.pool, now=now)


def release_absent(*, now: datetime) -> int:
    """Free what nobody came to, where the pool says after how long. How many. Twice is once."""
    due = Booking.objects.filter(
        state=Booking.State.BOOKED, starts_at__lte=now, ends_at__gt=now, pool__check_in_minutes__gt=0
    )
    released = 0
    for booking in due.select_related("pool").order_by("starts_at", "pk"):
        # Booked after its start: the minutes count from then.
        since = max(booking.starts_at, booking.booked_at)
        if now >= since + timedelta(minutes=booking.pool.check_in_minutes):
            released += _release(booking, now)
    return released


@transaction.atomic
def _release(booking: Booking, now: datetime) -> bool:
    hold(booking.pool)
    absent = Booking.objects.filter(pk=booking.pk, state=Booking.State.BOOKED, starts_at=booking.starts_at)
    if not absent.update(state=Booking.State.RELEASED, ended_at=now, free_at=now):
        return False
    booking.state, booking.ended_at, booking.free_at = Booking.State.RELEASED, now, now
    waiting.lapse_requests_to(booking, now=now)
    audit.record(actor=None, action="booking.released", target=booking, now=now)
    events.publish(BookingReleased(booking_id=booking.pk, at=now))
    waiting.fill(pool=booking.pool, now=now)
    return True
