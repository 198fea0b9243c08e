"""Agents, accounts, roles: who may, what is audited, what is published."""

from __future__ import annotations

import pytest

from parvis.portal.accounts.events import UserDisabled
from parvis.portal.accounts.models import User
from parvis.portal.directory import queries, role_services, services
from parvis.portal.directory.events import AgentDeactivated, AgentMoved, RoleGranted, RoleRevoked
from parvis.portal.directory.models import Agent, Entity, Role, RoleGrant
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed
from parvis.portal.kernel.events import recorded
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.parc.models import Assignment
from tests.integration.authority import grant, make_agent, make_computer, make_entity, make_member, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> Entity:
    return make_entity("Métropole", kind=Entity.Kind.METROPOLE)


@pytest.fixture
def here(root: Entity) -> Entity:
    return make_entity("Ici", root)


@pytest.fixture
def technician(here: Entity) -> User:
    return make_member(here, Role.TECHNICIAN)


@pytest.fixture
def head(here: Entity) -> User:
    return make_member(here, Role.HEAD_OF_IT)


def account_of(agent: Agent) -> User:
    assert agent.user is not None
    return agent.user


def actions() -> list[str]:
    own = AuditRecord.objects.filter(action__startswith="directory.")
    return list(own.order_by("id").values_list("action", flat=True))


def test_a_technician_adds_and_edits_agents(technician: User, here: Entity) -> None:
    now = clock.now()
    agent = services.create_agent(
        actor=technician, entity=here, first_name=" Anne ", last_name="Prigent", email="Anne@Ex.fr", now=now
    )
    assert (agent.first_name, agent.email, agent.search) == ("Anne", "anne@ex.fr", "anne prigent anne@ex.fr")
    services.change_agent(actor=technician, agent=agent, now=now, job_title="Cheffe")
    agent.refresh_from_db()
    assert (agent.last_name, agent.job_title) == ("Prigent", "Cheffe")
    assert actions() == ["directory.agent_created", "directory.agent_updated"]
    with pytest.raises(Invalid):
        services.create_agent(actor=technician, entity=here, first_name="A", last_name="B", email="anne@ex.fr", now=now)


def test_nobody_manages_agents_outside_their_perimeter(technician: User, root: Entity, here: Entity) -> None:
    now, elsewhere = clock.now(), make_entity("Là-bas", root)
    with pytest.raises(NotAllowed):
        services.create_agent(
            actor=technician, entity=elsewhere, first_name="A", last_name="B", email="a@ex.fr", now=now
        )
    with pytest.raises(NotAllowed):
        services.move_agent(actor=technician, agent=make_agent(here), entity=elsewhere, now=now)
    with pytest.raises(NotAllowed):
        services.move_agent(actor=technician, agent=make_agent(elsewhere), entity=here, now=now)


def test_a_move_is_published(technician: User, here: Entity) -> None:
    agent, desk = make_agent(here), make_entity("Accueil", here)
    with recorded(AgentMoved) as moves:
        for _ in range(2):
            services.move_agent(actor=technician, agent=agent, entity=desk, now=clock.now())
    assert [(move.from_entity_id, move.to_entity_id) for move in moves] == [(here.pk, desk.pk)]


def test_the_sign_in_address_does_not_change_by_the_card(technician: User, here: Entity) -> None:
    agent = make_agent(here, account=True)
    with pytest.raises(Conflict) as refused:
        services.change_agent(actor=technician, agent=agent, now=clock.now(), email="pirate@ex.fr")
    assert refused.value.code == "email_is_sign_in"
    services.change_agent(actor=technician, agent=agent, now=clock.now(), last_name="Martin")
    assert User.objects.get(pk=account_of(agent).pk).last_name == "Martin"


def test_a_departure_closes_everything_once(head: User, here: Entity) -> None:
    agent, now = make_agent(here, account=True), clock.now()
    grant(account_of(agent), Role.TECHNICIAN, here)
    make_computer(here, agent)
    with recorded(AgentDeactivated) as left, recorded(UserDisabled) as disabled, recorded(RoleRevoked) as revoked:
        for _ in range(2):
            services.deactivate_agent(actor=head, agent=agent, now=now)
    assert (len(left), len(disabled), len(revoked)) == (1, 1, 1)
    agent.refresh_from_db()
    assert not agent.is_active
    assert not User.objects.get(pk=account_of(agent).pk).is_active
    assert not RoleGrant.objects.filter(user=account_of(agent)).exists()
    assert not Assignment.objects.filter(agent=agent).exists()
    services.reactivate_agent(actor=head, agent=agent, now=now)
    assert User.objects.get(pk=account_of(agent).pk).is_active


def test_nobody_sends_oneself_away(head: User) -> None:
    agent = Agent.objects.get(user=head)
    with pytest.raises(NotAllowed):
        services.deactivate_agent(actor=head, agent=agent, now=clock.now())


def test_an_account_is_opened_once(technician: User, here: Entity) -> None:
    agent, now = make_agent(here), clock.now()
    user = services.open_account(actor=technician, agent=agent, now=now)
    assert (user.email, user.has_usable_password()) == (agent.email, False)
    assert queries.agent_of(user) == agent
    with pytest.raises(Conflict):
        services.open_account(actor=make_user(is_superuser=True), agent=agent, now=now)


def test_an_account_that_reaches_further_is_out_of_reach(
    technician: User, head: User, here: Entity, root: Entity
) -> None:
    """A local technician must not disable, or re-open, the account of somebody who can do more than they."""
    boss = make_agent(here, account=True)
    grant(account_of(boss), Role.AUDITOR, root)
    local_head = Agent.objects.get(user=head)
    for actor, agent in ((technician, boss), (head, boss), (technician, local_head)):
        with pytest.raises(NotAllowed):
            services.deactivate_agent(actor=actor, agent=agent, now=clock.now())
        administered = queries.accounts_administered_by(actor)
        assert administered is not None
        assert not User.objects.filter(administered, pk=account_of(agent).pk).exists()
    administered = queries.accounts_administered_by(technician)
    assert administered is not None
    assert User.objects.filter(administered, pk=account_of(make_agent(here, account=True)).pk).exists()


def test_those_who_administer_no_account(here: Entity) -> None:
    for role in (None, Role.AUDITOR, Role.HEAD_OF_DEPARTMENT, Role.ELECTED_MEMBER):
        assert queries.accounts_administered_by(make_member(here, role)) is None


def test_a_role_is_granted_and_taken_back(head: User, here: Entity) -> None:
    agent, now = make_agent(here, account=True), clock.now()
    with recorded(RoleGranted) as granted, recorded(RoleRevoked) as revoked:
        for _ in range(2):
            held = role_services.grant_role(actor=head, agent=agent, role=Role.TECHNICIAN, entity=here, now=now)
        role_services.revoke_role(actor=head, grant=held, now=now)
        role_services.revoke_role(actor=head, grant=held, now=now)
    assert [event.role for event in granted] == [Role.TECHNICIAN]
    assert [event.user_id for event in revoked] == [account_of(agent).pk]
    assert actions() == ["directory.role_granted", "directory.role_revoked"]
    assert AuditRecord.objects.get(action="directory.role_granted").data["entity"] == here.pk


def test_who_grants_what(head: User, technician: User, here: Entity, root: Entity) -> None:
    now, agent = clock.now(), make_agent(here, account=True)

    def attempt(actor: User, to: Agent, on: Entity) -> None:
        role_services.grant_role(actor=actor, agent=to, role=Role.TECHNICIAN, entity=on, now=now)

    for actor, to, on, code in (
        (head, Agent.objects.get(user=head), here, "own_role"),
        (head, agent, root, "not_head_of_it"),
        (technician, agent, here, "not_head_of_it"),
        (head, make_agent(here), here, "no_account"),
    ):
        with pytest.raises(NotAllowed) as refused:
            attempt(actor, to, on)
        assert refused.value.code == code
    admin = make_member(root)
    User.objects.filter(pk=admin.pk).update(is_superuser=True)
    admin.refresh_from_db()
    with pytest.raises(NotAllowed):
        attempt(admin, Agent.objects.get(user=admin), root)
    attempt(admin, agent, root)
