"""What one screen costs, from hours of a gateway."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from parvis.portal.capacity import costs, rules
from parvis.portal.capacity.costs import Hour

FIRST = date(2026, 11, 2)


def hour(day: int, minutes: int, cpu: float, *, moved: int | None = None) -> Hour:
    sent = minutes * 60 * 300 * 125 if moved is None else moved
    return Hour(day=FIRST + timedelta(days=day), beats=60, session_minutes=minutes, cpu_seconds=cpu, moved=sent)


def world(chance: random.Random, *, cpu_ms: float = 40.0, own: float = 2.0, days: int = 10) -> list[Hour]:
    """Nights with nobody, days whose cost differs a little. `own`: seconds a minute of a gateway at work."""
    found = []
    for day in range(days):
        dear = cpu_ms * chance.gauss(1, 0.1)
        found += [hour(day, 0, 60 * 0.3) for _ in range(10)]
        found += [hour(day, minutes, 60 * own + minutes * dear / 1000) for minutes in (60, 600, 1200, 300)]
    return found


def test_few_hours_are_not_believed() -> None:
    found = costs.of_hours([hour(0, 599, 100)])
    assert not found.is_measured
    assert found.cpu_ms == rules.MEASURED_CPU_MS
    assert not costs.of_hours([]).is_measured


def test_what_a_gateway_uses_itself_is_not_the_screens() -> None:
    """A mean would say 300 ms a minute of screen here, and ask for eight gateways where one is enough."""
    hours = world(random.Random(1), own=2.0)
    found = costs.of_hours(hours)
    mean = 1000 * sum(h.cpu_seconds for h in hours if h.session_minutes) / sum(h.session_minutes for h in hours)
    assert found.is_measured
    assert found.cpu_ms == pytest.approx(40, rel=0.1)
    assert found.base_ms == pytest.approx(2000, rel=0.1)
    assert mean > 6 * found.cpu_ms


def test_the_true_cost_is_between_low_and_high_9_times_in_10() -> None:
    chance, inside = random.Random(3), 0
    for _ in range(100):
        found = costs.of_hours(world(chance))
        assert found.cpu_low is not None
        assert found.cpu_high is not None
        inside += found.cpu_low <= 40 <= found.cpu_high
    assert inside >= 78


@pytest.mark.parametrize(
    "hours",
    [
        world(random.Random(1), days=2),
        [hour(day, 600, 60 + day % 3) for day in range(9)],
        [hour(day, minutes, 90 - minutes / 60) for day in range(9) for minutes in (60, 600)],
        [hour(day, (60, 600)[day % 2], (20, 90, 10, 30)[day % 4]) for day in range(9)],
    ],
    ids=["two days", "always as many", "cheaper with more", "all over the place"],
)
def test_hours_that_show_no_line_leave_it_to_our_bench(hours: list[Hour]) -> None:
    found = costs.of_hours(hours)
    assert not found.is_measured
    assert found.cpu_ms == rules.MEASURED_CPU_MS
    assert found.kbps == pytest.approx(300)


def test_an_older_gateway_does_not_say_its_processor() -> None:
    """Its bandwidth counts; a processor time of nought does not make screens free."""
    found = costs.of_hours([hour(day, minutes, 0) for day in range(5) for minutes in (300, 900)])
    assert not found.is_measured
    assert found.cpu_ms == rules.MEASURED_CPU_MS
    assert found.kbps == pytest.approx(300)


def test_the_busy_hours_ask_more_bandwidth_than_the_mean() -> None:
    quiet = [hour(day, 600, 20) for day in range(9)]
    busy = [hour(9, 6000, 200, moved=6000 * 60 * 900 * 125)]
    found = costs.of_hours(quiet + busy)
    assert found.kbps_busy == pytest.approx(900)
    assert 300 < found.kbps < 900
