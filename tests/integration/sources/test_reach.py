"""How far a source reaches: its root entity, and no account that can do more than that entity."""

from __future__ import annotations

from datetime import timedelta

import pytest

from parvis.portal.directory import services as directory
from parvis.portal.directory.models import Agent, Entity, Role, RoleGrant
from parvis.portal.kernel import clock
from parvis.portal.sources.models import Hold, Link, RunItem
from parvis.portal.sources.services import applying, origins, runs
from tests.integration.authority import grant, make_entity, make_member
from tests.integration.sources.town import Town, make_source, record

pytestmark = pytest.mark.django_db


def with_account(key: str, **fields: object) -> Agent:
    """The agent that the source brought, with an account."""
    agent = Agent.objects.select_related("entity").get(email=f"{key}@rivemarine.example")
    agent.user = make_member(agent.entity, name=f"compte-{key}")
    Agent.objects.filter(user=agent.user).exclude(pk=agent.pk).delete()
    for name, value in fields.items():
        setattr(agent.user, name, value)
    agent.user.save()
    agent.save()
    return agent


@pytest.mark.parametrize("how", ["superuser", "beyond"])
@pytest.mark.parametrize("said", ["disabled", "absent", "last day"])
def test_it_sends_nobody_away_who_can_do_more_than_its_entity(town: Town, how: str, said: str) -> None:
    town.run(record("chef"), record("luc"))
    agent = with_account("chef", is_superuser=how == "superuser")
    if how == "beyond":
        assert agent.user
        above = make_entity("Métropole")
        grant(agent.user, Role.HEAD_OF_IT, above)
        grant(make_member(above), Role.HEAD_OF_IT, above)
    yesterday = clock.today() - timedelta(days=1)
    records = {
        "disabled": [record("chef", is_active=False), record("luc")],
        "absent": [record("luc")],
        "last day": [record("chef", ends_date=yesterday), record("luc")],
    }[said]
    run = town.run(*records)
    directory.sweep(now=clock.now())
    agent.refresh_from_db()
    assert agent.user
    assert (agent.is_active, agent.user.is_active) == (True, True)
    assert RoleGrant.objects.filter(user=agent.user).exists() is (how == "beyond")
    assert RunItem.objects.get(run=run, agent=agent).outcome == "account_out_of_reach"


def test_it_brings_no_such_account_back(town: Town) -> None:
    town.run(record("chef"))
    agent = with_account("chef", is_superuser=True)
    make_member(make_entity("Autre"), name="autre").__class__.objects.filter(email__startswith="autre").update(
        is_superuser=True
    )
    directory.deactivate_agent(actor=None, agent=agent, now=clock.now())
    town.run(record("chef", job_title="Cheffe"))
    agent.refresh_from_db()
    assert agent.user
    assert not agent.user.is_active


def test_within_its_entity_it_does(town: Town) -> None:
    town.run(record("chef"), record("luc"))
    agent = with_account("chef")
    assert agent.user
    grant(agent.user, Role.TECHNICIAN, town.source.root)
    town.run(record("chef", is_active=False), record("luc"))
    agent.refresh_from_db()
    assert agent.user
    assert (agent.is_active, agent.user.is_active) == (False, False)


def test_what_a_former_communes_source_said_keeps_nobody_in_post(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody changes communes: the directory of the one they left speaks for them no more."""
    there = make_entity("Lanvaur", kind=Entity.Kind.COMMUNE)
    town.run(record("claire", phone="1"))
    claire = Agent.objects.get(email="claire@rivemarine.example")
    directory.move_agent(actor=None, agent=claire, entity=there, now=clock.now())
    other = Town(make_source(there, name="Lanvaur", priority=2), monkeypatch)
    facts = {"agent": claire, "key": "c", "linked_at": clock.now(), "changed_at": clock.now()}
    Link.objects.create(source=other.source, reported={}, **facts)
    other.run(record("c", email=claire.email, first_name="Claire", phone="2", is_active=False))
    claire.refresh_from_db()
    assert (claire.phone, claire.is_active) == ("2", False)


def test_a_field_is_given_back_to_a_source_that_still_speaks_for_the_agent(town: Town, works: Entity) -> None:
    """Else a technician of one commune would put people into another one."""
    there = make_entity("Lanvaur", kind=Entity.Kind.COMMUNE)
    technician = make_member(there, Role.TECHNICIAN)
    town.run(record("claire", entity="VOI"))
    claire = Agent.objects.get(email="claire@rivemarine.example")
    directory.move_agent(actor=None, agent=claire, entity=there, now=clock.now())
    Hold.objects.create(agent=claire, field="entity", actor=technician, at=clock.now())
    claire = Agent.objects.select_related("entity").get(pk=claire.pk)
    origins.give_back(actor=technician, agent=claire, field="entity", now=clock.now())
    claire.refresh_from_db()
    assert claire.entity == there


def test_who_has_left_the_root_while_a_run_stood_still_is_left_alone(town: Town) -> None:
    town.run(record("claire"), record("luc"))
    run = town.start(record("claire", phone="1"), record("luc", phone="1"))
    claire = Agent.objects.get(email="claire@rivemarine.example")
    directory.move_agent(actor=None, agent=claire, entity=make_entity("Lanvaur"), now=clock.now())
    runs.Run.objects.filter(pk=run.pk).update(done=1)  # taken up again after a worker was lost
    applying.apply(run)
    claire.refresh_from_db()
    assert claire.phone == ""
    assert RunItem.objects.get(run=run, agent=claire).outcome == "outside_root"
