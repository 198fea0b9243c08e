"""The forecast with what the portal knows: rights, usual weeks, hours measured, waves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from parvis.portal.capacity import arrivals, forecast, outlook
from parvis.portal.capacity.forecast import Arrivals
from parvis.portal.capacity.rules import Point
from parvis.portal.directory.models import Agent
from parvis.portal.presence.models import Closure, Day
from parvis.portal.remote_desktop.models import Right
from tests.integration import authority
from tests.integration.capacity.conftest import MONDAY, NOW, hours_of, make_gateway, people

pytestmark = pytest.mark.django_db
TUESDAY = MONDAY + timedelta(days=1)
TWO_DAYS = "telework,telework,telework,on_site" + ",on_site" * 6 + "," * 4


def home(day: date) -> tuple[float, float]:
    return outlook.at_home(day, day)[day]


def at(points: list[Point] | tuple[Point, ...], day: date, hour: int = 10) -> Point:
    return next(each for each in points if (each.day, each.hour) == (day, hour))


def test_who_is_at_home_by_half_day() -> None:
    people(authority.make_entity(), 5, week=TWO_DAYS)
    assert (home(MONDAY), home(TUESDAY), home(MONDAY + timedelta(days=2))) == ((5, 5), (5, 0), (0, 0))
    assert home(MONDAY + timedelta(days=5)) == (0, 0)


def test_a_declared_day_wins_and_a_closed_day_empties() -> None:
    entity = authority.make_entity()
    agents = people(entity, 3)
    Day.objects.create(agent=agents[0], date=MONDAY, am="leave", pm="telework", state="declared")
    assert home(MONDAY) == (2, 3)
    Closure.objects.create(entity=entity, starts_date=TUESDAY, ends_date=TUESDAY, label="Pont")
    assert home(TUESDAY) == (0, 0)


def test_a_week_nobody_said_counts_for_two_days_in_five() -> None:
    people(authority.make_entity(), 10, week="")
    assert home(MONDAY) == pytest.approx((10 * outlook.UNSAID,) * 2)


def test_only_while_the_right_lasts() -> None:
    agents = people(authority.make_entity(), 4)
    rights = {each.agent_id: each for each in Right.objects.all()}
    Right.objects.filter(pk=rights[agents[0].pk].pk).update(ends_date=MONDAY)
    Right.objects.filter(pk=rights[agents[1].pk].pk).update(starts_date=TUESDAY)
    Right.objects.filter(pk=rights[agents[2].pk].pk).update(revoked_at=NOW)
    assert home(MONDAY - timedelta(days=3))[0] == 3
    assert home(MONDAY)[0] == 2
    assert home(TUESDAY)[0] == 2
    Agent.objects.filter(pk=agents[3].pk).update(is_active=False, ends_date=MONDAY)
    assert home(TUESDAY)[0] == 1


def test_two_rights_are_one_person() -> None:
    entity = authority.make_entity()
    (agent,) = people(entity, 1)
    other = authority.make_computer(entity, agent)
    Right.objects.create(agent=agent, computer=other, starts_date=MONDAY, granted_at=NOW)
    assert home(MONDAY) == (1, 1)


def test_what_was_measured_drives_what_is_expected() -> None:
    people(authority.make_entity(), 40)
    before = at(outlook.make(NOW).points, TUESDAY)
    hours_of(make_gateway(), 15, 8)
    after = outlook.make(NOW)
    assert after.days_seen == 14  # fifteen measured, one of them the 11th of November
    assert at(after.points, TUESDAY).likely < before.likely
    assert abs(at(after.points, TUESDAY).likely - 8) <= 4
    assert at(after.points, TUESDAY).high - at(after.points, TUESDAY).low < before.high - before.low


def test_gateways_are_added_together() -> None:
    people(authority.make_entity(), 40)
    for name in ("a", "b"):
        hours_of(make_gateway(name), 15, 5)
    assert {each.sessions for each in outlook.make(NOW).seen} == {10}


def test_waves_are_added_from_their_day_on(monkeypatch: pytest.MonkeyPatch) -> None:
    people(authority.make_entity(), 20)
    wave = Arrivals(starts_date=TUESDAY, people=300, by_weekday=(120,) * 5)
    monkeypatch.setattr(arrivals, "_source", lambda now: [wave])
    found = outlook.make(NOW)
    assert at(found.points, MONDAY).arrivals == 0
    assert at(found.points, TUESDAY).arrivals == round(120 * forecast.USUAL[10])


def test_it_is_kept_a_while_and_made_again_the_next_day() -> None:
    people(authority.make_entity(), 10)
    first = outlook.current(NOW)
    assert outlook.current(NOW + timedelta(hours=1)).made_at == first.made_at
    assert outlook.current(NOW + timedelta(hours=3)).made_at != first.made_at
    late = outlook.current(NOW + timedelta(hours=13))
    assert outlook.current(NOW + timedelta(hours=14)).points[0].day == TUESDAY != late.points[0].day


def test_six_weeks_from_today() -> None:
    points = outlook.make(NOW).points
    assert (points[0].day, points[-1].day) == (MONDAY, MONDAY + timedelta(days=41))
    assert len(points) == 42 * len(forecast.HOURS)


def test_bounded_queries(django_assert_max_num_queries: Callable[[int], object]) -> None:
    entity = authority.make_entity()
    people(entity, 30)
    hours_of(make_gateway(), 10, 5)
    with django_assert_max_num_queries(8):  # type: ignore[attr-defined]
        outlook.make(NOW)
