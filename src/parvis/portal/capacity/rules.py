"""Pure rules: what a gateway carries, how full it is, when one more is needed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

MEASURED_CPU_MS, MEASURED_BASE_MS, MEASURED_KBPS = 31.0, 3000.0, 330.0
"""Of one screen at work, RDP, and of the gateway itself, as our own bench measured them
(`docs/explanation/performance.md`)."""
PROCESSOR_SHARE = 0.7
"""Of one core: above it, the event loop makes people wait. A gateway is one process on one core."""
UNTRIED_SHARE = 0.5
"""The same while nothing was measured on this very installation."""
LINE_SHARE = 0.8
"""Of a line: above it, pictures wait for each other."""
BUSY, FULL = 0.7, 0.9
"""From which share of its capacity a gateway is busy, and full."""
LATE_MS = 100.0
"""An event loop later than this is felt when typing, whatever the counts say."""
MILLISECONDS = 60_000


class Binding(StrEnum):
    """What stops a gateway first."""

    DECIDED = "decided"
    """The number the IT team gave."""
    LINE = "line"
    PROCESSOR = "processor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one screen asks, by minute it is open. Low and high: where the true mean is, 9 times in 10."""

    cpu_ms: float = MEASURED_CPU_MS
    cpu_low: float | None = None
    cpu_high: float | None = None
    base_ms: float = MEASURED_BASE_MS
    """What the gateway itself uses in a minute of work, whoever is on it."""
    kbps: float = MEASURED_KBPS
    kbps_busy: float = MEASURED_KBPS
    """In the busiest tenth of the hours."""
    hours: float = 0
    """Of open screens behind these figures."""
    days: int = 0
    is_measured: bool = False
    """False: the processor's figures are those of our own bench."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Screens at once, and what binds."""

    sessions: int
    binding: Binding


def limit(cost: Cost, *, sessions: int | None = None, kbps: int | None = None) -> Limit:
    """What a gateway carries, given what was decided of it (both may be unsaid)."""
    share = PROCESSOR_SHARE if cost.is_measured else UNTRIED_SHARE
    # The dear end of what was measured: running short costs people, a spare core costs little.
    dear = cost.cpu_high or cost.cpu_ms
    found = [(max(int((share * MILLISECONDS - cost.base_ms) / dear), 1), Binding.PROCESSOR)]
    if kbps is not None:
        found.append((max(int(LINE_SHARE * kbps / cost.kbps_busy), 1), Binding.LINE))
    if sessions is not None:
        found.append((sessions, Binding.DECIDED))
    fewest, binding = min(found, key=lambda pair: pair[0])
    return Limit(sessions=fewest, binding=binding)


class Level(StrEnum):
    """How a gateway feels."""

    EASY = "easy"
    BUSY = "busy"
    FULL = "full"
    SILENT = "silent"


def level(share: float, lag_ms: float = 0.0) -> Level:
    """How full, from the share of its capacity and how late its event loop is."""
    if share >= FULL or lag_ms >= LATE_MS:
        return Level.FULL
    return Level.BUSY if share >= BUSY else Level.EASY


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Screens open at once in one hour, at most: 1 time in 10 below `low`, 1 in 10 above `high`."""

    day: date
    hour: int
    """On the wall clock of Paris."""
    low: int
    likely: int
    high: int
    arrivals: int = 0
    """Of `likely`, those of waves that are still to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """Add so many gateways before that day. `is_likely`: the expected number alone is too much."""

    point: Point
    """The first hour that does not fit."""
    worst: Point
    """The worst hour of the week that follows it: `gateways` are enough for it."""
    carried: int
    gateways: int
    is_likely: bool


def advise(points: Iterable[Point], *, carried: int, each: int) -> Advice | None:
    """When gateways that carry `carried` together stop being enough; one more carries `each`. None: they are enough.

    The high end of the forecast decides: 1 chance in 10 of turning people away is already too much.
    """
    ahead = sorted(points, key=lambda point: (point.day, point.hour))
    first = next((point for point in ahead if point.high > carried), None)
    if first is None:
        return None
    week = [point for point in ahead if 0 <= (point.day - first.day).days < 7]
    worst = max(week, key=lambda point: point.high)
    return Advice(
        point=first,
        worst=worst,
        carried=carried,
        gateways=math.ceil((worst.high - carried) / max(each, 1)),
        is_likely=any(point.likely > carried for point in week),
    )


def without_one(limits: Sequence[int]) -> int:
    """What is carried when the biggest gateway stops."""
    return sum(limits) - max(limits, default=0)


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of them are, between neighbours in a straight line; 0 of none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    at = share * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)
