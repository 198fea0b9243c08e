"""Meetings by week and tool: counted by Paris's weeks, bars that fill their week without a gap."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from parvis.portal.meetings.usage import COLOURS, OTHERS, by_week

MONDAY = date(2026, 11, 16)


def at(day: int, hour: int = 9) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def test_each_week_counts_its_own_and_the_most_used_tool_comes_first() -> None:
    found = by_week([(at(16), "Teams"), (at(24), "Zoom"), (at(25), "Zoom"), (at(25), None)], MONDAY, 2)
    assert [(tool.name, tool.total) for tool in found.tools] == [("Zoom", 2), ("", 1), ("Teams", 1)]
    assert [(week.monday, list(week.counts), week.total) for week in found.weeks] == [
        (MONDAY, [0, 0, 1], 1),
        (MONDAY + timedelta(weeks=1), [2, 1, 0], 3),
    ]


def test_sunday_night_in_greenwich_is_monday_in_paris() -> None:
    found = by_week([(at(22, 23), "Zoom")], MONDAY, 2)
    assert [week.total for week in found.weeks] == [0, 1]


def test_the_fullest_week_fills_its_bar_and_parts_touch() -> None:
    rows = [(at(17), f"Outil {number}") for number in range(7)]
    (week,) = by_week(rows, MONDAY, 1).weeks
    ends = [part.x + part.width for part in week.parts]
    assert [part.x for part in week.parts] == [0, *ends[:-1]]
    assert ends[-1] == 100
    assert [part.tool.colour for part in week.parts] == [*COLOURS, OTHERS]


def test_no_meeting_is_no_tool() -> None:
    found = by_week([], MONDAY, 3)
    assert not found.tools
    assert [week.total for week in found.weeks] == [0, 0, 0]
