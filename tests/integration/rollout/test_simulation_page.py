"""The page that plays the same rollout by hand and with Parvis."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from django.test import Client

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity, Role
from parvis.portal.rollout.simulation import measured
from parvis.portal.rollout.views import simulation
from parvis.portal.telework.models import Enrolment, Level, Request, Try
from tests.integration.authority import make_agent, make_entity, make_member
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db
PAGE = "/deploiement/simulation/"
SMALL = {"people": "40", "before": "10", "per_week": "20", "loans": "2", "technicians": ""}
NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    cache.clear()


@pytest.fixture
def entity() -> Entity:
    return make_entity()


@pytest.fixture
def technician(entity: Entity) -> User:
    return make_member(entity, Role.TECHNICIAN)


@pytest.fixture
def browser(technician: User) -> Client:
    return browser_of(technician)


def stumbling(entity: Entity, count: int) -> None:
    """As many at the computer, all of whom stumbled."""
    for _ in range(count):
        agent = make_agent(entity)
        request = Request.objects.create(
            agent=agent, level=Level.SCREEN, machine="own", line="fibre", days=1, starts_date=NOON.date(),
            state=Request.State.OPEN, requested_at=NOON,
        )  # fmt: skip
        enrolment = Enrolment.objects.create(
            request=request, agent=agent, level=Level.SCREEN, stage="computer", invited_at=NOON
        )
        Try.objects.create(enrolment=enrolment, stage="computer", outcome=Try.Outcome.FAILED, at=NOON)


def test_the_interviews_numbers_are_played_first(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "MOST_DRAWS", 1)
    page = browser.get(PAGE)
    text = page.content.decode()
    assert page.context["found"].given["people"] == 700
    assert "À la main" in text
    assert "Avec Parvis" in text
    assert "Rien n’est encore mesuré ici" in text
    assert "il ne dit aucune durée" in text


def test_ones_own_numbers_are_played(browser: Client) -> None:
    page = browser.get(PAGE, SMALL)
    found = page.context["found"]
    assert (found.given["people"], found.given["before"], found.given["loans"]) == (40, 10, 2)
    assert found.given.numbers["technicians"].source == "derived"
    assert found.draws == simulation.MOST_DRAWS
    assert browser.get(PAGE, SMALL | {"technicians": "7"}).context["found"].given["technicians"] == 7


@pytest.mark.parametrize(
    ("name", "value"), [("people", "0"), ("people", "x"), ("people", "100000"), ("loans", "41"), ("per_week", "-1")]
)
def test_numbers_that_cannot_be_are_said_beside_their_field(browser: Client, name: str, value: str) -> None:
    page = browser.get(PAGE, SMALL | {name: value})
    assert page.status_code == 200
    assert name in page.context["form"].errors
    assert "found" not in page.context


def test_the_same_numbers_are_played_once(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    first = browser.get(PAGE, SMALL).context["found"]
    monkeypatch.setattr(simulation, "compare", None)
    again = browser.get(PAGE, SMALL).context["found"]
    assert again.results == first.results


def test_many_people_are_played_less_often(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "PEOPLE_PLAYED", 80)
    assert browser.get(PAGE, SMALL).context["found"].draws == 2
    monkeypatch.setattr(simulation, "PEOPLE_PLAYED", 10)
    assert browser.get(PAGE, SMALL | {"before": "11"}).context["found"].draws == 1


def test_only_what_is_measured_in_ones_perimeter_counts(browser: Client, entity: Entity) -> None:
    stumbling(make_entity(), measured.ENOUGH)
    assert browser.get(PAGE, SMALL).context["found"].given["computer_fails"] == 0.2
    stumbling(entity, measured.ENOUGH)
    page = browser.get(PAGE, SMALL)
    assert page.context["found"].given["computer_fails"] == 1.0
    assert "remplacée par ce qui est mesuré ici" in page.content.decode()


def test_the_number_of_queries_does_not_grow(
    browser: Client, entity: Entity, django_assert_max_num_queries: object
) -> None:
    stumbling(entity, measured.ENOUGH)
    browser.get(PAGE, SMALL)
    with django_assert_max_num_queries(40):  # type: ignore[operator]
        browser.get(PAGE, SMALL)


def test_agents_do_not_see_it(entity: Entity) -> None:
    assert browser_of(make_member(entity)).get(PAGE).status_code == 403
    assert Client().get(PAGE).status_code == 302
    assert browser_of(make_member(entity, Role.AUDITOR)).get(PAGE, SMALL).status_code == 200


def test_the_list_of_campaigns_leads_there(browser: Client) -> None:
    assert PAGE in browser.get("/deploiement/").content.decode()
