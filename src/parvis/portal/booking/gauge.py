"""The gauge of a pool: how full it was, what it refused, how many rooms it takes. Pure arithmetic on spans of time.

Two rules say how many rooms are needed, and the larger one counts:

* what was wanted is played again with fewer or more rooms (booked ahead and interchangeable, as many rooms are needed
  as are wanted at once: nothing is lost between two bookings);
* Erlang's formula at the busiest hours of the week, for wishes that come by chance.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from parvis.portal.booking import erlang
from parvis.portal.kernel.clock import PARIS

LOSS = 0.01
"""Refused at most, of all that is wanted."""
FEWEST_WISHES, FEWEST_WEEKS = 30, 4
"""Below, nothing is advised: chance alone would speak."""
BUSIEST = 3
"""Hours of the week whose mean is « the busiest hours »."""
MARGIN = 0.2
"""Kept above the most ever taken before rooms are given back."""
AHEAD = 4
"""Weeks foreseen."""
LIKELY = 1.2816
"""Standard deviations: 8 times of 10 in between."""
AGAIN = timedelta(minutes=15)
"""The same wish, tried again so soon, is one person who insists."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A room kept, or wanted in vain, from one instant to another."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """A week of the past."""

    monday: date
    booked: int
    refused: int
    hours: float
    most: int
    """Taken at once."""

    @property
    def loss(self) -> float:
        """The share refused."""
        return self.refused / (self.booked + self.refused) if self.refused else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """The most taken at once in a coming week: likely, and 8 times of 10 from low to high."""

    monday: date
    likely: float
    low: float
    high: float
    kept: int
    """Taken at once by what is booked already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """All of it, for one pool over some weeks."""

    rooms: int
    weeks: Sequence[Week]
    hours: Sequence[Sequence[float]]
    """Seven days of 24 hours: rooms taken, on average."""
    most: int
    """Taken at once, ever."""
    wanted_most: int
    """Wanted at once, ever: with what was refused."""
    offered: float
    """Erlangs wanted at the busiest hours."""
    by_erlang: int
    """Rooms for less than `LOSS` refused, by Erlang's formula."""
    by_replay: int
    """The same, by playing what was wanted again."""
    absent: int
    """Bookings released because nobody came."""
    foreseen: Sequence[Foreseen]
    wanted: Sequence[Span] = ()
    """All that was booked or refused, in order of start."""

    @property
    def booked(self) -> int:
        """Bookings in all weeks."""
        return sum(week.booked for week in self.weeks)

    @property
    def refused(self) -> int:
        """Wishes refused in all weeks."""
        return sum(week.refused for week in self.weeks)

    @property
    def loss(self) -> float:
        """The share refused."""
        wanted = self.booked + self.refused
        return self.refused / wanted if wanted else 0.0

    @property
    def is_enough(self) -> bool:
        """Whether there is enough to say something sound."""
        lived = sum(1 for week in self.weeks if week.booked or week.refused)
        return lived >= FEWEST_WEEKS and self.booked + self.refused >= FEWEST_WISHES

    @property
    def needed(self) -> int:
        """Rooms for less than `LOSS` refused."""
        return max(self.by_erlang, self.by_replay)

    @property
    def missing(self) -> int:
        """Rooms to add; 0: none, or not known."""
        return max(self.needed - self.rooms, 0) if self.is_enough and self.loss > LOSS else 0

    @property
    def spare(self) -> int:
        """Rooms that may be given back, with a margin over the most ever wanted; 0: none, or not known."""
        kept = max(self.wanted_most + max(1, math.ceil(MARGIN * self.wanted_most)), self.by_erlang)
        return max(self.rooms - kept, 0) if self.is_enough and not self.refused else 0


def measure(
    *,
    rooms: int,
    spans: Sequence[Span],
    refusals: Iterable[tuple[datetime, Span]],
    coming: Sequence[Span],
    absent: int,
    first: date,
    today: date,
) -> Gauge:
    """The gauge from `first` (a Monday) to the last whole week before `today`.

    `spans`: rooms kept, buffers included. `refusals`: when asked, and what. `coming`: what is booked from today on.
    """
    count = max((today - timedelta(days=today.weekday()) - first).days // 7, 0)
    wished = once_each(refusals)
    by_week: dict[date, list[Span]] = {first + timedelta(weeks=at): [] for at in range(count)}
    for span in spans:
        by_week.setdefault(monday_of(span.starts_at), []).append(span)
    lost = Counter(monday_of(span.starts_at) for span in wished)
    weeks = [
        Week(
            monday=monday,
            booked=len(by_week[monday]),
            refused=lost[monday],
            hours=sum(_hours(span) for span in by_week[monday]),
            most=at_once(by_week[monday]),
        )
        for monday in (first + timedelta(weeks=at) for at in range(count))
    ]
    inside = [span for week in weeks for span in by_week[week.monday]]
    mondays = {week.monday for week in weeks}
    wanted = sorted([*inside, *(span for span in wished if monday_of(span.starts_at) in mondays)])
    hours = by_hour(inside, count)
    offered = busiest(by_hour(wanted, count))
    return Gauge(
        rooms=rooms,
        weeks=weeks,
        hours=hours,
        most=at_once(inside),
        wanted_most=at_once(wanted),
        offered=offered,
        by_erlang=erlang.rooms_needed(offered, LOSS),
        by_replay=rooms_by_replay(wanted, LOSS),
        absent=absent,
        foreseen=foresee([week.most for week in weeks], coming, today),
        wanted=wanted,
    )


def refused_if_merged(gauges: Sequence[Gauge]) -> int:
    """How many wishes these pools would have refused as one pool of interchangeable rooms."""
    return refused_with(sum(each.rooms for each in gauges), sorted(span for each in gauges for span in each.wanted))


def monday_of(at: datetime) -> date:
    """The Monday of an instant's week, by Paris's wall clock."""
    day = at.astimezone(PARIS).date()
    return day - timedelta(days=day.weekday())


def once_each(refusals: Iterable[tuple[datetime, Span]]) -> list[Span]:
    """The wishes behind refusals: the same one tried again within `AGAIN` counts once."""
    seen: dict[Span, datetime] = {}
    wishes = []
    for at, span in sorted(refusals):
        if span not in seen or at - seen[span] > AGAIN:
            wishes.append(span)
        seen[span] = at
    return wishes


def at_once(spans: Iterable[Span]) -> int:
    """The most of them that share an instant; one may begin when another ends."""
    edges = sorted([(span.starts_at, 1) for span in spans] + [(span.ends_at, -1) for span in spans])
    most = now = 0
    for _at, step in edges:
        now += step
        most = max(most, now)
    return most


def refused_with(rooms: int, wanted: Sequence[Span]) -> int:
    """How many of `wanted` (in order of start) find no room, if there are so many."""
    until: list[datetime] = []
    refused = 0
    for span in wanted:
        while until and until[0] <= span.starts_at:
            heapq.heappop(until)
        if len(until) < rooms:
            heapq.heappush(until, span.ends_at)
        else:
            refused += 1
    return refused


def rooms_by_replay(wanted: Sequence[Span], loss: float) -> int:
    """The fewest rooms that would have refused at most `loss` of `wanted` (in order of start)."""
    low, high = 0, at_once(wanted)
    while low < high:
        middle = (low + high) // 2
        if refused_with(middle, wanted) <= loss * len(wanted):
            high = middle
        else:
            low = middle + 1
    return low


def by_hour(spans: Iterable[Span], weeks: int) -> list[list[float]]:
    """Rooms taken on average, hour by hour of the week, by Paris's wall clock."""
    grid = [[0.0] * 24 for _day in range(7)]
    for span in spans:
        at = span.starts_at
        while at < span.ends_at:
            local = at.astimezone(PARIS)
            after = min(at + timedelta(hours=1) - timedelta(minutes=at.minute, seconds=at.second), span.ends_at)
            grid[local.weekday()][local.hour] += (after - at).total_seconds() / 3600
            at = after
    return [[value / weeks if weeks else 0.0 for value in day] for day in grid]


def busiest(hours: Sequence[Sequence[float]]) -> float:
    """The mean of the `BUSIEST` hours of the week."""
    top = sorted((value for day in hours for value in day), reverse=True)[:BUSIEST]
    return sum(top) / len(top) if top else 0.0


def foresee(past: Sequence[int], coming: Sequence[Span], today: date) -> list[Foreseen]:
    """The most taken at once in each of the coming weeks: a line through the past ones, and what it missed by.

    What is booked already is a floor. Nothing without `FEWEST_WEEKS` weeks.
    """
    count = len(past)
    if count < FEWEST_WEEKS:
        return []
    mean, middle = sum(past) / count, (count - 1) / 2
    spread = sum((at - middle) ** 2 for at in range(count))
    slope = sum((at - middle) * (value - mean) for at, value in enumerate(past)) / spread
    missed = sum((value - mean - slope * (at - middle)) ** 2 for at, value in enumerate(past))
    deviation = max(math.sqrt(missed / max(count - 2, 1)), 0.5)
    this_monday = today - timedelta(days=today.weekday())
    foreseen = []
    for step in range(AHEAD):
        monday = this_monday + timedelta(weeks=step)
        kept = at_once([span for span in coming if monday_of(span.starts_at) == monday])
        at = count + step - middle
        likely = max(mean + slope * at, kept, 0.0)
        # Of the line itself and of the week around it (the usual interval of a prediction).
        error = LIKELY * deviation * math.sqrt(1 + 1 / count + at * at / spread)
        foreseen.append(
            Foreseen(
                monday=monday, likely=likely, low=max(likely - error, kept, 0.0), high=likely + error, kept=kept
            )
        )  # fmt: skip
    return foreseen


def _hours(span: Span) -> float:
    return (span.ends_at - span.starts_at).total_seconds() / 3600
