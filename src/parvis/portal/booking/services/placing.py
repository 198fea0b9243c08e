"""Booking, moving, giving up. Two people never have one resource at the same time: see `services.guard`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.booking import availability, occupation, permissions, rules
from parvis.portal.booking.errors import Full, Missed, over
from parvis.portal.booking.events import BookingAssigned, BookingCancelled, BookingMoved, BookingPlaced
from parvis.portal.booking.models import Booking, Pool, Refusal, Resource, Series
from parvis.portal.booking.services import seats, waiting
from parvis.portal.booking.services.guard import hold
from parvis.portal.booking.services.seats import Need
from parvis.portal.booking.times import check_times
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import audit, events
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid

TITLE_LENGTH = 200
MOST_PEOPLE = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody asks for."""

    pool: Pool
    starts_at: datetime
    ends_at: datetime
    holder: Agent
    title: str
    people: int = 2
    equipment: tuple[str, ...] = ()
    resource: Resource | None = None
    """This one and no other; None: any that fits."""
    priority: int = Booking.Priority.NORMAL


def book(
    *, actor: User | None, wanted: Wanted, now: datetime, wait: bool = False, series: Series | None = None
) -> Booking:
    """Keep a place. `wait`: where there is none, stand in the waiting list (state WAITING). `actor` None: the portal.

    In a pool that assigns late the resource may still change until the booking `is_final`. Nobody is refused while
    any seating of those not told yet makes room. A refusal is counted: a caller whose own transaction is undone by it
    calls `note_refusal` again after that.

    Raises:
        NotAllowed: see `permissions.can_book`, `permissions.can_prioritise`.
        Invalid: the times, the people or the equipment cannot be asked for: `fields` says why.
        Full: nothing that fits is free; DoesNotFit: nothing would fit, free or not.
        Conflict: the resource asked for is out of service or of another pool (`resource_out`).
    """
    try:
        with transaction.atomic():
            return _book(actor, wanted, now, wait=wait, series=series)
    except Full as refused:
        note_refusal(refused, now=now)
        raise


def note_refusal(refused: Full, *, now: datetime) -> None:
    """Count that somebody got no place."""
    missed = refused.missed
    Refusal.objects.create(
        pool=missed.pool, at=now, starts_at=missed.starts_at, ends_at=missed.ends_at, people=missed.people
    )


def _book(actor: User | None, wanted: Wanted, now: datetime, *, wait: bool, series: Series | None) -> Booking:
    pool = wanted.pool
    if actor is not None:
        require(permissions.can_book(actor, pool, wanted.holder))
        if wanted.priority != Booking.Priority.NORMAL:
            require(permissions.can_prioritise(actor, pool))
    title = _check(wanted, now)
    hold(pool)
    _require_in_service(wanted.resource, pool)
    only = wanted.resource.pk if wanted.resource is not None else None
    need = Need(
        pool=pool,
        starts_at=wanted.starts_at,
        ends_at=wanted.ends_at,
        people=wanted.people,
        equipment=wanted.equipment,
        only=only,
    )
    found = seats.find(need, now=now)
    if found is None and not (wait and wanted.starts_at > now):
        raise full(need, now=now)
    at_once = seats.is_assigned_at_once(pool, wanted.starts_at, now)
    booking = Booking.objects.create(
        pool=pool,
        resource_id=seats.take(found) if found is not None else only,
        is_final=found is not None and (only is not None or at_once),
        series=series,
        title=title,
        holder=wanted.holder,
        booked_by=actor,
        booked_at=now,
        starts_at=wanted.starts_at,
        ends_at=wanted.ends_at,
        free_at=wanted.ends_at + occupation.buffer_of(pool),
        people=wanted.people,
        equipment=list(wanted.equipment),
        priority=wanted.priority,
        state=Booking.State.BOOKED if found is not None else Booking.State.WAITING,
    )
    data = {
        "pool": pool.pk,
        "holder": wanted.holder.pk,
        "resource": booking.resource_id,
        "from": wanted.starts_at.isoformat(),
        "to": wanted.ends_at.isoformat(),
        "priority": wanted.priority,
    }
    action = "booking.booked" if found is not None else "booking.waits"
    audit.record(actor=actor, action=action, target=booking, now=now, data=data)
    if booking.is_final and booking.resource_id is not None:
        events.publish(BookingAssigned(booking_id=booking.pk, resource_id=booking.resource_id, at=now))
    return booking


def full(need: Need, *, now: datetime) -> Full:
    """The refusal, with the next time at which the same could be had."""
    at = None
    if need.only is None:
        at = availability.free_starts(
            need.pool, need.starts_at, need.ends_at, people=need.people, equipment=need.equipment, now=now
        )
    missed = Missed(pool=need.pool, starts_at=need.starts_at, ends_at=need.ends_at, people=need.people)
    return Full(missed, at)


def _check(wanted: Wanted, now: datetime) -> str:
    check_times(wanted.pool, wanted.starts_at, wanted.ends_at, now=now)
    if not 1 <= wanted.people <= MOST_PEOPLE:
        problem = _("Indiquez combien de personnes participent\u202f: au moins une.")
        raise Invalid(problem, code="people", fields={"people": [problem]})
    if not rules.EQUIPMENT.keys() >= set(wanted.equipment):
        problem = _("Cet équipement n’est pas connu.")
        raise Invalid(problem, code="equipment", fields={"equipment": [problem]})
    title = " ".join(wanted.title.replace("\x00", "").split())[:TITLE_LENGTH]
    if not title:
        problem = _("Donnez un objet à la réservation.")
        raise Invalid(problem, code="title", fields={"title": [problem]})
    return title


def _require_in_service(resource: Resource | None, pool: Pool) -> None:
    if resource is None:
        return
    if not Resource.objects.filter(pk=resource.pk, pool=pool, is_active=True).exists():
        raise Conflict(
            _("%(resource)s n’est pas en service.") % {"resource": resource},
            code="resource_out",
            advice=_("Choisissez-en une autre."),
        )


def move(*, actor: User | None, booking: Booking, starts_at: datetime, ends_at: datetime, now: datetime) -> Booking:
    """Other times. It keeps its resource where that is free; one that has begun keeps resource and start.

    One that waits and can be placed at its new times is placed; else it goes on waiting.

    Raises:
        NotAllowed: see `permissions.can_change`.
        Invalid: the times cannot be asked for. Full: nothing that fits is free then; the booking stays as it was.
        Conflict: it is over (`booking_over`).
    """
    try:
        with transaction.atomic():
            return _move(actor, booking, starts_at, ends_at, now)
    except Full as refused:
        note_refusal(refused, now=now)
        raise


def _move(actor: User | None, booking: Booking, starts_at: datetime, ends_at: datetime, now: datetime) -> Booking:
    if actor is not None:
        require(permissions.can_change(actor, booking))
    pool = booking.pool
    hold(pool)
    kept = _again(booking)
    goes_on = kept.state == Booking.State.IN_USE or (kept.starts_at <= now and starts_at == kept.starts_at)
    if goes_on and starts_at != kept.starts_at:
        problem = _("Cette réservation a commencé\u202f: seule sa fin peut changer.")
        raise Invalid(problem, code="begun", fields={"starts_at": [problem]})
    check_times(pool, starts_at, ends_at, now=now, has_begun=goes_on)
    need = Need(
        pool=pool,
        starts_at=starts_at,
        ends_at=ends_at,
        people=kept.people,
        equipment=tuple(kept.equipment),
        excluding=kept.pk,
    )
    found = _found_for_move(need, kept, stays=goes_on, now=now)
    if found is None and kept.state != Booking.State.WAITING:
        raise full(need, now=now)
    before, was = kept.resource_id, kept.state
    kept.starts_at, kept.ends_at = starts_at, ends_at
    kept.free_at = ends_at + occupation.buffer_of(pool)
    told = kept.is_final
    if found is not None:
        kept.resource_id = seats.take(found)
        kept.state = Booking.State.BOOKED if was == Booking.State.WAITING else was
        stays = told and kept.resource_id == before
        wished = was == Booking.State.WAITING and before is not None
        kept.is_final = stays or wished or seats.is_assigned_at_once(pool, starts_at, now)
    kept.save(update_fields=["starts_at", "ends_at", "free_at", "resource", "state", "is_final"])
    waiting.lapse_requests_to(kept, now=now)
    data = {"from": starts_at.isoformat(), "to": ends_at.isoformat(), "resource": kept.resource_id}
    audit.record(actor=actor, action="booking.moved", target=kept, now=now, data=data)
    _tell_move(kept, was=was, told=told, before=before, actor=actor, now=now)
    waiting.fill(pool=pool, now=now)
    for name in ("starts_at", "ends_at", "free_at", "resource_id", "state", "is_final"):
        setattr(booking, name, getattr(kept, name))
    return booking


def _found_for_move(need: Need, kept: Booking, *, stays: bool, now: datetime) -> dict[int, int] | None:
    """Its own resource if it was told that one, or has begun; any that fits otherwise."""
    waits = kept.state == Booking.State.WAITING
    if kept.resource_id is not None and (stays or kept.is_final or waits):
        own = Need(
            pool=need.pool,
            starts_at=need.starts_at,
            ends_at=need.ends_at,
            people=need.people,
            equipment=need.equipment,
            only=kept.resource_id,
            excluding=kept.pk,
        )
        found = _find(own, now=now)
        if found is not None or stays or waits:
            return found
    return seats.find(need, now=now)


def _find(need: Need, *, now: datetime) -> dict[int, int] | None:
    """`seats.find`; a resource that is out of service by now is no way."""
    in_service = Resource.objects.filter(pk__in=[need.only], is_active=True).exists()
    return seats.find(need, now=now) if in_service else None


def _tell_move(
    booking: Booking, *, was: str, told: bool, before: int | None, actor: User | None, now: datetime
) -> None:
    placed = was == Booking.State.WAITING and booking.state == Booking.State.BOOKED
    events.publish(
        BookingMoved(
            booking_id=booking.pk,
            starts_at=booking.starts_at,
            ends_at=booking.ends_at,
            resource_changed=told and booking.resource_id != before,
            actor_id=actor.pk if actor is not None else None,
            at=now,
        )
    )
    if placed:
        events.publish(BookingPlaced(booking_id=booking.pk, at=now))
    newly = booking.is_final and (not told or booking.resource_id != before)
    if newly and booking.resource_id is not None:
        events.publish(BookingAssigned(booking_id=booking.pk, resource_id=booking.resource_id, at=now))


@transaction.atomic
def cancel(*, actor: User | None, booking: Booking, now: datetime, reason: str = "") -> None:
    """Give it up; its place goes to who waits. One in use is ended instead: see `check_in.end_early`.

    Raises:
        NotAllowed: see `permissions.can_change`.
        Conflict: it is in use or over (`booking_over`).
    """
    if actor is not None:
        require(permissions.can_change(actor, booking))
    hold(booking.pool)
    states = rules.sources_of(Booking.State.CANCELLED)
    if not Booking.objects.filter(pk=booking.pk, state__in=states).update(
        state=Booking.State.CANCELLED, ended_at=now, free_at=now
    ):
        raise over()
    booking.state, booking.ended_at, booking.free_at = Booking.State.CANCELLED, now, now
    waiting.lapse_requests_to(booking, now=now)
    waiting.lapse_requests_by(booking, now=now)
    audit.record(actor=actor, action="booking.cancelled", target=booking, now=now, data={"reason": reason[:100]})
    events.publish(
        BookingCancelled(
            booking_id=booking.pk, reason=reason[:100], actor_id=actor.pk if actor is not None else None, at=now
        )
    )
    waiting.fill(pool=booking.pool, now=now)


@transaction.atomic
def fix(*, booking: Booking, now: datetime) -> Resource:
    """Make the resource final, and return it; one that is final already is only returned.

    Raises:
        Conflict: it waits for a place (`booking_waits`), or is over (`booking_over`).
    """
    hold(booking.pool)
    kept = _again(booking)
    if kept.state == Booking.State.WAITING or kept.resource is None:
        raise Conflict(_("Cette réservation attend encore une place."), code="booking_waits")
    if not kept.is_final:
        Booking.objects.filter(pk=kept.pk, is_final=False).update(is_final=True)
        audit.record(actor=None, action="booking.assigned", target=kept, now=now, data={"resource": kept.resource.pk})
        events.publish(BookingAssigned(booking_id=kept.pk, resource_id=kept.resource.pk, at=now))
    booking.is_final, booking.resource = True, kept.resource
    return kept.resource


def _again(booking: Booking) -> Booking:
    """The booking as it is now that the pool is held.

    Raises:
        Conflict: it is over.
    """
    live = (*rules.UNDER_WAY, Booking.State.WAITING)
    kept = Booking.objects.select_related("resource", "pool__entity", "holder").filter(pk=booking.pk, state__in=live)
    found = kept.first()
    if found is None:
        raise over()
    return found
