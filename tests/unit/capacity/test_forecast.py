"""The forecast from numbers alone: it learns, it says how sure it is, and it is as sure as it says."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from parvis.portal.capacity import forecast
from parvis.portal.capacity.forecast import Arrivals, Seen
from parvis.portal.capacity.rules import Point

MONDAY = date(2026, 11, 23)


def days_before(count: int) -> list[date]:
    found = [MONDAY - timedelta(days=back) for back in range(1, 2 * count + 10)]
    return [day for day in found if day.weekday() < 5][:count]


def seen(count: int, share: float, *, home: float = 100.0, hour: int = 10) -> list[Seen]:
    return [Seen(day=day, hour=hour, at_home=home, sessions=round(share * home)) for day in days_before(count)]


def point(points: list[Point], hour: int = 10, day: date = MONDAY) -> Point:
    return next(each for each in points if each.day == day and each.hour == hour)


def test_nothing_measured_an_ordinary_office_day() -> None:
    found = point(forecast.build(at_home={MONDAY: (100, 100)}, arrivals=[], seen=[]))
    assert found.likely == round(100 * forecast.USUAL[10])
    assert found.low < found.likely < found.high


def test_what_is_measured_takes_over_and_narrows_the_band() -> None:
    few = point(forecast.build(at_home={MONDAY: (100, 100)}, arrivals=[], seen=seen(1, 0.3)))
    many = point(forecast.build(at_home={MONDAY: (100, 100)}, arrivals=[], seen=seen(20, 0.3)))
    assert 30 <= many.likely < few.likely < 62
    assert many.high - many.low < few.high - few.low


def test_twice_the_people_twice_the_screens() -> None:
    both = {MONDAY: (100.0, 200.0)}
    points = forecast.build(at_home=both, arrivals=[], seen=seen(20, 0.5) + seen(20, 0.5, hour=15))
    assert point(points, 15).likely == pytest.approx(2 * point(points, 10).likely, abs=2)


def test_a_wave_counts_from_its_first_day_on_the_days_it_is_at_home() -> None:
    wave = Arrivals(starts_date=MONDAY + timedelta(days=1), people=200, by_weekday=(200, 100, 0, 200, 200))
    week = {MONDAY + timedelta(days=at): (50.0, 50.0) for at in range(7)}
    points = forecast.build(at_home=week, arrivals=[wave], seen=[])
    likely = [point(points, 10, day).likely for day in week]
    share = forecast.USUAL[10]
    assert likely[:4] == [round(50 * share), round(150 * share), round(50 * share), round(250 * share)]
    assert point(points).arrivals == 0
    assert point(points, 10, MONDAY + timedelta(days=1)).arrivals == round(100 * share)


def test_people_nobody_has_seen_work_make_it_less_sure() -> None:
    wave = Arrivals(starts_date=MONDAY, people=100, by_weekday=(100,) * 5)
    known = point(forecast.build(at_home={MONDAY: (200, 200)}, arrivals=[], seen=seen(20, 0.5)))
    unknown = point(forecast.build(at_home={MONDAY: (100, 100)}, arrivals=[wave], seen=seen(20, 0.5)))
    assert unknown.likely == known.likely
    assert unknown.high > known.high


def test_nobody_at_home_nothing_expected_but_what_weekends_showed() -> None:
    saturday = MONDAY + timedelta(days=5)
    quiet = forecast.build(at_home={saturday: (0, 0)}, arrivals=[], seen=[])
    assert {each.high for each in quiet} == {0}
    weekends = [Seen(day=saturday - timedelta(weeks=at), hour=10, at_home=0, sessions=4) for at in (1, 2)]
    found = point(forecast.build(at_home={saturday: (0, 0)}, arrivals=[], seen=weekends), 10, saturday)
    assert found.likely == 4
    assert found.high > 4


def test_nobody_opens_two_screens() -> None:
    found = point(forecast.build(at_home={MONDAY: (10, 10)}, arrivals=[], seen=seen(20, 0.95, home=10)))
    assert found.high <= 10


def test_more_screens_than_people_said_at_home_are_believed() -> None:
    """Days are not filled in: what is measured wins over the ceiling."""
    found = point(forecast.build(at_home={MONDAY: (10, 10)}, arrivals=[], seen=seen(20, 3.0, home=10)))
    assert found.likely > 20
    assert found.high >= found.likely


def test_it_is_as_sure_as_it_says() -> None:
    """Days drawn from a world the model does not know: 8 in 10 fall in the band, and it is not made wide for that."""
    chance = random.Random(7)
    inside = total = 0
    widths = []
    for _world in range(60):
        share, spread = chance.uniform(0.2, 0.8), chance.uniform(0.02, 0.1)
        home = chance.randint(60, 600)

        def a_day(share: float = share, spread: float = spread, home: int = home) -> int:
            drawn = min(max(chance.gauss(share, spread), 0.02), 0.98)
            return sum(chance.random() < drawn for _ in range(home))

        past = [Seen(day=day, hour=10, at_home=home, sessions=a_day()) for day in days_before(20)]
        found = point(forecast.build(at_home={MONDAY: (home, home)}, arrivals=[], seen=past))
        widths.append((found.high - found.low) / home)
        for _ in range(10):
            inside += found.low <= a_day() <= found.high
            total += 1
    assert 0.74 <= inside / total <= 0.97
    assert sum(widths) / len(widths) < 0.35
