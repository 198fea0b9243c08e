"""Two communes, their people, and who may read what is about them."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity, Role
from tests.integration import authority


@pytest.fixture(autouse=True)
def _no_throttle_left() -> None:
    cache.clear()


class Town:
    """A métropole with two communes; in the first one an agent, an auditor and a technician."""

    def __init__(self) -> None:
        self.root = authority.make_entity("Métropole", kind=Entity.Kind.METROPOLE)
        self.here = authority.make_entity("Ici", self.root, Entity.Kind.COMMUNE)
        self.there = authority.make_entity("Là-bas", self.root, Entity.Kind.COMMUNE)
        self.claire = authority.make_agent(self.here, "claire", account=True)
        self.auditor = authority.make_member(self.here, Role.AUDITOR, "sophie")
        self.technician = authority.make_member(self.here, Role.TECHNICIAN, "yann")
        self.head = authority.make_member(self.root, Role.HEAD_OF_IT, "helene")
        self.stranger = authority.make_agent(self.there, "etranger", account=True)

    @property
    def user(self) -> User:
        assert self.claire.user is not None
        return self.claire.user

    def root_user(self) -> User:
        return authority.make_user("root", is_superuser=True)


@pytest.fixture
def town(db: None) -> Town:
    return Town()


def user_of(agent: Agent) -> User:
    assert agent.user is not None
    return agent.user
