"""Who sees what: the rule in Python and the count in SQL say the same."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from parvis.portal.directory.models import Agent, Role
from parvis.portal.home import queries, rules
from parvis.portal.home.models import Announcement
from parvis.portal.kernel import clock
from tests.integration.home.conftest import Town, make_announcement, make_tile

pytestmark = pytest.mark.django_db


def titles(user: object) -> list[str]:
    return [tile.title for tile in queries.tiles_seen_by(queries.viewer_of(user))]  # type: ignore[arg-type]


def test_everyone_of_the_entity_and_below_sees_a_published_tile(town: Town) -> None:
    make_tile(town.here)
    make_tile(town.here, "Brouillon", is_published=False)
    assert titles(town.agent) == ["Messagerie"]
    assert titles(town.technician) == ["Messagerie"]
    assert titles(town.foreign_agent) == []


def test_a_service_and_a_role(town: Town) -> None:
    chosen = make_tile(town.root, "Actes", for_everyone=False)
    chosen.services_concerned.add(town.civil)
    make_tile(town.root, "Supervision", for_everyone=False, roles_concerned=[Role.TECHNICIAN])
    assert titles(town.agent) == ["Actes"]
    assert titles(town.technician) == ["Supervision"]
    assert titles(town.foreign_technician) == ["Supervision"]
    assert titles(town.foreign_agent) == []


def test_a_disabled_account_and_an_agent_who_left_see_nothing(town: Town) -> None:
    make_tile(town.root)
    Agent.objects.filter(user=town.agent).update(is_active=False)
    assert titles(town.agent) == []
    town.foreign_agent.is_active = False
    assert titles(town.foreign_agent) == []


def test_the_count_is_the_rule(town: Town) -> None:
    agents = list(Agent.objects.select_related("entity"))
    owners = [town.root, town.here, town.there]
    choices = [None, (), (town.civil,), (town.here, town.there), (town.root,)]
    roles: list[tuple[str, ...]] = [(), (Role.TECHNICIAN,), (Role.TECHNICIAN, Role.HEAD_OF_IT)]
    for owner, services, wanted in itertools.product(owners, choices, roles):
        audience = rules.Audience(
            owner=owner.path,
            everyone=services is None,
            services=frozenset(service.path for service in services or ()),
            roles=frozenset(wanted),
        )
        by_rule = {agent.pk for agent in agents if rules.sees(queries.viewer_as(agent), audience)}
        by_query = set(queries.agents_who_see(audience).values_list("pk", flat=True))
        assert by_query == by_rule, audience


def test_announcements_of_the_moment_the_urgent_first(town: Town) -> None:
    now = clock.now()
    make_announcement(town.root, "Calme")
    make_announcement(town.root, "Urgente", level=Announcement.Level.URGENT, starts_at=now - timedelta(days=9))
    make_announcement(town.root, "Finie", ends_at=now - timedelta(minutes=1))
    make_announcement(town.root, "Demain", starts_at=now + timedelta(days=1))
    make_announcement(town.there, "Ailleurs")
    seen = queries.announcements_seen_by(queries.viewer_of(town.agent), now)
    assert [each.title for each in seen] == ["Urgente", "Calme"]


def test_search_ignores_accents_and_case(town: Town) -> None:
    tile = make_tile(town.here, "Congés", description="Élan")
    assert queries.matching([tile], "CONGES elan") == [tile]
    assert queries.matching([tile], "conges autre") == []
