"""What one screen costs, from what gateways did here: processor and bandwidth by minute it is open.

A gateway at work uses some processor whoever is on it: it wakes up for every message, and the first screens pay for
that. So the cost is the slope of a straight line through the hours with open screens, minutes of processor against
screens; what is left at the left end is the gateway's own. A mean would make the screens of a quiet authority five
times dearer than they are, and ask for gateways nobody needs. How sure the slope is comes from leaving out one day at
a time: days differ more than hours of a day do.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from parvis.portal.capacity.models import Sample
from parvis.portal.capacity.rules import Cost
from parvis.portal.kernel import clock

SPAN = timedelta(days=28)
FEWEST_MINUTES = 600.0
"""Ten hours of open screens: with less, our own bench knows better."""
FEWEST_DAYS = 3
"""With less, how sure the figure is cannot be told."""
NINE_IN_TEN = 1.645
"""Standard errors on each side."""
LEAST_SURE = 0.5
"""Of the slope: a wider half-width says nothing, our own bench knows better."""
BUSIEST = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """One gateway, one hour."""

    day: date
    beats: int
    session_minutes: int
    cpu_seconds: float
    moved: int
    """Bytes, both ways."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Milliseconds of processor a minute: the gateway's own, and each screen's."""

    base: float
    slope: float


def measured(now: datetime) -> Cost:
    """From the hours of the last four weeks. One query."""
    return of_hours(hours(now))


def hours(now: datetime) -> list[Hour]:
    """The hours of the last four weeks, of every gateway."""
    rows = Sample.objects.filter(hour_at__gte=now - SPAN, beats__gt=0).order_by("hour_at", "pk")
    columns = ("hour_at", "beats", "sessions_sum", "cpu_seconds", "bytes_up", "bytes_down")
    return [
        Hour(day=clock.today(at), beats=beats, session_minutes=minutes, cpu_seconds=cpu, moved=up + down)
        for at, beats, minutes, cpu, up, down in rows.values_list(*columns)
    ]


def of_hours(every: Iterable[Hour]) -> Cost:
    """The cost these hours show; what they are too few to show, from our own bench."""
    at_work = [each for each in every if each.session_minutes]
    minutes = sum(each.session_minutes for each in at_work)
    days = len({each.day for each in at_work})
    if minutes < FEWEST_MINUTES:
        return Cost(hours=minutes / 60, days=days)
    kbps = [each.moved * 8 / 1000 / (each.session_minutes * 60) for each in at_work]
    mean = sum(each.moved for each in at_work) * 8 / 1000 / (minutes * 60)
    busy = max(_weighted_quantile(kbps, [each.session_minutes for each in at_work], BUSIEST), mean, 1.0)
    known = Cost(kbps=mean, kbps_busy=busy, hours=minutes / 60, days=days)
    # An older gateway does not say its processor time.
    return _with_processor(known, [each for each in at_work if each.cpu_seconds > 0])


def _with_processor(known: Cost, at_work: Sequence[Hour]) -> Cost:
    found = line(at_work)
    error = _error(at_work) if found else None
    if found is None or error is None or not 0 < NINE_IN_TEN * error <= LEAST_SURE * found.slope:
        return known
    return Cost(
        cpu_ms=found.slope,
        cpu_low=found.slope - NINE_IN_TEN * error,
        cpu_high=found.slope + NINE_IN_TEN * error,
        base_ms=found.base,
        kbps=known.kbps,
        kbps_busy=known.kbps_busy,
        hours=known.hours,
        days=known.days,
        is_measured=True,
    )


def line(at_work: Iterable[Hour]) -> Line | None:
    """The straight line through these hours, each as heavy as its minutes; None: they do not show one."""
    weight = sum_x = sum_y = sum_xx = sum_xy = 0.0
    for each in at_work:
        x = each.session_minutes / each.beats
        y = 1000 * each.cpu_seconds / each.beats
        weight += each.beats
        sum_x += each.beats * x
        sum_y += each.beats * y
        sum_xx += each.beats * x * x
        sum_xy += each.beats * x * y
    spread = weight * sum_xx - sum_x * sum_x
    if weight == 0 or spread <= 1e-9 * weight * sum_xx:
        return None
    slope = (weight * sum_xy - sum_x * sum_y) / spread
    return Line(base=max((sum_y - slope * sum_x) / weight, 0.0), slope=slope) if slope > 0 else None


def _error(at_work: Iterable[Hour]) -> float | None:
    """The standard error of the slope: the jackknife over days."""
    days: dict[date, list[Hour]] = defaultdict(list)
    for each in at_work:
        days[each.day].append(each)
    left = [line(each for day, some in days.items() if day != out for each in some) for out in days]
    slopes = [each.slope for each in left if each is not None]
    count = len(slopes)
    if count < FEWEST_DAYS or count < len(days):
        return None
    middle = sum(slopes) / count
    return math.sqrt((count - 1) / count * sum((each - middle) ** 2 for each in slopes))


def _weighted_quantile(values: Sequence[float], weights: Sequence[int], share: float) -> float:
    reached, wanted = 0, share * sum(weights)
    for value, weight in sorted(zip(values, weights, strict=True)):
        reached += weight
        if reached >= wanted:
            return value
    return 0.0
