"""At the size of a large authority: 5,000 agents, 100,000 declared days, two years of counts. Time: `make bench`."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Role
from parvis.portal.kernel import clock
from parvis.portal.presence import counts, loading, queries, rules
from parvis.portal.presence.models import Day, DayCount, Pattern
from tests.integration.authority import make_entity, make_member
from tests.integration.presence.conftest import FULL_TIME, MONDAY, NOW
from tests.integration.signing_in import browser_of

AGENTS, DATES = 5000, 20


@pytest.fixture
def crowd(db: None, monkeypatch: pytest.MonkeyPatch) -> User:
    """The head of IT of 5,000 agents, who all have a usual week and 20 declared days."""
    monkeypatch.setattr(clock, "today", lambda _instant=None: MONDAY)
    root = make_entity("Métropole", kind="metropole")
    services = [make_entity(f"Service {n}", root) for n in range(20)]
    agents = Agent.objects.bulk_create(
        [
            Agent(
                first_name="A",
                last_name=f"N{n:05d}",
                email=f"n{n}@rivemarine.example",
                entity=services[n % 20],
                search=f"a n{n:05d}",
            )
            for n in range(AGENTS)
        ],
        batch_size=500,
    )
    Pattern.objects.bulk_create(
        [
            Pattern(agent=each, starts_date=MONDAY, halves=FULL_TIME, state="confirmed", proposed_at=NOW)
            for each in agents
        ],
        batch_size=500,
    )
    with connection.cursor() as cursor:
        for rank in range(DATES):
            cursor.execute(
                f"INSERT INTO {Day._meta.db_table} (agent_id, date, am, pm, state, despite_closure, revision)"  # noqa: S608
                f" SELECT id, %s, 'telework', '', 'declared', %s, 1 FROM {Agent._meta.db_table}",
                [str(MONDAY + timedelta(days=rank)), False],
            )
    DayCount.objects.bulk_create(
        DayCount(entity=root, date=MONDAY - timedelta(days=rank), total={"on_site": [3000, 2900], "telework": [9, 8]})
        for rank in range(730)
    )
    return make_member(root, Role.HEAD_OF_IT)


PAGES = (
    "",
    "?mois=2024-11",
    "qui-est-ou/",
    "qui-est-ou/?q=n00042",
    "qui-est-ou/?status=telework&half=am",
    "qui-est-ou/?page=90",
    "historique/",
)


@pytest.mark.parametrize("page", PAGES)
def test_pages_take_few_queries(crowd: User, page: str) -> None:
    browser = browser_of(crowd)
    browser.get("/presence/")
    with CaptureQueriesContext(connection) as done:
        assert browser.get(f"/presence/{page}").status_code == 200
    assert len(done) <= 34, [each["sql"][:150] for each in done]


def test_everybody_on_a_day_and_two_years_of_counts(crowd: User) -> None:
    root = queries.departments_in_detail(crowd)[0]
    with CaptureQueriesContext(connection) as done:
        persons = loading.people(queries.people_visible_to(crowd).order_by())
    people_queries = len(done)
    with CaptureQueriesContext(connection) as done:
        calendar = loading.load(persons, MONDAY, MONDAY)
        found = [calendar.at(pk, MONDAY) for pk, _path in persons]
    assert (len(found), len(done)) == (AGENTS + 1, 5)
    assert sum(each.am.code == "telework" and each.pm.code == "on_site" for each in found) == AGENTS
    with CaptureQueriesContext(connection) as done:
        assert len(list(queries.counts(root, MONDAY - timedelta(days=729), MONDAY))) == 730
    assert (len(done), people_queries <= 5) == (1, True)


def test_counting_a_department_again_reads_that_department(crowd: User) -> None:
    entity = Agent.objects.get(last_name="N00000").entity
    counts.mark_stale([entity.pk], MONDAY, MONDAY, today=MONDAY)
    with CaptureQueriesContext(connection) as done:
        counts.refresh()
    assert len(done) <= 26, [each["sql"][:150] for each in done]
    assert dict(queries.counts(entity, MONDAY, MONDAY))[MONDAY] == {
        "telework": [AGENTS // 20, 0],
        "on_site": [0, AGENTS // 20],
    }
    assert rules.days_between(MONDAY, MONDAY) == [MONDAY]
