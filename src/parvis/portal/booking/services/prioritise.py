"""A crisis cell needs a place where there is none: it asks, and nothing moves without the holder's yes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.booking import availability, occupation, permissions
from parvis.portal.booking.events import MoveAnswered, MoveAsked
from parvis.portal.booking.models import Booking, MoveRequest
from parvis.portal.booking.services import placing
from parvis.portal.booking.services.guard import hold
from parvis.portal.kernel import audit, events
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict


def in_the_way(booking: Booking, *, now: datetime) -> list[Booking]:
    """The bookings that could make room for this one: of a resource that suits it, not begun, no crisis cell's either.

    Without those who said no to it. With pool, holder and resource.
    """
    suits = occupation.things_of([booking.pool])[booking.pool_id]
    fitting = [thing.id for thing in suits if thing.suits(booking.people, booking.equipment)]
    if booking.resource_id is not None:
        fitting = [pk for pk in fitting if pk == booking.resource_id]
    there = Booking.objects.filter(
        occupation.holding(booking.starts_at, booking.ends_at + occupation.buffer_of(booking.pool)),
        resource__in=fitting,
    )
    declined = booking.move_requests.filter(state=MoveRequest.State.DECLINED)
    movable = there.filter(state=Booking.State.BOOKED, starts_at__gt=now, priority=Booking.Priority.NORMAL).exclude(
        pk__in=declined.values("booking")
    )
    return list(movable.select_related("pool__entity", "holder__user", "resource").order_by("starts_at", "pk"))


def fewest(booking: Booking, *, now: datetime) -> list[Booking]:
    """Of those in the way, the ones of the resource that the fewest people would have to leave."""
    by_resource: dict[int | None, list[Booking]] = defaultdict(list)
    for each in in_the_way(booking, now=now):
        by_resource[each.resource_id].append(each)
    held = Booking.objects.filter(
        occupation.holding(booking.starts_at, booking.ends_at + occupation.buffer_of(booking.pool)),
        resource__in=list(by_resource),
    )
    whole: dict[int | None, int] = defaultdict(int)
    for resource_id in held.values_list("resource_id", flat=True):
        whole[resource_id] += 1
    # Somebody on it cannot or will not move: asking the others would be for nothing.
    useful = [group for pk, group in by_resource.items() if whole[pk] == len(group)]
    return min(useful, key=lambda group: (len(group), group[0].pk), default=[])


@transaction.atomic
def ask(*, actor: User, booking: Booking, now: datetime, whom: Sequence[Booking] | None = None) -> list[MoveRequest]:
    """Ask holders to move, each with a free time proposed; `whom` None: as few as possible.

    Raises:
        NotAllowed: see `permissions.can_prioritise`.
        Conflict: the booking is no crisis cell's that waits (`not_waiting`); nobody can make room (`nobody_to_ask`);
            one of those named cannot (`not_in_the_way`).
    """
    require(permissions.can_prioritise(actor, booking.pool))
    hold(booking.pool)
    waits = Booking.objects.filter(pk=booking.pk, state=Booking.State.WAITING, priority=Booking.Priority.CRISIS)
    if not waits.exists():
        raise Conflict(
            _("Seule une cellule de crise qui attend une place peut demander à d’autres de se déplacer."),
            code="not_waiting",
        )
    if whom is None:
        chosen = fewest(booking, now=now)
    else:
        possible = {each.pk: each for each in in_the_way(booking, now=now)}
        if not all(each.pk in possible for each in whom):
            raise Conflict(_("Cette réservation ne peut plus laisser sa place."), code="not_in_the_way")
        chosen = [possible[each.pk] for each in whom]
    if not chosen:
        raise Conflict(
            _("Personne ne peut laisser sa place à cette heure."),
            code="nobody_to_ask",
            advice=_("Choisissez une autre heure, ou un autre moyen de se réunir."),
        )
    asked = [_ask_one(booking, each, now) for each in chosen]
    data = {"asked": [each.booking_id for each in asked]}
    audit.record(actor=actor, action="booking.moves_asked", target=booking, now=now, data=data)
    for request in asked:
        events.publish(MoveAsked(request_id=request.pk, booking_id=request.booking_id, at=now))
    return asked


def _ask_one(wanted_by: Booking, booking: Booking, now: datetime) -> MoveRequest:
    # Not before the crisis cell is through: a time just after the old one may be what it needs.
    begins = max(booking.starts_at, wanted_by.ends_at + occupation.buffer_of(wanted_by.pool))
    proposed = availability.free_starts(
        booking.pool,
        begins,
        begins + (booking.ends_at - booking.starts_at),
        people=booking.people,
        equipment=booking.equipment,
        now=now,
        like=booking.starts_at,
    )
    request, _made = MoveRequest.objects.get_or_create(
        wanted_by=wanted_by,
        booking=booking,
        state=MoveRequest.State.ASKED,
        defaults={"proposed_at": proposed, "asked_at": now},
    )
    return request


@transaction.atomic
def answer(
    *, actor: User, request: MoveRequest, accept: bool, now: datetime, starts_at: datetime | None = None
) -> MoveRequest:
    """Yes or no. Yes moves the booking to the time proposed, or to `starts_at`; with neither it is given up.

    Raises:
        NotAllowed: see `permissions.can_answer`.
        Full: the time is no longer free; nothing is answered yet: another may be chosen.
        Conflict: answered already, or without object (`answered`).
    """
    require(permissions.can_answer(actor, request))
    booking = request.booking
    hold(booking.pool)
    state = MoveRequest.State.ACCEPTED if accept else MoveRequest.State.DECLINED
    asked = MoveRequest.objects.filter(pk=request.pk, state=MoveRequest.State.ASKED)
    if not asked.update(state=state, answered_at=now):
        raise Conflict(_("Cette demande a déjà une réponse, ou n’a plus d’objet."), code="answered")
    if accept:
        _make_room(actor, request, starts_at, now)
    request.state, request.answered_at = state, now
    audit.record(actor=actor, action="booking.move_answered", target=booking, now=now, data={"accepted": accept})
    events.publish(MoveAnswered(request_id=request.pk, booking_id=booking.pk, accepted=accept, at=now))
    return request


def _make_room(actor: User, request: MoveRequest, starts_at: datetime | None, now: datetime) -> None:
    booking, new_start = request.booking, starts_at or request.proposed_at
    if new_start is None:
        placing.cancel(actor=None, booking=booking, now=now, reason="gave_way")
        return
    length = booking.ends_at - booking.starts_at
    placing.move(actor=None, booking=booking, starts_at=new_start, ends_at=new_start + length, now=now)
