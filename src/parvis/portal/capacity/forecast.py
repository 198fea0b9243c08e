"""Screens open at once, hour by hour, from numbers alone: who is at home, what was measured, what waves bring.

The model, so that anybody may check it. In an hour of a day with N people at home, a share p of them has a screen open;
p is that hour's own, and changes from day to day. Its mean and spread come from the days measured, mixed with what we
expect of office days (`USUAL`, off by `USUAL_DOUBT`), which fades within days. The number of screens then spreads by
chance among the N, and by the day. People of waves to come are counted with the same share, and with
more doubt: nobody has seen them work yet.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from parvis.portal.capacity.rules import Point

HOURS = range(6, 22)
"""The hours shown; at night almost nobody works."""
USUAL: Mapping[int, float] = {
    6: 0.02, 7: 0.12, 8: 0.42, 9: 0.58, 10: 0.62, 11: 0.60, 12: 0.38, 13: 0.42,
    14: 0.60, 15: 0.60, 16: 0.54, 17: 0.32, 18: 0.14, 19: 0.06, 20: 0.03, 21: 0.02,
}  # fmt: skip
"""Of those at home, who has a screen open: what we expect before anything is measured."""
USUAL_DOUBT, LEAST_DOUBT = 0.35, 0.04
"""How far off this expectation may be for an authority we do not know: the standard deviation of the share, as a part
of it, and at least."""
USUAL_SPREAD = 0.25
"""Standard deviation of the share from day to day, as a part of it, before anything is measured."""
USUAL_DAYS = 4.0
"""Measured days this spread counts as."""
ARRIVALS_SPREAD = 0.25
"""The same doubt about how many of a wave come, and when."""
ONE_IN_TEN = 1.2816
"""Standard deviations from the mean to where 1 value in 10 lies beyond."""
FEWEST_AT_HOME = 5.0
"""A day with fewer teaches nothing about the share."""
WEEKEND = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """People who will have a screen from a day on, and are not counted among those at home yet."""

    starts_date: date
    people: int
    by_weekday: tuple[float, ...]
    """How many of them are at home on Monday, Tuesday, … Friday."""

    def at_home(self, day: date) -> float:
        """How many of them are at home that day."""
        if day < self.starts_date or day.weekday() >= WEEKEND:
            return 0.0
        return self.by_weekday[day.weekday()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One past hour: people at home, screens open at once at most."""

    day: date
    hour: int
    at_home: float
    sessions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Of those at home, who has a screen open in an hour: the mean, its spread from day to day, the days behind it."""

    mean: float
    spread: float
    days: int


def shares(seen: Iterable[Seen]) -> dict[int, Share]:
    """The share of each hour of `HOURS`."""
    by_hour: dict[int, list[float]] = defaultdict(list)
    for each in seen:
        if each.at_home >= FEWEST_AT_HOME:
            by_hour[each.hour].append(each.sessions / each.at_home)
    return {hour: _share(USUAL[hour], by_hour[hour]) for hour in HOURS}


def _share(usual: float, values: Sequence[float]) -> Share:
    count = len(values)
    seen = sum(values) / count if count else usual
    squares = USUAL_DAYS * (USUAL_SPREAD * seen) ** 2 + sum((value - seen) ** 2 for value in values)
    by_day = max(squares / (USUAL_DAYS + count), 1e-6)
    # What we expected counts as the days that would make us as sure of it: less than one. Then it fades.
    weight = by_day / max(USUAL_DOUBT * usual, LEAST_DOUBT) ** 2
    mean = (weight * usual + count * seen) / (weight + count)
    # The mean itself is only known so well: a coming day may be off by both.
    return Share(mean=mean, spread=math.sqrt(by_day + by_day / (weight + count)), days=count)


def others(seen: Iterable[Seen]) -> dict[tuple[bool, int], float]:
    """Screens of days on which nobody is expected at home: the mean of each hour, weekends apart from closures."""
    found: dict[tuple[bool, int], list[int]] = defaultdict(list)
    for each in seen:
        if each.at_home < FEWEST_AT_HOME:
            found[each.day.weekday() >= WEEKEND, each.hour].append(each.sessions)
    return {key: sum(values) / len(values) for key, values in found.items()}


def build(
    *, at_home: Mapping[date, tuple[float, float]], arrivals: Sequence[Arrivals], seen: Sequence[Seen]
) -> list[Point]:
    """The points of each hour of each day of `at_home` (people at home that morning, that afternoon)."""
    known, rest = shares(seen), others(seen)
    points = []
    for day, (morning, afternoon) in sorted(at_home.items()):
        coming = sum(each.at_home(day) for each in arrivals)
        for hour in HOURS:
            here = morning if hour < 13 else afternoon
            alone = rest.get((day.weekday() >= WEEKEND, hour), 0.0) if here + coming < FEWEST_AT_HOME else 0.0
            points.append(_point(day, hour, here, coming, known[hour], alone))
    return points


def _point(day: date, hour: int, here: float, coming: float, share: Share, alone: float) -> Point:
    everybody = here + coming
    mean = everybody * share.mean + alone
    part = min(share.mean, 1.0)
    chance = everybody * part * (1 - part) + alone
    by_day = (everybody * share.spread) ** 2
    unseen = (ARRIVALS_SPREAD * coming * share.mean) ** 2
    far = ONE_IN_TEN * math.sqrt(chance + by_day + unseen)
    # Nobody opens two screens; where more are open than people said to be at home, days are not filled in: no ceiling.
    ceiling = everybody + alone + ONE_IN_TEN * math.sqrt(alone) if share.mean < 1 else math.inf
    return Point(
        day=day,
        hour=hour,
        low=max(math.floor(mean - far), 0),
        likely=round(mean),
        high=math.ceil(max(min(mean + far, ceiling), mean)),
        arrivals=min(round(coming * share.mean), round(mean)),
    )
