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


def world(chance: random.Random, *, cpu_ms: float = 40.0, idle: float = 0.3, days: int = 10) -> list[Hour]:
    """Nights with nobody, days whose cost differs a little."""
    found = []
    for day in range(days):
        dear = cpu_ms * chance.gauss(1, 0.1)
        found += [hour(day, 0, 60 * idle) for _ in range(10)]
        found += [hour(day, minutes, 60 * idle + minutes * dear / 1000) for minutes in (60, 600, 1200, 300)]
    return found


def test_few_hours_are_not_believed() -> None:
    found = costs.of_hours([hour(0, 599, 100)])
    assert not found.is_measured
    assert found.cpu_ms == rules.MEASURED_CPU_MS
    assert not costs.of_hours([]).is_measured


def test_what_an_empty_gateway_uses_is_not_the_screens() -> None:
    found = costs.of_hours(world(random.Random(1), idle=0.3))
    assert found.is_measured
    assert found.cpu_ms == pytest.approx(40, rel=0.1)
    naive = sum(each.cpu_seconds for each in world(random.Random(1)) if each.session_minutes) * 1000
    assert found.cpu_ms < naive / sum(each.session_minutes for each in world(random.Random(1)))


def test_the_true_cost_is_between_low_and_high_9_times_in_10() -> None:
    chance, inside = random.Random(3), 0
    for _ in range(100):
        found = costs.of_hours(world(chance))
        assert found.cpu_low is not None
        assert found.cpu_high is not None
        inside += found.cpu_low <= 40 <= found.cpu_high
    assert inside >= 78


def test_two_days_do_not_say_how_sure() -> None:
    found = costs.of_hours(world(random.Random(1), days=2))
    assert found.is_measured
    assert found.cpu_low is None


def test_an_older_gateway_does_not_say_its_processor() -> None:
    """Its bandwidth counts; a processor time of nought does not make screens free."""
    found = costs.of_hours([hour(day, 600, 0) for day in range(5)])
    assert not found.is_measured
    assert found.cpu_ms == rules.MEASURED_CPU_MS
    assert found.kbps == pytest.approx(300)


def test_the_busy_hours_ask_more_bandwidth_than_the_mean() -> None:
    quiet = [hour(day, 600, 20) for day in range(9)]
    busy = [hour(9, 6000, 200, moved=6000 * 60 * 900 * 125)]
    found = costs.of_hours(quiet + busy)
    assert found.kbps_busy == pytest.approx(900)
    assert 300 < found.kbps < 900
