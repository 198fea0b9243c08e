"""Agents on the enrolment path, for tests of this room and of those above."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from parvis.portal.directory.models import Agent, Entity
from parvis.portal.telework import rules
from parvis.portal.telework.models import Enrolment, Request
from parvis.portal.telework.rules import LEVEL_2, Stage
from parvis.portal.telework.services import enrolment as services
from tests.integration.authority import make_agent

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""A Monday, ten in Paris."""
GOOD = rules.Measure(down_kbps=20_000, latency_ms=30)
POOR = rules.Measure(down_kbps=300, latency_ms=90)
BLOCKED = rules.Measure(down_kbps=20_000, latency_ms=30, websocket=False)


def invited(entity: Entity, name: str = "", *, level: int = LEVEL_2, at: datetime = NOW, **fields: object) -> Enrolment:
    """An agent whose telework is open, and who has not come yet."""
    agent = make_agent(entity, name, account=True)
    return enrol(agent, level=level, at=at, **fields)


def enrol(agent: Agent, *, level: int = LEVEL_2, at: datetime = NOW, **fields: object) -> Enrolment:
    """The same for this agent."""
    request = Request.objects.create(
        agent=agent, level=level, machine="own", line="fibre", days=3, starts_date=at.date(), state="open",
        requested_at=at, opened_at=at,
    )  # fmt: skip
    return Enrolment.objects.create(
        **{"request": request, "agent": agent, "level": level, "invited_at": at, "stage": Stage.FACTOR, **fields}
    )


def opened(enrolment: Enrolment, at: datetime = NOW) -> Enrolment:
    """The path is opened: the second factor is behind."""
    return services.begin(enrolment=enrolment, now=at, actor=enrolment.agent.user)


def at_stage(enrolment: Enrolment, stage: Stage, at: datetime = NOW) -> Enrolment:
    """Everything before `stage` is passed, a minute each."""
    opened(enrolment, at)
    for number, each in enumerate(rules.STAGES[enrolment.level]):
        if each == stage:
            break
        then = at + timedelta(minutes=number)
        services.note_try(enrolment=enrolment, stage=each, outcome="passed", now=then)
    return enrolment
