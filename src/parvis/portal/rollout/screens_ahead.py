"""How many will open a screen because of the waves: numbers for the capacity room, by `config.wiring`.

A member who may already open a screen is counted there among those at home; here are the others only, each once: in
the wave that was announced, else in the week of the plan the campaign follows. The days asked for are counted; of who
did not say, two days in five.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from parvis.portal.capacity.forecast import Arrivals
from parvis.portal.kernel import clock
from parvis.portal.remote_desktop.models import Right
from parvis.portal.rollout.models import Campaign, Place, Planned, Wave
from parvis.portal.telework.models import Level

UNSAID = 0.4
"""Two days in five."""
WEEKDAYS = 5


def arrivals(now: datetime) -> list[Arrivals]:
    """The waves to come and those under way, whose people have no right yet. Two queries."""
    today = clock.today(now)
    days: dict[date, list[int | None]] = defaultdict(list)
    for starts_at, mask in _announced(today):
        days[clock.today(starts_at)].append(mask)
    for monday, week, mask in _planned(today):
        days[monday + timedelta(weeks=week)].append(mask)
    return [_arrivals(day, masks) for day, masks in sorted(days.items())]


def _announced(today: date) -> Iterable[tuple[datetime, int | None]]:
    places = Place.objects.filter(
        left_at=None,
        wave__state__in=(Wave.State.PUBLISHED, Wave.State.RUNNING),
        wave__campaign__state=Campaign.State.RUNNING,
        wave__campaign__level=Level.SCREEN,
    )
    rows = places.filter(~_may_open("member__agent_id", today))
    return rows.values_list("wave__starts_at", "member__request__days")


def _planned(today: date) -> Iterable[tuple[date, int, int | None]]:
    rows: QuerySet[Planned] = Planned.objects.filter(
        ~_may_open("member__agent_id", today),
        ~Exists(Place.objects.filter(member=OuterRef("member_id"), left_at=None)),
        Q(scenario__campaign__state__in=(Campaign.State.DRAFT, Campaign.State.RUNNING)),
        scenario__is_chosen=True,
        scenario__campaign__level=Level.SCREEN,
        member__left_out="",
        member__campaign=F("scenario__campaign"),
    )
    return rows.values_list("scenario__campaign__starts_date", "week", "member__request__days")


def _may_open(agent: str, today: date) -> Exists:
    standing = Right.objects.filter(Q(ends_date=None) | Q(ends_date__gte=today), revoked_at=None, agent=OuterRef(agent))
    return Exists(standing)


def _arrivals(day: date, masks: list[int | None]) -> Arrivals:
    # No campaign's name: whoever watches the gateways of everybody may not see that campaign.
    return Arrivals(
        starts_date=day,
        people=len(masks),
        by_weekday=tuple(sum(_at_home(mask, at) for mask in masks) for at in range(WEEKDAYS)),
    )


def _at_home(mask: int | None, weekday: int) -> float:
    return UNSAID if mask is None else float(bool(mask >> weekday & 1))
