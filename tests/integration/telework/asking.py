"""A commune whose agents ask for telework: who asks, who decides, a computer, a charter accepted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.kernel import clock
from parvis.portal.parc.models import Computer
from parvis.portal.remote_desktop.models import DisplaySettings
from parvis.portal.telework.models import Policy, Request
from tests.integration.authority import make_agent, make_computer, make_entity, make_member
from tests.integration.signing_in import give_second_factor

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
"""A Monday."""

ANSWERS = {"machine": "own", "line": "fibre", "days": [0, 3]}


def day(later: int) -> date:
    return TODAY + timedelta(days=later)


def soon(later: int) -> date:
    """The same from today, for pages: they read the clock."""
    return clock.today() + timedelta(days=later)


@dataclass
class Authority:
    root: Entity
    department: Entity
    agent: Agent
    user: User
    computer: Computer
    head: User
    technician: User

    def request(self, agent: Agent | None = None, *, state: str = "requested", **fields: object) -> Request:
        return Request.objects.create(
            **{
                "agent": agent or self.agent,
                "level": 2,
                "machine": "own",
                "line": "fibre",
                "days": 9,
                "starts_date": TODAY,
                "state": state,
                "requested_at": NOW,
                "requested_by": (agent or self.agent).user,
                **fields,
            }
        )

    def policy(self, **fields: object) -> Policy:
        return Policy.objects.update_or_create(entity=self.root, defaults=fields)[0]


def make_authority() -> Authority:
    root = make_entity("Rivemarine", kind=Entity.Kind.COMMUNE)
    department = make_entity("Finances", root)
    agent = make_agent(department, account=True, job_title="Comptable")
    assert agent.user is not None
    give_second_factor(agent.user)
    return Authority(
        root,
        department,
        agent,
        agent.user,
        ready_computer(department, agent),
        make_member(department, Role.HEAD_OF_DEPARTMENT),
        make_member(root, Role.TECHNICIAN),
    )


def ready_computer(entity: Entity, *agents: Agent, **fields: object) -> Computer:
    computer = make_computer(entity, *agents, address="10.0.0.10", **fields)
    DisplaySettings.objects.create(computer=computer)
    return computer
