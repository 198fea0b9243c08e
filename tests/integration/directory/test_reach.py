"""What a technician may not bring about by a detour: the departure of somebody whose account is out of their reach."""

from __future__ import annotations

from datetime import timedelta

import pytest

from parvis.portal.accounts.models import User
from parvis.portal.directory import services
from parvis.portal.directory.models import Agent, Entity, Role, RoleGrant
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import NotAllowed
from tests.integration.authority import grant, make_agent, make_entity, make_member
from tests.integration.signing_in import browser_of, program_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def commune() -> Entity:
    return make_entity("Commune", make_entity("Métropole"))


@pytest.fixture
def technician(commune: Entity) -> User:
    return make_member(commune, Role.TECHNICIAN, "yann")


def out_of_reach(commune: Entity) -> Agent:
    """Works in the commune, and is head of IT of all that is above it."""
    agent = make_agent(commune, "helene", account=True)
    assert agent.user
    assert commune.parent
    grant(agent.user, Role.HEAD_OF_IT, commune.parent)
    return agent


def test_a_last_day_is_a_departure(commune: Entity, technician: User) -> None:
    agent, now = out_of_reach(commune), clock.now()
    yesterday = clock.today(now) - timedelta(days=1)
    with pytest.raises(NotAllowed):
        services.update_agent(actor=technician, agent=agent, now=now, ends_date=yesterday)
    agent.refresh_from_db()
    services.sweep(now=now)
    assert RoleGrant.objects.filter(user=agent.user).exists()
    assert User.objects.get(pk=agent.user_id).is_active


def test_nor_in_the_api_nor_for_many_at_once(commune: Entity, technician: User) -> None:
    agent = out_of_reach(commune)
    body = {"ends_date": "2026-11-30"}
    answer = program_of(technician).patch(f"/api/v1/agents/{agent.pk}", body, content_type="application/json")
    assert answer.status_code == 403
    data = {"action": "departure", "ids": [agent.pk], "confirmed": "1", "ends_date": "2026-11-30"}
    browser_of(technician).post("/annuaire/agents/", data)
    agent.refresh_from_db()
    assert agent.ends_date is None


def test_the_number_that_is_called_back_is_not_theirs_to_write(commune: Entity, technician: User) -> None:
    """A recovery identifies by calling the directory's number: who may not recover the account may not change it."""
    agent = out_of_reach(commune)
    with pytest.raises(NotAllowed):
        services.update_agent(actor=technician, agent=agent, now=clock.now(), phone="06 00 00 00 00")


def test_the_rest_of_the_card_is(commune: Entity, technician: User) -> None:
    agent, now = out_of_reach(commune), clock.now()
    services.update_agent(actor=technician, agent=agent, now=now, office="12", phone=agent.phone, ends_date=None)
    other = make_agent(commune, "luc", account=True)
    services.update_agent(actor=technician, agent=other, now=now, phone="02 00 00 00 00", ends_date=clock.today(now))
    own = Agent.objects.get(user=technician)
    services.update_agent(actor=technician, agent=own, now=now, phone="02 00 00 00 01")
