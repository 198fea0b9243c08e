"""What one screen costs, from what gateways did here: processor and bandwidth by minute it is open.

A gateway uses some processor with nobody on it. That is measured in the hours without a screen and taken off first, or
a quiet authority would believe its screens ten times dearer than they are. How sure the figure is comes from leaving
out one day at a time: days differ more than hours of a day do.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from parvis.portal.capacity import rules
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
    """The cost these hours show, or that of our own bench when they are too few."""
    every = list(every)
    at_work = [each for each in every if each.session_minutes]
    minutes = sum(each.session_minutes for each in at_work)
    if minutes < FEWEST_MINUTES:
        return Cost(hours=minutes / 60, days=len({each.day for each in at_work}))
    told = [each for each in at_work if each.cpu_seconds > 0]  # an older gateway does not say its processor time
    idle = _idle(every)
    cpu_ms = _cpu_ms(told, idle)
    low, high = _band(told, idle, cpu_ms)
    kbps = [each.moved * 8 / 1000 / (each.session_minutes * 60) for each in at_work]
    mean = sum(each.moved for each in at_work) * 8 / 1000 / (minutes * 60)
    return Cost(
        cpu_ms=cpu_ms or rules.MEASURED_CPU_MS,
        cpu_low=low,
        cpu_high=high,
        kbps=mean,
        kbps_busy=max(_weighted_quantile(kbps, [each.session_minutes for each in at_work], BUSIEST), mean, 1.0),
        hours=minutes / 60,
        days=len({each.day for each in at_work}),
        is_measured=cpu_ms > 0,
    )


def _idle(every: Iterable[Hour]) -> float:
    """Seconds of processor a minute with nobody on the gateway."""
    empty = [each for each in every if not each.session_minutes and each.cpu_seconds > 0]
    beats = sum(each.beats for each in empty)
    return sum(each.cpu_seconds for each in empty) / beats if beats else 0.0


def _cpu_ms(at_work: Iterable[Hour], idle: float) -> float:
    spent = minutes = 0.0
    for each in at_work:
        spent += each.cpu_seconds - idle * each.beats
        minutes += each.session_minutes
    return max(spent, 0.0) * 1000 / minutes if minutes else 0.0


def _band(at_work: list[Hour], idle: float, mean: float) -> tuple[float | None, float | None]:
    """Where the true mean is, 9 times in 10: the jackknife over days."""
    days: dict[date, list[Hour]] = defaultdict(list)
    for each in at_work:
        days[each.day].append(each)
    count = len(days)
    if count < FEWEST_DAYS or not mean:
        return None, None
    left = [_cpu_ms((each for day, some in days.items() if day != out for each in some), idle) for out in days]
    middle = sum(left) / count
    error = math.sqrt((count - 1) / count * sum((each - middle) ** 2 for each in left))
    return max(mean - NINE_IN_TEN * error, 0.0), mean + NINE_IN_TEN * error


def _weighted_quantile(values: list[float], weights: list[int], share: float) -> float:
    reached, wanted = 0, share * sum(weights)
    for value, weight in sorted(zip(values, weights, strict=True)):
        reached += weight
        if reached >= wanted:
            return value
    return 0.0
