"""What pages show of the forecast and the gauges: choices and words, no decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from parvis.portal.capacity import plots, rules, wording
from parvis.portal.capacity.forecast import Arrivals
from parvis.portal.capacity.gauges import Fleet, Gauge
from parvis.portal.capacity.outlook import Outlook
from parvis.portal.capacity.plots import Plot
from parvis.portal.capacity.rules import Cost, Point

WEEK = timedelta(days=7)
PIECES = ((0, 2), (2, 2), (4, 3))
"""How a phone shows a week: from which day, how many days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviceShown:
    """What to do, why, how. `is_enough`: nothing; `is_likely`: a certain need, not a precaution."""

    is_enough: bool
    is_likely: bool = False
    title: str = ""
    why: str = ""
    how: str = ""
    fits_without_one: bool = True
    """Whether the others are enough when the biggest gateway stops."""


def advice(seen: Outlook, fleet: Fleet, today: date) -> AdviceShown | None:
    """The advice at the top; None: no gateway is heard, there is nothing to compare with."""
    if not fleet.limits:
        return None
    found = rules.advise(seen.points, carried=fleet.carried, each=fleet.each(seen.cost))
    most = max((each.high for each in seen.points), default=0)
    fits = fleet.without_one >= most
    if found is None:
        return AdviceShown(is_enough=True, fits_without_one=fits)
    return AdviceShown(
        is_enough=False,
        is_likely=found.is_likely,
        title=wording.advice_title(found, today),
        why=wording.advice_why(found),
        how=wording.advice_how(),
        fits_without_one=fits,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The busiest hour of a day."""

    day: date
    peak: Point | None
    """None: past."""
    measured: int | None
    is_short: bool

    @property
    def span(self) -> str:
        """In words."""
        return wording.span(self.peak)


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """A week of the forecast."""

    monday: date
    before: date | None
    after: date | None
    plot: Plot
    small_plots: Sequence[Plot]
    """Some days each: a phone shows one under the other."""
    days: Sequence[Day]


def chosen_monday(asked: str | None, seen: Outlook, today: date) -> date:
    """The Monday of the week asked for, within the forecast; this week for anything else."""
    first = today - timedelta(days=today.weekday())
    last = seen.points[-1].day if seen.points else today
    try:
        day = date.fromisoformat(asked or "")
    except ValueError:
        return first
    monday = day - timedelta(days=min(day.weekday(), day.toordinal() - 1))
    return monday if first <= monday <= last else first


def week(seen: Outlook, fleet: Fleet, monday: date, today: date) -> Week:
    """The plot and the table of a week."""
    first = today - timedelta(days=today.weekday())
    last = seen.points[-1].day if seen.points else today
    draw = partial(plots.draw, points=seen.points, seen=seen.seen, waves=seen.waves, carried=fleet.carried)
    plot = draw(first=monday, days=plots.DAYS)
    pieces = [draw(first=monday + timedelta(days=at), days=days, most=plot.most) for at, days in PIECES]
    return Week(
        monday=monday,
        before=monday - WEEK if monday - WEEK >= first else None,
        after=monday + WEEK if monday + WEEK <= last else None,
        plot=plot,
        small_plots=[each for each in pieces if not each.is_empty],
        days=[_day(seen, fleet, monday + timedelta(days=at)) for at in range(plots.DAYS)],
    )


def _day(seen: Outlook, fleet: Fleet, day: date) -> Day:
    peak = max((each for each in seen.points if each.day == day), key=lambda each: each.high, default=None)
    measured = max((each.sessions for each in seen.seen if each.day == day), default=None)
    return Day(day=day, peak=peak, measured=measured, is_short=peak is not None and peak.high > fleet.carried)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveShown:
    """What a wave brings, with those before it."""

    wave: Arrivals
    peak: Point | None
    left: int | None
    """Screens still free at the high end; None: beyond the forecast."""

    @property
    def missing(self) -> int:
        """Screens that do not fit at the high end."""
        return max(-(self.left or 0), 0)

    @property
    def title(self) -> str:
        """In words, of who reads."""
        return wording.wave(self.wave.starts_date)

    @property
    def span(self) -> str:
        """In words."""
        return wording.span(self.peak)


def waves(seen: Outlook, fleet: Fleet) -> list[WaveShown]:
    """The busiest hour of each wave's week, or of the days until the next wave."""
    found = []
    for at, each in enumerate(seen.waves):
        later = [other.starts_date for other in seen.waves[at + 1 :] if other.starts_date > each.starts_date]
        ends = min([each.starts_date + WEEK, *later])
        points = [point for point in seen.points if each.starts_date <= point.day < ends]
        peak = max(points, key=lambda point: point.high, default=None)
        found.append(WaveShown(wave=each, peak=peak, left=fleet.carried - peak.high if peak else None))
    return found


def gauge(each: Gauge) -> dict[str, object]:
    """A gateway's gauge, in words."""
    return {
        "it": each,
        "level": wording.level(each.level),
        "binding": wording.binding(each.limit),
        "down": wording.rate(each.kbps_down),
        "up": wording.rate(each.kbps_up),
        "shown_percent": min(each.percent, 100),
    }


def cost(found: Cost) -> dict[str, object]:
    """What one screen costs, in words."""
    return {
        "it": found,
        "cpu": wording.number(found.cpu_ms),
        "base": wording.number(found.base_ms / 1000),
        "cpu_low": None if found.cpu_low is None else wording.number(found.cpu_low),
        "cpu_high": None if found.cpu_high is None else wording.number(found.cpu_high),
        "rate": wording.rate(found.kbps),
        "rate_busy": wording.rate(found.kbps_busy),
        "carried": rules.limit(found).sessions,
        "hours": wording.number(found.hours, 0),
    }
