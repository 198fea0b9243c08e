"""What a gateway carries, and when one more is needed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.portal.capacity import rules
from parvis.portal.capacity.rules import Binding, Cost, Level, Point

MONDAY = date(2026, 11, 23)
MEASURED = Cost(
    cpu_ms=40, cpu_low=35, cpu_high=50, base_ms=2000, kbps=300, kbps_busy=400, hours=100, days=10, is_measured=True
)


def at(day: int, high: int, *, hour: int = 10, likely: int | None = None) -> Point:
    likely = high - 10 if likely is None else likely
    return Point(day=MONDAY + timedelta(days=day), hour=hour, low=max(likely - 10, 0), likely=likely, high=high)


def test_the_processor_binds_when_nothing_is_said() -> None:
    found = rules.limit(MEASURED)
    assert (found.sessions, found.binding) == ((0.7 * 60_000 - 2000) / 50, Binding.PROCESSOR)


def test_before_anything_is_measured_only_half_a_core_is_counted() -> None:
    assert rules.limit(Cost()).sessions == int((0.5 * 60_000 - 3000) / rules.MEASURED_CPU_MS)


@pytest.mark.parametrize(
    ("sessions", "kbps", "expected"),
    [
        (100, None, (100, Binding.DECIDED)),
        (100_000, None, (800, Binding.PROCESSOR)),
        (None, 100_000, (200, Binding.LINE)),
        (150, 100_000, (150, Binding.DECIDED)),
        (None, 1, (1, Binding.LINE)),
    ],
)
def test_what_binds_first(sessions: int | None, kbps: int | None, expected: tuple[int, Binding]) -> None:
    found = rules.limit(MEASURED, sessions=sessions, kbps=kbps)
    assert (found.sessions, found.binding) == expected


@pytest.mark.parametrize(
    ("share", "lag", "expected"),
    [(0.0, 0, Level.EASY), (0.69, 99, Level.EASY), (0.7, 0, Level.BUSY), (0.9, 0, Level.FULL), (0.1, 100, Level.FULL)],
)
def test_levels(share: float, lag: float, expected: Level) -> None:
    assert rules.level(share, lag) is expected


def test_enough_is_enough() -> None:
    assert rules.advise([at(0, 250), at(3, 249)], carried=250, each=250) is None


def test_the_first_hour_that_does_not_fit_and_the_worst_of_its_week() -> None:
    points = [at(3, 300), at(0, 200), at(5, 640), at(30, 5000), at(3, 260, hour=9, likely=200)]
    found = rules.advise(points, carried=250, each=200)
    assert found is not None
    assert (found.point.day, found.point.hour) == (MONDAY + timedelta(days=3), 9)
    assert found.worst.high == 640
    assert found.gateways == 2  # (640 − 250) / 200, rounded up
    assert found.is_likely


def test_a_precaution_is_told_as_one() -> None:
    found = rules.advise([at(2, 260, likely=180)], carried=250, each=250)
    assert found is not None
    assert not found.is_likely
    assert found.gateways == 1


@given(st.lists(st.integers(0, 3000), max_size=42), st.integers(1, 2000), st.integers(1, 2000))
def test_what_is_advised_is_enough_and_not_too_much(highs: list[int], carried: int, each: int) -> None:
    points = [at(day, high) for day, high in enumerate(highs)]
    found = rules.advise(points, carried=carried, each=each)
    if found is None:
        assert all(high <= carried for high in highs)
        return
    assert all(point.high <= carried for point in points if point.day < found.point.day)
    week = [p.high for p in points if 0 <= (p.day - found.point.day).days < 7]
    assert max(week) <= carried + found.gateways * each
    assert max(week) > carried + (found.gateways - 1) * each


def test_the_biggest_one_stops() -> None:
    assert rules.without_one([100, 300, 200]) == 300
    assert rules.without_one([]) == 0
