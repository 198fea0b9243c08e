"""Plots as plain SVG: where each rectangle is. Templates draw them; a table with the same figures is always beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

WIDTH, HEIGHT = 860, 240
GAP = 0.3
"""Share of a column's room left empty."""

Number = int | float | Decimal


@dataclass(frozen=True, slots=True)
class Series:
    """A part of every column."""

    label: object
    colour: str
    """A colour of the theme: `blue`, `orange`…"""
    values: Sequence[Number]


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle, in the plot's own units; `series` is its number, `title` what it shows in words."""

    x: float
    y: float
    width: float
    height: float
    series: int
    colour: str
    title: str


@dataclass(frozen=True, slots=True)
class Columns:
    """A plot of columns."""

    series: list[Series]
    labels: list[tuple[float, object]]
    rects: list[Rect]
    top: int

    @property
    def middle(self) -> int:
        """The value half-way up."""
        return self.top // 2


def stacked(labels: Sequence[object], series: Sequence[Series]) -> Columns:
    """One column for each label, its series upon each other."""
    room = WIDTH / max(len(labels), 1)
    sums = [sum((float(each.values[at]) for each in series), 0.0) for at in range(len(labels))]
    top = round_up(max(sums, default=0))
    rects = []
    for at, label in enumerate(labels):
        y = float(HEIGHT)
        for number, each in enumerate(series):
            height = float(each.values[at]) * HEIGHT / top
            y -= height
            if height > 0:
                title = f"{label} · {each.label}"
                rects.append(_rect(at * room + room * GAP / 2, y, room * (1 - GAP), height, number, each.colour, title))
    return Columns(list(series), _middles(labels, room), rects, top)


def grouped(labels: Sequence[object], series: Sequence[Series]) -> Columns:
    """For each label, its series beside each other."""
    room = WIDTH / max(len(labels), 1)
    top = round_up(max((float(value) for each in series for value in each.values), default=0))
    width = room * (1 - GAP) / max(len(series), 1)
    rects = []
    for at, label in enumerate(labels):
        for number, each in enumerate(series):
            height = float(each.values[at]) * HEIGHT / top
            x = at * room + room * GAP / 2 + number * width
            if height > 0:
                title = f"{label} · {each.label}"
                rects.append(_rect(x, HEIGHT - height, width * 0.94, height, number, each.colour, title))
    return Columns(list(series), _middles(labels, room), rects, top)


def round_up(most: float) -> int:
    """A round number at or above: what the top of the scale says. At least 2."""
    step = int("1" + "0" * max(len(str(int(most))) - 1, 0))
    half = max(step // 2, 1)
    return max(-(-int(most + 0.999) // half) * half, 2)


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a table's row: the parts of a whole, in percent from the left."""

    parts: list[tuple[str, float, float]]
    """Colour, where it begins, how wide it is."""


def bar(*parts: tuple[str, int], whole: int | None = None) -> Bar:
    """From colours and numbers; `whole`: what the full width stands for (their sum if not given)."""
    full = max(whole if whole is not None else sum(number for _colour, number in parts), 1)
    found, at = [], 0.0
    for colour, number in parts:
        wide = round(100 * number / full, 2)
        if wide:
            found.append((colour, round(at, 2), wide))
        at += wide
    return Bar(found)


def _rect(x: float, y: float, width: float, height: float, series: int, colour: str, title: str) -> Rect:
    return Rect(round(x, 1), round(y, 1), round(width, 1), round(height, 1), series, colour, title)


def _middles(labels: Sequence[object], room: float) -> list[tuple[float, object]]:
    return [(round((at + 0.5) * room, 1), label) for at, label in enumerate(labels)]
