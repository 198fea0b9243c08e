"""How many meetings each week, and with which tools: the bars of a plot and the rows of its table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from parvis.portal.meetings.rules import PARIS

COLOURS = ("blue", "orange", "green", "purple", "red", "teal")
"""Of the tools most used, in this order; all others are grey together."""
OTHERS = "secondary"


@dataclass(frozen=True, slots=True)
class Tool:
    """A line of the legend, a column of the table; `name` is empty for meetings in a room only."""

    name: str
    total: int
    colour: str


@dataclass(frozen=True, slots=True)
class Part:
    """What a tool has of a week's bar, in percent of the fullest week."""

    tool: Tool
    count: int
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Week:
    """A week by its Monday; `counts` in the order of the tools."""

    monday: date
    counts: Sequence[int]
    total: int
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Usage:
    """All weeks, and the tools used, the most used first."""

    weeks: Sequence[Week]
    tools: Sequence[Tool]


def by_week(meetings: Iterable[tuple[datetime, str | None]], first: date, weeks: int) -> Usage:
    """From starts and names of tools; `first` is the Monday of the first of the weeks."""
    mondays = [first + timedelta(weeks=week) for week in range(weeks)]
    found: Counter[tuple[date, str]] = Counter()
    totals: Counter[str] = Counter()
    for at, name in meetings:
        day = at.astimezone(PARIS).date()
        found[day - timedelta(days=day.weekday()), name or ""] += 1
        totals[name or ""] += 1
    ranked = sorted(totals.items(), key=lambda each: (-each[1], each[0]))
    tools = [Tool(name, total, COLOURS[at] if at < len(COLOURS) else OTHERS) for at, (name, total) in enumerate(ranked)]
    most = max((sum(found[monday, tool.name] for tool in tools) for monday in mondays), default=0) or 1
    return Usage(
        [_week(monday, [found[monday, tool.name] for tool in tools], tools, most) for monday in mondays], tools
    )


def _week(monday: date, counts: Sequence[int], tools: Sequence[Tool], most: int) -> Week:
    parts, before = [], 0
    for tool, count in zip(tools, counts, strict=True):
        x, end = round(100 * before / most), round(100 * (before + count) / most)
        if count:
            parts.append(Part(tool, count, x, end - x))
        before += count
    return Week(monday, counts, before, parts)
