"""What the coming weeks ask of the gateways: the forecast with what the portal knows. Made by the worker, kept a while.

Who is at home: agents who may open a screen that day (a right in force), where their usual week or declared day puts
them at a distance. One who has said nothing about their week counts for `UNSAID`. No name leaves this module: counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.core.cache import cache
from django.db.models import Q, Sum

from parvis.portal.capacity import arrivals, costs, forecast
from parvis.portal.capacity.forecast import WEEKEND, Arrivals, Seen
from parvis.portal.capacity.models import Sample
from parvis.portal.capacity.rules import Cost, Point
from parvis.portal.kernel import clock
from parvis.portal.presence import loading
from parvis.portal.presence.rules import Place, Resolved, Source, Status
from parvis.portal.remote_desktop.models import Right

AHEAD = timedelta(days=41)
"""Six weeks: what a rollout is planned over."""
BEHIND = timedelta(days=28)
"""Measured days the share is learnt from."""
UNSAID = 0.4
"""Two days in five: somebody with a right whose week nobody knows."""
FRESH = timedelta(hours=2)
REFRESH_SECONDS = 1800
_KEY = "capacity.outlook.1"

AtHome = Mapping[date, tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The forecast and what it is made of."""

    made_at: datetime
    cost: Cost
    points: Sequence[Point]
    """Every hour of every day from today on."""
    waves: Sequence[Arrivals]
    seen: Sequence[Seen]
    """The hours measured, today's too."""
    days_seen: int
    """Days on which people were expected at home, and measured."""


def current(now: datetime) -> Outlook:
    """The last one made, if it is fresh; else a new one."""
    kept: Outlook | None = cache.get(_KEY)
    if kept is not None and timedelta(0) <= now - kept.made_at < FRESH and _starts_today(kept, now):
        return kept
    return refresh(now)


def refresh(now: datetime) -> Outlook:
    """Make it again. Eight queries, whatever the number of agents, and those of who knows the waves."""
    made = make(now)
    cache.set(_KEY, made, timeout=int(FRESH.total_seconds()))
    return made


def make(now: datetime) -> Outlook:
    """The forecast as things stand, not kept."""
    today = clock.today(now)
    everyone = at_home(today - BEHIND, today + AHEAD)
    seen = _seen(everyone, now)
    # The hour under way is not over: today teaches nothing yet.
    lessons = [each for each in seen if each.day < today]
    waves = arrivals.ahead(now)
    coming = {day: both for day, both in everyone.items() if day >= today}
    taught = {each.day for each in lessons if each.at_home >= forecast.FEWEST_AT_HOME}
    return Outlook(
        made_at=now,
        cost=costs.measured(now),
        points=forecast.build(at_home=coming, arrivals=waves, seen=lessons),
        waves=waves,
        seen=seen,
        days_seen=len(taught),
    )


def at_home(first: date, last: date) -> AtHome:
    """For each day between these, both included: people with a right who are at home that morning, that afternoon."""
    spans = _spans(first, last)
    calendar = loading.load([(agent, path) for agent, (path, _days) in spans.items()], first, last)
    found: dict[date, tuple[float, float]] = {}
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        morning = afternoon = 0.0
        if day.weekday() < WEEKEND:
            for agent, (_path, several) in spans.items():
                if any(starts <= day <= ends for starts, ends in several):
                    one = calendar.at(agent, day)
                    morning += _weight(one.am, calendar.statuses)
                    afternoon += _weight(one.pm, calendar.statuses)
        found[day] = (morning, afternoon)
    return found


Span = tuple[date, date]


def _spans(first: date, last: date) -> dict[int, tuple[str, list[Span]]]:
    """Agents who may open a screen on one of these days: their entity's path, and from when to when."""
    rights = Right.objects.filter(Q(ends_date=None) | Q(ends_date__gte=first), starts_date__lte=last).filter(
        Q(agent__is_active=True) | Q(agent__ends_date__gte=first)
    )
    columns = ("agent_id", "agent__entity__path", "starts_date", "ends_date", "revoked_at", "agent__ends_date")
    found: dict[int, tuple[str, list[Span]]] = {}
    for agent, path, starts, ends, revoked_at, leaves in rights.values_list(*columns).iterator(2000):
        revoked = clock.today(revoked_at) - timedelta(days=1) if revoked_at else None
        ends = min(each for each in (ends, revoked, leaves, last) if each is not None)
        if ends >= max(starts, first):
            found.setdefault(agent, (path, []))[1].append((starts, ends))
    return found


def _weight(half: Resolved, statuses: Mapping[str, Status]) -> float:
    if half.source is Source.UNKNOWN:
        return UNSAID
    status = statuses.get(half.code)
    return 1.0 if status is not None and status.place is Place.REMOTE else 0.0


def _seen(everyone: AtHome, now: datetime) -> list[Seen]:
    """The hours measured since `BEHIND`, all gateways together, with how many were at home."""
    rows = (
        Sample.objects.filter(hour_at__gte=now - BEHIND - timedelta(days=1), beats__gt=0)
        .order_by("hour_at")
        .values_list("hour_at")
        .annotate(most=Sum("sessions_most"))
    )
    most: dict[tuple[date, int], int] = defaultdict(int)
    for at, sessions in rows:
        local = at.astimezone(clock.PARIS)
        # The hour that comes twice on an autumn night: its higher count.
        most[local.date(), local.hour] = max(most[local.date(), local.hour], sessions)
    found = []
    for (day, hour), sessions in most.items():
        if day in everyone and hour in forecast.HOURS:
            home = everyone[day][0 if hour < 13 else 1]
            found.append(Seen(day=day, hour=hour, at_home=home, sessions=sessions))
    return found


def _starts_today(kept: Outlook, now: datetime) -> bool:
    return bool(kept.points) and kept.points[0].day == clock.today(now)
