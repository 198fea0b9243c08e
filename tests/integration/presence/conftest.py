from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.presence.models import Pattern, Policy
from tests.integration.authority import make_agent, make_entity, make_member

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MONDAY = date(2026, 11, 23)
FULL_TIME = ",".join(["on_site"] * 10 + [""] * 4)


@dataclass(slots=True)
class Town:
    """A métropole with a commune of two services, and another commune next to it."""

    root: Entity
    here: Entity
    civil: Entity
    parks: Entity
    there: Entity
    claire: Agent
    marc: Agent
    """Of the other service of the same commune."""
    foreign: Agent
    head: User
    """Of `civil`."""
    mayor_head: User
    """Head of department of the whole commune."""
    foreign_head: User
    head_of_it: User
    technician: User

    @property
    def user(self) -> User:
        assert self.claire.user is not None
        return self.claire.user


def agent_of(user: User) -> Agent:
    return Agent.objects.select_related("entity").get(user=user)


@pytest.fixture
def town(db: None) -> Town:
    root = make_entity("Métropole", kind=Entity.Kind.METROPOLE)
    here = make_entity("Ici", root, Entity.Kind.COMMUNE)
    civil, parks = make_entity("État civil", here), make_entity("Espaces verts", here)
    there = make_entity("Là-bas", root, Entity.Kind.COMMUNE)
    Policy.objects.create(entity=civil, confirms=True)
    return Town(
        root, here, civil, parks, there,
        claire=make_agent(civil, "claire", account=True),
        marc=make_agent(parks, "marc", account=True),
        foreign=make_agent(there, "loin", account=True),
        head=make_member(civil, Role.HEAD_OF_DEPARTMENT, "nadia"),
        mayor_head=make_member(here, Role.HEAD_OF_DEPARTMENT, "odile"),
        foreign_head=make_member(there, Role.HEAD_OF_DEPARTMENT, "paul"),
        head_of_it=make_member(here, Role.HEAD_OF_IT, "helene"),
        technician=make_member(here, Role.TECHNICIAN, "yann"),
    )  # fmt: skip


def full_time(agent: Agent, halves: str = FULL_TIME) -> Pattern:
    return Pattern.objects.create(
        agent=agent, starts_date=date(2020, 1, 1), halves=halves, state="confirmed", proposed_at=NOW
    )
