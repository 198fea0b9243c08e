"""What the tests of pages and services share: an authority, its IT team, tools in its database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from parvis.portal.accounts import vault
from parvis.portal.accounts.models import User
from parvis.portal.booking.models import Pool, Resource
from parvis.portal.conferencing.models import Provider
from parvis.portal.directory.models import Agent, Entity, Role
from tests.integration.authority import make_agent, make_entity, make_member

SECRET = "un-secret-que-personne-ne-relit"


@dataclass
class Authority:
    """A commune, a department, who works there."""

    entity: Entity
    department: Entity
    head_of_it: User
    technician: User
    agent: Agent

    @property
    def user(self) -> User:
        """The agent's account."""
        assert self.agent.user is not None
        return self.agent.user

    def tool(self, kind: str = "jitsi", name: str = "", **facts: Any) -> Provider:
        """Saved."""
        secret = facts.pop("secret", "")
        by_hand = facts.pop("by_hand", kind in ("capvisio", "other"))
        return Provider.objects.create(
            entity=facts.pop("entity", self.entity), kind=kind, name=name or f"Outil {kind}", by_hand=by_hand,
            sealed_secret=vault.encrypt(secret) if secret else "", **facts,
        )  # fmt: skip

    def phones(self) -> Pool:
        """Two telephone rooms."""
        pool = Pool.objects.create(entity=self.entity, kind="phone_room", name="Audio")
        for number in range(2):
            Resource.objects.create(pool=pool, name=f"Salle {number}", phone_number=f"+3329800123{number}", pin="4821")
        return pool


def make_authority() -> Authority:
    """One of its own."""
    entity = make_entity(kind=Entity.Kind.COMMUNE)
    department = make_entity(parent=entity)
    return Authority(
        entity=entity,
        department=department,
        head_of_it=make_member(entity, Role.HEAD_OF_IT),
        technician=make_member(entity, Role.TECHNICIAN),
        agent=make_agent(department, account=True),
    )
