"""Plans drawn: columns for a desk, bars one under the other for a phone, the numbers written beside them.

Units are those of the view box. What the drawing shows is in its label in words; a table with the same is on the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.formats import number_format

from parvis.portal.equipment.charts import round_up

WIDTH, HEIGHT = 860, 240
PHONE = 330
BAR, NUMBER = 16, 44
"""Of a phone: how high a bar is, the room for the number behind it."""
GAP = 0.3
"""Share of a week's room left empty."""
READABLE = 24
"""A narrower column has no room for its number."""


@dataclass(frozen=True, slots=True)
class Line:
    """One plan, or one priority: its number of people for each week. `colour`: of the theme."""

    label: str
    colour: str
    values: Sequence[int]


@dataclass(frozen=True, slots=True)
class Mark:
    """A rectangle; `title`: what it shows, in words."""

    x: float
    y: float
    width: float
    height: float
    colour: str
    title: str


@dataclass(frozen=True, slots=True)
class Text:
    """Something written; `anchor` as in SVG."""

    x: float
    y: float
    said: str
    anchor: str = "middle"


@dataclass(slots=True)
class Plot:
    """What a template draws."""

    box: str
    said: str
    """For who does not see it: all its numbers."""
    series: Sequence[Line]
    lines: list[tuple[float, float, float, float]] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)


def for_both(weeks: Sequence[str], series: Sequence[Line], title: str, *, stacked: bool = False) -> tuple[Plot, Plot]:
    """The same numbers for a desk and for a phone; `stacked`: the series are parts of one whole."""
    said = in_words(weeks, series, title)
    return _columns(weeks, series, said, stacked=stacked), _bars(weeks, series, said, stacked=stacked)


def in_words(weeks: Sequence[str], series: Sequence[Line], title: str) -> str:
    """`Agents équipés chaque semaine. Plan A : 16/11 61, 23/11 176.`"""
    rows = (
        f"{each.label}\u202f: "
        + ", ".join(f"{week} {_number(value)}" for week, value in zip(weeks, each.values, strict=True))
        for each in series
    )
    return ". ".join([title, *rows]) + "."


def _columns(weeks: Sequence[str], series: Sequence[Line], said: str, *, stacked: bool) -> Plot:
    top = _top(series, len(weeks), stacked=stacked)
    plot = Plot(f"-64 -24 {WIDTH + 80} {HEIGHT + 58}", said, series)
    for level, value in ((0, top), (HEIGHT // 2, top // 2), (HEIGHT, 0)):
        plot.lines.append((0, level, WIDTH, level))
        plot.texts.append(Text(-8, level + 4, _number(value), "end"))
    room = WIDTH / max(len(weeks), 1)
    width = room * (1 - GAP) / (1 if stacked else max(len(series), 1))
    for at, week in enumerate(weeks):
        left, under = at * room + room * GAP / 2, float(HEIGHT)
        plot.texts.append(Text(_round(at * room + room / 2), HEIGHT + 22, week))
        for number, each in enumerate(series):
            height = each.values[at] * HEIGHT / top
            x, y = (left, under - height) if stacked else (left + number * width, HEIGHT - height)
            under -= height
            _mark(plot, (x, y, width * 0.96, height), each, week, each.values[at])
            if not stacked and width >= READABLE:
                plot.texts.append(Text(_round(x + width * 0.48), _round(y - 5), _number(each.values[at])))
        if stacked and width >= READABLE:
            whole = sum(each.values[at] for each in series)
            plot.texts.append(Text(_round(left + width * 0.48), _round(under - 5), _number(whole)))
    return plot


def _bars(weeks: Sequence[str], series: Sequence[Line], said: str, *, stacked: bool) -> Plot:
    top, room = _top(series, len(weeks), stacked=stacked), PHONE - NUMBER
    plot, y = Plot("", said, series), 0.0
    for at, week in enumerate(weeks):
        plot.texts.append(Text(0, y + 12, week, "start"))
        y += 18
        x = 0.0
        for each in series:
            length = each.values[at] * room / top
            _mark(plot, (x, y, length, BAR - 2), each, week, each.values[at])
            if stacked:
                x += length
            else:
                plot.texts.append(Text(_round(length + 6), y + 11, _number(each.values[at]), "start"))
                y += BAR
        if stacked:
            plot.texts.append(Text(_round(x + 6), y + 11, _number(sum(each.values[at] for each in series)), "start"))
            y += BAR
        y += 10
    plot.box = f"0 0 {PHONE} {round(y)}"
    return plot


def _mark(plot: Plot, place: tuple[float, float, float, float], line: Line, week: str, value: int) -> None:
    if value > 0:
        x, y, width, height = (_round(each) for each in place)
        plot.marks.append(Mark(x, y, width, height, line.colour, f"{week} · {line.label}\u202f: {_number(value)}"))


def _top(series: Sequence[Line], weeks: int, *, stacked: bool) -> int:
    values = [[each.values[at] for each in series] for at in range(weeks)]
    return round_up(max((sum(each) if stacked else max(each, default=0) for each in values), default=0))


def _round(value: float) -> float:
    return round(value, 1)


def _number(value: int) -> str:
    return str(number_format(value, use_l10n=True, force_grouping=True))
