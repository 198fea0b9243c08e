"""The plots of the gauge, in the units of their view box. The numbers are in tables beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from parvis.portal.booking.gauge import Gauge

STEP, WIDTH, HEIGHT = 46, 30, 140
HOURS = range(7, 20)
LEVELS = ((0.02, ""), (0.34, "green"), (0.67, "orange"), (10.0, "red"))
"""Up to which share of the rooms, which colour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A week: the most taken at once; ahead, with its band."""

    monday: date
    x: int
    y: int
    height: int
    value: int
    refused: int = 0
    low_y: int | None = None
    high_y: int | None = None
    low: int = 0
    high: int = 0

    @property
    def middle(self) -> int:
        """x of its middle."""
        return self.x + WIDTH // 2

    @property
    def above(self) -> int:
        """y of its number."""
        return min(self.y, self.high_y if self.high_y is not None else self.y) - 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """The most taken at once week by week, and what there is."""

    past: Sequence[Bar]
    ahead: Sequence[Bar]
    rooms: int
    rooms_y: int
    width: int
    height: int = HEIGHT

    @property
    def view_width(self) -> int:
        """With room for the numbers at the left."""
        return self.width + 50

    @property
    def view_height(self) -> int:
        """With room for days below and numbers above."""
        return self.height + 50

    @property
    def days_y(self) -> int:
        """y of the days."""
        return self.height + 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """An hour of the week: rooms taken on average."""

    hour: int
    value: float
    percent: int
    colour: str


def weeks(gauge: Gauge) -> Plot:
    """The bars of the past and of what is foreseen."""
    top = max([gauge.rooms, 1, *(week.most for week in gauge.weeks), *(_up(each.high) for each in gauge.foreseen)])
    past = [
        Bar(
            monday=week.monday, x=at * STEP, y=_y(week.most, top), height=HEIGHT - _y(week.most, top),
            value=week.most, refused=week.refused,
        )
        for at, week in enumerate(gauge.weeks)
    ]  # fmt: skip
    ahead = [
        Bar(
            monday=each.monday, x=(len(past) + at) * STEP, y=_y(each.likely, top),
            height=HEIGHT - _y(each.likely, top), value=round(each.likely), low_y=_y(each.low, top),
            high_y=_y(each.high, top), low=int(each.low), high=_up(each.high),
        )
        for at, each in enumerate(gauge.foreseen)
    ]  # fmt: skip
    return Plot(
        past=past, ahead=ahead, rooms=gauge.rooms, rooms_y=_y(gauge.rooms, top), width=(len(past) + len(ahead)) * STEP
    )


def grid(gauge: Gauge) -> list[list[Cell]]:
    """Five or seven days of the hours people work."""
    days = 7 if any(value > 0 for day in gauge.hours[5:] for value in day) else 5
    return [[_cell(hour, gauge.hours[day][hour], gauge.rooms) for hour in HOURS] for day in range(days)]


def _cell(hour: int, value: float, rooms: int) -> Cell:
    share = value / rooms if rooms else 0.0
    colour = next(name for limit, name in LEVELS if share < limit) if share < LEVELS[-1][0] else "red"
    return Cell(hour=hour, value=value, percent=round(100 * share), colour=colour)


def _up(value: float) -> int:
    return int(value) + (value > int(value))


def _y(value: float, top: int) -> int:
    return round(HEIGHT - min(value, top) * HEIGHT / top)
