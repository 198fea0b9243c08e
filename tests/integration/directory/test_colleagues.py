"""The colleagues' directory: who finds whom, what is shown, and searching as people type."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from parvis.portal.accounts.models import User
from parvis.portal.directory import colleagues, queries, rules
from parvis.portal.directory.events import AgentSeen
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.kernel import clock
from parvis.portal.kernel.events import recorded
from tests.integration.authority import make_agent, make_entity, make_member
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db


class Place:
    """A métropole (one direction) with two communes, each with a desk."""

    def __init__(self) -> None:
        self.root = make_entity("Métropole", kind=Entity.Kind.METROPOLE)
        self.direction = make_entity("Finances", self.root, Entity.Kind.DIRECTION)
        self.town = make_entity("Ville", self.root, Entity.Kind.COMMUNE)
        self.desk = make_entity("Accueil", self.town)
        self.police = make_entity("Police municipale", self.town)
        self.other = make_entity("Bourg", self.root, Entity.Kind.COMMUNE)
        self.agents = {entity: make_agent(entity) for entity in Entity.objects.all()}
        self.claire = make_member(self.desk, None, "claire")

    def found(self, user: User | None = None) -> set[Entity]:
        user = user or self.claire
        return {agent.entity for agent in colleagues.found_by(user) if agent in self.agents.values()}


@pytest.fixture
def place() -> Place:
    return Place()


def put(entity: Entity, audience: str) -> None:
    Entity.objects.filter(pk=entity.pk).update(audience=audience)


def test_the_agents_of_one_body_find_each_other(place: Place) -> None:
    assert place.found() == {place.town, place.desk, place.police}
    assert place.found(make_member(place.direction)) == {place.root, place.direction}
    assert place.found(make_member(place.other)) == {place.other}


def test_the_head_of_it_widens_and_narrows(place: Place) -> None:
    put(place.root, Entity.Audience.AUTHORITY)
    assert place.found() == set(place.agents)
    put(place.police, Entity.Audience.TEAM)
    assert place.found() == set(place.agents) - {place.police}
    assert place.police in place.found(make_member(place.police))
    put(place.other, Entity.Audience.BODY)
    assert place.found() == set(place.agents) - {place.police, place.other}


def test_two_authorities_do_not_find_each_other(place: Place) -> None:
    other = make_entity("Autre métropole", kind=Entity.Kind.METROPOLE, parent=None)
    put(place.root, Entity.Audience.AUTHORITY)
    put(other, Entity.Audience.AUTHORITY)
    assert place.found(make_member(other)) == set()


def test_who_left_is_not_here_yet_or_is_not_listed_is_not_found(place: Place) -> None:
    away = {
        "left": make_agent(place.desk, is_active=False),
        "coming": make_agent(place.desk, starts_date=clock.today() + timedelta(days=1)),
        "unlisted": make_agent(place.desk, is_listed=False),
    }
    assert not set(away.values()) & set(colleagues.found_by(place.claire))
    technician = make_member(place.town, Role.TECHNICIAN)
    assert set(colleagues.found_by(technician)) >= {away["coming"], away["unlisted"]}


def test_a_disabled_account_finds_nobody(place: Place) -> None:
    place.claire.is_active = False
    assert not colleagues.found_by(place.claire).exists()


def card(browser: Client, agent: Agent) -> tuple[int, str]:
    answer = browser.get(reverse("directory:agent", args=[agent.pk]))
    return answer.status_code, answer.content.decode().partition("<main")[2]


def test_a_colleague_sees_the_professional_card_only(place: Place) -> None:
    agent = make_agent(
        place.town, "anne", account=True, phone="0261910007", office="Bureau 12", personnel_number="M-4711"
    )
    with recorded(AgentSeen) as seen:
        status, page = card(browser_of(place.claire), agent)
    assert (status, len(seen)) == (200, 0)
    for text in ("02\u00a061\u00a091\u00a000\u00a007", "tel:0261910007", "mailto:anne@", "Bureau 12", "Ville"):
        assert text in page, text
    for text in ("M-4711", "Rôles", "Compte", "Ordinateurs", reverse("directory:edit_agent", args=[agent.pk])):
        assert text not in page, text
    assert browser_of(place.claire).get(reverse("directory:edit_agent", args=[agent.pk])).status_code == 404
    assert card(browser_of(make_member(place.other)), agent)[0] == 404
    with recorded(AgentSeen) as seen:
        status, page = card(browser_of(make_member(place.town, Role.AUDITOR)), agent)
    assert "M-4711" in page
    assert [event.agent_id for event in seen] == [agent.pk]


def found(user: User, words: str) -> list[str]:
    answer = browser_of(user).get(
        reverse("directory:people"), {"q": words}, headers={"HX-Request": "true", "HX-Target": "people-found"}
    )
    assert "<html" not in answer.content.decode()
    return [str(agent) for agent in answer.context["found"]]


def with_search(agent: Agent) -> Agent:
    agent.search = rules.search_key(
        agent.first_name, agent.last_name, agent.email, agent.job_title, agent.phone, agent.office
    )
    agent.save()
    return agent


def test_people_are_found_as_one_types(place: Place) -> None:
    agent = make_agent(
        place.desk, first_name="Hélène", last_name="Quéméner", job_title="Officière d’état civil",
        phone="+33 2 61 91 00 07", office="Bureau 204", personnel_number="M-4711",
    )  # fmt: skip
    with_search(agent)
    for words in ("quemener", "HELENE quem", "quéméner hélène", "officiere etat", "0261910007", "02 61 91 00 07",
                  "+33 2 61 91 00 07", "02.61.91.00.07", "61 91 00", "quemener accueil", "ville quemener"):  # fmt: skip
        assert found(place.claire, words) == ["Hélène Quéméner"], words
    for words in ("M-4711", "quemener bourg", "%", "_", "' OR 1=1 --", "99 99 99"):
        assert found(place.claire, words) == [], words
    technician = make_member(place.town, Role.TECHNICIAN)
    assert list(queries.search_agents(queries.agents_visible_to(technician), "m-47", numbers=True)) == [agent]


def test_nothing_is_asked_nothing_is_shown_and_many_are_cut(place: Place) -> None:
    browser = browser_of(place.claire)
    assert browser.get(reverse("directory:people")).context["found"] == []
    Agent.objects.bulk_create(
        Agent(first_name=f"P{n}", last_name="N", email=f"p{n}@ex.fr", entity=place.desk, search=f"p{n} n")
        for n in range(40)
    )
    answer = browser.get(reverse("directory:people"), {"q": "n"})
    assert (len(answer.context["found"]), answer.context["more"]) == (30, True)
    assert "précisez" in answer.content.decode()


def test_the_page_of_a_colleagues_service(place: Place) -> None:
    browser = browser_of(place.claire)
    answer = browser.get(reverse("directory:entity", args=[place.police.pk]))
    page = answer.content.decode()
    assert place.agents[place.police].first_name in page
    assert "Qui a un rôle ici" not in page
    assert "Exporter" not in page
    assert browser.get(reverse("directory:entity", args=[place.police.pk]), {"format": "csv"})[
        "Content-Type"
    ].startswith("text/html")
    assert browser.get(reverse("directory:entity", args=[place.other.pk])).status_code == 404
    export = browser_of(make_member(place.town, Role.HEAD_OF_DEPARTMENT)).get(
        reverse("directory:entity", args=[place.town.pk]), {"format": "csv"}
    )
    assert export["Content-Type"].startswith("text/csv")


def test_searching_costs_few_queries(place: Place, django_assert_max_num_queries: object) -> None:
    Agent.objects.bulk_create(
        Agent(first_name=f"P{n}", last_name="N", email=f"p{n}@ex.fr", entity=place.desk, search=f"p{n} n")
        for n in range(2000)
    )
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        rows = queries.search_agents(colleagues.found_by(place.claire), "p1 accueil")
        assert len(list(rows.order_by("last_name", "first_name", "pk")[:31])) == 31
