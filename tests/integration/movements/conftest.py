"""A commune with a department, its IT team and its head."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.kernel import clock
from tests.integration import authority

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
TODAY = clock.today(NOW)


@dataclass
class Town:
    """A commune of 3 agents in one department, and another department to move to."""

    commune: Entity
    department: Entity
    other: Entity
    head: User
    technician: User
    head_of_it: User

    def agent(self, name: str = "", **fields: object) -> Agent:
        return authority.make_agent(self.department, name, account=True, **fields)


@pytest.fixture
def at_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands at `NOW`."""
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def town(db: None, at_now: None) -> Town:
    commune = authority.make_entity("Lanvaur", kind=Entity.Kind.COMMUNE)
    department = authority.make_entity("État civil", commune)
    it_team = authority.make_entity("Informatique", commune)
    head_of_it = authority.make_member(it_team, name="dsi")
    authority.grant(head_of_it, Role.HEAD_OF_IT, commune)
    technician = authority.make_member(it_team, name="technicien")
    authority.grant(technician, Role.TECHNICIAN, commune)
    return Town(
        commune=commune,
        department=department,
        other=authority.make_entity("Élections", commune),
        head=authority.make_member(department, Role.HEAD_OF_DEPARTMENT, "chef"),
        technician=technician,
        head_of_it=head_of_it,
    )
