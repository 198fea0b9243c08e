"""Plots stay in their box, whatever the numbers."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.capacity import plots
from parvis.portal.capacity.forecast import Arrivals, Seen
from parvis.portal.capacity.rules import Point

MONDAY = date(2026, 11, 23)


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(6, 21), st.integers(0, 5000)), max_size=30), st.integers(0, 9999)
)
def test_everything_is_inside(measured: list[tuple[int, int, int]], carried: int) -> None:
    seen = [Seen(day=MONDAY + timedelta(days=d), hour=h, at_home=1, sessions=n) for d, h, n in measured]
    points = [Point(day=MONDAY + timedelta(days=d), hour=h, low=n // 2, likely=n, high=2 * n) for d, h, n in measured]
    plot = plots.draw(first=MONDAY, days=7, points=points, seen=seen, carried=carried)
    places = [(bar.x, bar.y) for bar in plot.bars]
    for band in plot.bands:
        places += [(int(x), int(y)) for x, y in re.findall(r"(-?\d+),(-?\d+)", f"{band.area} {band.line}")]
    assert all(0 <= x <= plot.width and 0 <= y <= plot.height for x, y in places)
    assert plot.carried_y is None or 0 <= plot.carried_y <= plot.height
    assert all(bar.y + bar.height == plot.height for bar in plot.bars)


def test_only_the_days_asked_for() -> None:
    points = [Point(day=MONDAY + timedelta(days=at), hour=9, low=1, likely=2, high=3) for at in range(-3, 14)]
    waves = [Arrivals(starts_date=MONDAY + timedelta(days=at), people=1, by_weekday=(1,) * 5) for at in (-1, 2, 9)]
    plot = plots.draw(first=MONDAY, days=7, points=points, waves=waves)
    assert len(plot.bands) == 7
    assert len(plot.waves) == 1
    assert plots.draw(first=MONDAY + timedelta(weeks=9), days=7, points=points).is_empty


def test_a_far_limit_does_not_flatten_the_plot() -> None:
    points = [Point(day=MONDAY, hour=9, low=1, likely=2, high=10)]
    assert plots.draw(first=MONDAY, days=7, points=points, carried=5000).carried_y is None
    assert plots.draw(first=MONDAY, days=7, points=points, carried=12).carried_y is not None


def test_hours_are_those_of_paris() -> None:
    hours = {datetime(2026, 11, 23, 8, tzinfo=UTC): 5, datetime(2026, 11, 23, 2, tzinfo=UTC): 9}
    plot = plots.past_week(hours, MONDAY, days=2, carried=0)
    assert len(plot.bars) == 1
    assert " 9 h" in plot.bars[0].label


def test_round_numbers() -> None:
    assert [plots.round_up(each) for each in (0, 1, 3, 6, 9, 11, 99, 101, 420, 1084)] == [
        1, 1, 3, 6, 10, 12, 100, 120, 500, 1200,
    ]  # fmt: skip
