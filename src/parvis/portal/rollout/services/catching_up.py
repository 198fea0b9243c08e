"""A wave that is over closes by itself, and those it has left behind go into a catch-up wave by themselves."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict
from parvis.portal.rollout import permissions, wave_queries, wave_rules
from parvis.portal.rollout.models import Campaign, Place, Wave
from parvis.portal.rollout.services import placing, waves
from parvis.portal.rollout.wave_tasks import sweep
from parvis.portal.telework.models import Request

GOING_ON = (Request.State.REQUESTED, Request.State.APPROVED, Request.State.OPEN)
"""Requests that lead to a working screen."""


def close_due(*, now: datetime) -> int:
    """Close the running waves whose week is over; how many."""
    running = Wave.objects.filter(state=Wave.State.RUNNING, campaign__state=Campaign.State.RUNNING)
    over = [wave for wave in running.select_related("campaign") if _end_of(wave) <= now]
    return sum(close(wave=wave, now=now) for wave in over)


def _end_of(wave: Wave) -> datetime:
    begun = [at for at in (wave.starts_at, wave.opened_at, wave.resumed_at) if at is not None]
    return wave_rules.end_of(max(begun), clock.PARIS)


def close_now(*, actor: User, wave: Wave, now: datetime) -> None:
    """Close a wave before its week is over.

    Raises:
        NotAllowed: not of the IT team of the campaign's entity.
        Conflict: it has not opened, is over, or its campaign does not go on (`wave_moved`).
    """
    require(permissions.can_manage(actor, wave.campaign.entity))
    if not close(wave=wave, now=now, actor=actor):
        raise waves.moved()
    sweep.enqueue()


@transaction.atomic
def close(*, wave: Wave, now: datetime, actor: User | None = None) -> bool:
    """Close a wave and put those who have not finished in the next catch-up; whether this call did."""
    here = Wave.objects.filter(wave_queries.campaign_runs(), pk=wave.pk, opened_at__isnull=False)
    # By itself, only what runs: what somebody has stopped is theirs to close.
    states = (Wave.State.RUNNING, Wave.State.STOPPED) if actor is not None else (Wave.State.RUNNING,)
    if not here.filter(state__in=states).update(state=Wave.State.CLOSED, closed_at=now):
        return False
    wave.state, wave.closed_at = Wave.State.CLOSED, now
    moved = 0
    for catch_up, places in _by_catch_up(wave, now).items():
        target = catch_up_wave(wave, catch_up, now)
        moved += sum(_take_along(place, target, now) for place in places)
    data = {"week": wave.week, "caught_up": moved}
    audit.record(actor=actor, action="rollout.wave_closed", target=wave, now=now, data=data)
    return True


def left_behind(wave: Wave) -> QuerySet[Any]:
    """Who has not finished, is still in post, and has not missed too many catch-ups: they go on by themselves.

    Not those whose telework is suspended: it goes on when that does.
    """
    places = wave_queries.catch_ups_missed(wave.places.filter(wave_queries.unfinished(), left_at=None))
    behind = places.filter(member__agent__is_active=True, member__left_out="")
    behind = behind.filter(Q(member__request=None) | Q(member__request__state__in=GOING_ON))
    few = behind.filter(caught_up__lt=wave_rules.MOST_CATCH_UPS)
    return few.select_related("member", "wave__campaign").order_by("member__priority", "pk")


def _by_catch_up(wave: Wave, now: datetime) -> dict[wave_rules.CatchUp, list[Place]]:
    campaign = wave.campaign
    over = campaign.waves.filter(is_catch_up=True, state=Wave.State.CLOSED).values_list("week", flat=True)
    taken, found = frozenset(over), defaultdict(list)
    for place in left_behind(wave):
        catch_up = wave_rules.catch_up_of(
            week=wave.week,
            starts_at=wave.starts_at,
            first=campaign.starts_date,
            now=now,
            away=frozenset(place.member.away),
            taken=taken,
            zone=clock.PARIS,
        )
        if catch_up is not None:
            found[catch_up].append(place)
    return found


def catch_up_wave(before: Wave, catch_up: wave_rules.CatchUp, now: datetime) -> Wave:
    """The campaign's one catch-up wave of a week: what several waves leave behind goes there together.

    It does what who announced the first of them had decided.
    """
    wave, new = Wave.objects.get_or_create(
        campaign=before.campaign,
        week=catch_up.week,
        is_catch_up=True,
        defaults={
            "starts_at": catch_up.starts_at,
            "published_at": now,
            "published_by_id": before.published_by_id,
        },
    )
    if new:
        data = {"campaign": before.campaign_id, "week": catch_up.week, "catch_up": True}
        audit.record(actor=None, action="rollout.wave_published", target=wave, now=now, data=data)
    return wave


def _take_along(place: Place, wave: Wave, now: datetime) -> bool:
    try:
        with transaction.atomic():
            placing.leave(place, now)
            kept = {name: getattr(place, name) for name in placing.KEPT}
            placing.enter(place.member, wave, now, **kept)
    except Conflict:
        return False  # moved by hand at this very moment: that holds
    return True
