"""Who is absent a whole week: every half-day they work, as declared, and never why."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel import clock
from parvis.portal.presence.absences import whole_weeks
from parvis.portal.presence.models import Closure, Day, Pattern
from tests.integration.authority import make_agent, make_entity

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 11, 30)
NEXT = MONDAY + timedelta(weeks=1)


@pytest.fixture
def department() -> Entity:
    return make_entity("Finances")


@pytest.fixture
def agent(department: Entity) -> Agent:
    return make_agent(department)


def declare(agent: Agent, days: int, code: str = "leave", *, monday: date = MONDAY, **fields: object) -> None:
    said = {"am": code, "pm": code, "state": "declared", **fields}
    Day.objects.bulk_create(Day(agent=agent, date=monday + timedelta(days=n), **said) for n in range(days))


def found(*agents: Agent) -> dict[int, list[date]]:
    return whole_weeks(list(agents), [MONDAY, NEXT])


@pytest.mark.parametrize("state", ["declared", "to_confirm", "confirmed"])
def test_five_days_of_any_absence(agent: Agent, department: Entity, state: str) -> None:
    declare(agent, 3, "leave", state=state)
    Day.objects.bulk_create(
        Day(agent=agent, date=MONDAY + timedelta(days=n), am="asa", pm="absent", state=state) for n in (3, 4)
    )
    assert found(agent, make_agent(department)) == {agent.pk: [MONDAY]}


@pytest.mark.parametrize(
    ("days", "fields"),
    [(4, {}), (5, {"pm": ""}), (5, {"pm": "telework"}), (5, {"state": "refused"}), (5, {"am": "field", "pm": "field"})],
)
def test_a_day_or_a_half_there_and_the_week_is_possible(agent: Agent, days: int, fields: dict[str, object]) -> None:
    declare(agent, days, **fields)
    assert found(agent) == {}


def test_days_not_worked_need_not_be_declared(agent: Agent, department: Entity) -> None:
    halves = ",".join(["on_site"] * 6 + [""] * 8)  # Monday to Wednesday
    Pattern.objects.create(
        agent=agent, starts_date=date(2026, 1, 1), halves=halves, state="confirmed", proposed_at=clock.now()
    )
    declare(agent, 3)
    closed = make_agent(department)
    Closure.objects.create(entity=department, starts_date=NEXT, ends_date=NEXT + timedelta(days=2), label="Travaux")
    Day.objects.bulk_create(
        Day(agent=closed, date=NEXT + timedelta(days=n), am="leave", pm="leave", state="declared") for n in (3, 4)
    )
    assert found(agent, closed) == {agent.pk: [MONDAY], closed.pk: [NEXT]}


def test_a_week_nobody_works_is_nobodys_absence(agent: Agent, department: Entity) -> None:
    Closure.objects.create(entity=department, starts_date=MONDAY, ends_date=MONDAY + timedelta(days=6), label="Noël")
    declare(agent, 5)
    assert found(agent) == {}


def test_only_the_weeks_asked_for(agent: Agent) -> None:
    declare(agent, 5)
    declare(agent, 5, monday=NEXT)
    assert whole_weeks([agent], [NEXT]) == {agent.pk: [NEXT]}
    assert whole_weeks([agent], []) == {}
    assert whole_weeks([], [NEXT]) == {}


def test_the_queries_do_not_grow_with_the_people(department: Entity) -> None:
    agents = [make_agent(department) for _each in range(12)]
    for each in agents:
        declare(each, 5)
    counts = []
    for some in (agents[:1], agents):
        with CaptureQueriesContext(connection) as asked:
            assert len(whole_weeks(some, [MONDAY, NEXT])) == len(some)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 7
