"""« Je ne peux pas ce jour-là »: an agent answers their invitation before the wave opens, and may take it back.

That week becomes one of their impossible ones: no plan and no catch-up puts them there again.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict
from parvis.portal.rollout import permissions, wave_queries, wave_rules
from parvis.portal.rollout.models import Member, Place, Wave
from parvis.portal.rollout.services import catching_up, lending, placing
from parvis.portal.rollout.wave_rules import CatchUp
from parvis.portal.rollout.wave_tasks import send_cancellation, sweep


@transaction.atomic
def decline(*, actor: User, place: Place, now: datetime) -> Place | None:
    """Leave a wave that has not opened, for the next week that suits: its wave if announced, else its catch-up.

    Returns:
        The new place; None where no week is left: the IT team puts them somewhere.

    Raises:
        NotAllowed: it is another agent's.
        Conflict: the wave has opened, is halted or taken back (`too_late`), or they were moved meanwhile
            (`place_moved`).
    """
    require(permissions.can_answer(actor, place))
    _hold(place.wave)
    placing.leave(place, now)
    Place.objects.filter(pk=place.pk).update(declined_at=now)
    away = _note(place, impossible=True)
    new = _put_next(place, away, now)
    if new is None:
        if place.told_at is not None:
            send_cancellation.enqueue(member_id=place.member_id, starts_at=place.wave.starts_at.isoformat())
        lending.give_up(actor=actor, place=place, now=now)
    data = {"wave": place.wave_id, "to": new.wave_id if new else None, "week": _monday(place)}
    audit.record(actor=actor, action="rollout.member_declined", target=place.member, now=now, data=data)
    sweep.enqueue()
    return new


@transaction.atomic
def come_back(*, actor: User, place: Place, now: datetime) -> Place:
    """They can after all: back into the wave they declined, as long as it has not opened.

    Raises:
        NotAllowed: it is another agent's.
        Conflict: the wave has opened, is halted or taken back (`too_late`), or what they were given instead has
            begun, or they were moved meanwhile (`place_moved`).
    """
    require(permissions.can_answer(actor, place))
    _hold(place.wave)
    # Of two who take it back at once, one does.
    if not Place.objects.filter(pk=place.pk, declined_at__isnull=False).update(declined_at=None):
        raise placing.moved()
    instead = Place.objects.filter(member=place.member_id, left_at=None).select_related("wave").first()
    kept = {}
    if instead is not None:
        if instead.wave.opened_at is not None:
            raise placing.moved()
        placing.leave(instead, now)
        kept = {name: getattr(instead, name) for name in placing.KEPT}
    back = placing.enter(place.member, place.wave, now, **kept)
    _note(place, impossible=False)
    data = {"wave": place.wave_id, "from": instead.wave_id if instead else None, "week": _monday(place)}
    audit.record(actor=actor, action="rollout.member_came_back", target=place.member, now=now, data=data)
    sweep.enqueue()
    return back


def next_date(place: Place, now: datetime) -> datetime | None:
    """When they would be invited instead, as things stand; None: no week is left."""
    found = _next(place, [*place.member.away, _monday(place)], now)
    if found is None:
        return None
    wave = _announced(place, found.week, now)
    return wave.starts_at if wave is not None else found.starts_at


def _put_next(place: Place, away: list[str], now: datetime) -> Place | None:
    found = _next(place, away, now)
    if found is None:
        return None
    wave = _announced(place, found.week, now) or catching_up.catch_up_wave(place.wave, found, now)
    return placing.enter(place.member, wave, now, **{name: getattr(place, name) for name in placing.KEPT})


def _next(place: Place, away: list[str], now: datetime) -> CatchUp | None:
    campaign = place.wave.campaign
    # A catch-up that has begun, or is halted, is nothing to look forward to.
    begun = campaign.waves.filter(is_catch_up=True).exclude(state=Wave.State.PUBLISHED, opened_at=None)
    return wave_rules.catch_up_of(
        week=place.wave.week,
        starts_at=place.wave.starts_at,
        first=campaign.starts_date,
        now=now,
        away=frozenset(away),
        taken=frozenset(begun.values_list("week", flat=True)),
        zone=clock.PARIS,
    )


def _announced(place: Place, week: int, now: datetime) -> Wave | None:
    """The wave of a week, or its catch-up, if it is announced and still to open."""
    announced = place.wave.campaign.waves.filter(state=Wave.State.PUBLISHED, opened_at=None, starts_at__gt=now)
    return announced.filter(week=week).order_by("is_catch_up").first()


def _hold(wave: Wave) -> None:
    """Holds the wave's row until the end: it does not open meanwhile, and one that has opened is not left this way."""
    ahead = Wave.objects.filter(wave_queries.campaign_runs(), pk=wave.pk, state=Wave.State.PUBLISHED, opened_at=None)
    if not ahead.update(week=wave.week):
        raise Conflict(
            _("Il est trop tard pour changer cette date ici\u202f: elle est arrivée, ou elle a été annulée."),
            code="too_late",
            advice=_("Appelez l’assistance informatique si vous ne pouvez pas."),
        )


def _note(place: Place, *, impossible: bool) -> list[str]:
    """Write the wave's week among the impossible ones, or take it out. Holds the member's row: no other is lost."""
    away = set(Member.objects.select_for_update().values_list("away", flat=True).get(pk=place.member_id))
    weeks = sorted(away | {_monday(place)} if impossible else away - {_monday(place)})
    Member.objects.filter(pk=place.member_id).update(away=weeks)
    return weeks


def _monday(place: Place) -> str:
    return wave_rules.monday_of(place.wave.campaign.starts_date, place.wave.week).isoformat()
