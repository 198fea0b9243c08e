"""Roles with an end, departures known beforehand, and that nobody locks the authority out."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from parvis.portal.accounts.models import User
from parvis.portal.directory import queries, role_services, services, tasks
from parvis.portal.directory.events import AgentDeactivated, RoleGranted, RoleRevoked
from parvis.portal.directory.models import Agent, Entity, Role, RoleGrant
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.kernel.events import recorded
from parvis.portal.kernel.models import AuditRecord
from tests.integration.authority import grant, make_agent, make_entity, make_member, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> Entity:
    return make_entity("Métropole", kind=Entity.Kind.METROPOLE)


@pytest.fixture
def head(root: Entity) -> User:
    return make_member(root, Role.HEAD_OF_IT, "cheffe")


def at(day: date, hour: int = 12) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo("Europe/Paris"))


def set_clock(monkeypatch: pytest.MonkeyPatch, instant: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: instant)


def test_a_role_ends_by_itself_before_any_sweep(head: User, root: Entity, monkeypatch: pytest.MonkeyPatch) -> None:
    agent, now = make_agent(root, account=True), clock.now()
    user, last = agent.user, clock.today(now) + timedelta(days=3)
    assert user
    held = role_services.grant_role(actor=head, agent=agent, role=Role.TECHNICIAN, entity=root, ends_date=last, now=now)
    assert (held.ends_date, held.granted_by, held.granted_at) == (last, head, now)
    set_clock(monkeypatch, at(last, 23))
    assert queries.is_staff(user, root)
    set_clock(monkeypatch, at(last + timedelta(days=1), 0))
    assert not queries.is_staff(user, root)
    assert not queries.agents_visible_to(user).exclude(user=user).exists()
    assert not queries.grants_visible_to(head).filter(user=user).exists()


def test_the_sweep_takes_away_what_is_over_once_and_says_so(head: User, root: Entity) -> None:
    agent, now = make_agent(root, account=True), clock.now()
    today = clock.today(now)
    role_services.grant_role(actor=head, agent=agent, role=Role.AUDITOR, entity=root, ends_date=today, now=now)
    assert services.sweep(now=now) == 0
    with recorded(RoleRevoked) as revoked:
        assert [services.sweep(now=at(today + timedelta(days=1))) for _ in range(2)] == [1, 0]
    assert len(revoked) == 1
    assert RoleGrant.with_expired.filter(user=agent.user).count() == 0
    line = AuditRecord.objects.get(action="directory.role_revoked")
    assert (line.actor_id, line.data["reason"]) == (None, "expired")
    tasks.sweep.func()


def test_an_end_changes_and_an_expired_role_is_given_anew(head: User, root: Entity) -> None:
    agent, now = make_agent(root, account=True), clock.now()
    today = clock.today(now)
    give = {"actor": head, "agent": agent, "role": Role.TECHNICIAN, "entity": root}
    with recorded(RoleGranted) as granted:
        role_services.grant_role(**give, ends_date=today, now=now)
        role_services.grant_role(**give, ends_date=today + timedelta(days=9), now=now)
        role_services.grant_role(**give, ends_date=None, now=now)
        assert len(granted) == 1
        RoleGrant.with_expired.filter(user=agent.user).update(ends_date=today - timedelta(days=1))
        role_services.grant_role(**give, now=now)
        assert len(granted) == 2
    assert RoleGrant.objects.get(user=agent.user).ends_date is None
    for day in (today - timedelta(days=1), date(2126, 1, 1)):
        with pytest.raises(Invalid):
            role_services.grant_role(**give, ends_date=day, now=now)


def test_the_last_head_of_it_stays(head: User, root: Entity) -> None:
    now, held = clock.now(), RoleGrant.objects.get(user=head)
    other = make_agent(root, account=True)
    assert other.user
    dated = role_services.grant_role(
        actor=head, agent=other, role=Role.HEAD_OF_IT, entity=root, ends_date=clock.today(now), now=now
    )
    for attempt in (
        lambda: role_services.revoke_role(actor=head, grant=held, now=now),
        lambda: services.deactivate_agent(actor=None, agent=Agent.objects.get(user=head), now=now),
        lambda: role_services.grant_role(
            actor=other.user,
            agent=Agent.objects.get(user=head),
            role=Role.HEAD_OF_IT,
            entity=root,
            ends_date=clock.today(now),
            now=now,
        ),
    ):
        with pytest.raises(Conflict) as refused:
            attempt()
        assert refused.value.code == "last_head_of_it"
    assert RoleGrant.objects.get(pk=held.pk).ends_date is None
    assert User.objects.get(pk=head.pk).is_active
    RoleGrant.objects.filter(pk=dated.pk).update(ends_date=None)
    role_services.revoke_role(actor=head, grant=held, now=now)
    assert not RoleGrant.objects.filter(pk=held.pk).exists()


def test_two_heads_of_it_cannot_both_go(head: User, root: Entity) -> None:
    now, other = clock.now(), make_member(root, Role.HEAD_OF_IT)
    role_services.revoke_role(actor=head, grant=RoleGrant.objects.get(user=other), now=now)
    with pytest.raises(Conflict):
        role_services.revoke_role(actor=head, grant=RoleGrant.objects.get(user=head), now=now)


def test_a_head_above_is_enough_and_a_superuser_may(head: User, root: Entity) -> None:
    town, now = make_entity("Ville", root, Entity.Kind.COMMUNE), clock.now()
    local = make_member(town, Role.HEAD_OF_IT)
    role_services.revoke_role(actor=local, grant=RoleGrant.objects.get(user=local), now=now)
    admin = make_user(is_superuser=True)
    role_services.revoke_role(actor=admin, grant=RoleGrant.objects.get(user=head), now=now)
    assert not RoleGrant.objects.exists()


def test_the_last_superuser_stays(root: Entity) -> None:
    agent, now = make_agent(root, account=True), clock.now()
    User.objects.filter(pk=agent.user_id).update(is_superuser=True)
    agent.refresh_from_db()
    with pytest.raises(Conflict) as refused:
        services.deactivate_agent(actor=None, agent=agent, now=now)
    assert refused.value.code == "last_superuser"
    make_user(is_superuser=True)
    services.deactivate_agent(actor=None, agent=agent, now=now)
    assert not User.objects.get(pk=agent.user_id).is_active


def test_a_departure_known_beforehand_happens_the_day_after(head: User, root: Entity) -> None:
    now = clock.now()
    today = clock.today(now)
    agent = make_agent(root, account=True)
    services.update_agent(actor=head, agent=agent, now=now, ends_date=today)
    with recorded(AgentDeactivated) as left:
        services.sweep(now=at(today, 23))
        assert not left
        for _ in range(2):
            services.sweep(now=at(today + timedelta(days=1), 0))
    assert [event.agent_id for event in left] == [agent.pk]
    assert not User.objects.get(pk=agent.user_id).is_active


def test_the_sweep_leaves_the_last_head_of_it_and_does_the_others(head: User, root: Entity) -> None:
    now = clock.now()
    yesterday = clock.today(now) - timedelta(days=1)
    other = make_agent(root, ends_date=yesterday)
    Agent.objects.filter(user=head).update(ends_date=yesterday)
    assert services.sweep(now=now) == 1
    assert Agent.objects.get(user=head).is_active
    assert not Agent.objects.get(pk=other.pk).is_active


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"starts_date": date(2026, 5, 2), "ends_date": date(2026, 5, 1)}, "ends_date"),
        ({"starts_date": date(26, 5, 2)}, "starts_date"),
        ({"first_name": "  "}, "first_name"),
        ({"email": "pas une adresse"}, "email"),
        ({"phone": "0" * 31}, "phone"),
    ],
)
def test_facts_that_cannot_be_are_said_by_field(head: User, root: Entity, facts: dict[str, object], field: str) -> None:
    agent = make_agent(root, "anne")
    with pytest.raises(Invalid) as refused:
        services.update_agent(actor=head, agent=agent, now=clock.now(), **facts)
    assert set(refused.value.fields) == {field}
    assert Agent.objects.get(pk=agent.pk).email == "anne@rivemarine.example"


def test_what_a_source_sends_becomes_one_line(root: Entity) -> None:
    agent = services.create_agent(
        actor=None, entity=root, first_name="An\x00ne\n", last_name=" Le\t Bris ", email="A@ex.fr", now=clock.now()
    )
    assert (agent.first_name, agent.last_name) == ("Anne", "Le Bris")


def test_an_expired_role_gives_no_reach_over_accounts(head: User, root: Entity) -> None:
    """And does not protect from the IT team, either."""
    agent = make_agent(make_entity("Ici", root), account=True)
    assert agent.user
    held = grant(agent.user, Role.HEAD_OF_IT, root)
    RoleGrant.objects.filter(pk=held.pk).update(ends_date=clock.today() - timedelta(days=1))
    assert queries.accounts_administered_by(agent.user) is None
    technician = make_member(root, Role.TECHNICIAN)
    administered = queries.accounts_administered_by(technician)
    assert administered is not None
    assert User.objects.filter(administered, pk=agent.user.pk).exists()
