"""Gateways that say what a test wants, people with rights, waves."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.cache import cache

from parvis.portal.accounts import terms
from parvis.portal.capacity import arrivals
from parvis.portal.capacity.models import Sample
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel import clock
from parvis.portal.presence.models import Pattern
from parvis.portal.remote_desktop import live
from parvis.portal.remote_desktop.models import Gateway, Right
from tests.integration import authority

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
"""A Monday, 10:30 in Paris."""
MONDAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty cache, the clock at `NOW`, no wave."""
    cache.clear()
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(terms, "over", lambda *_: None)
    monkeypatch.setattr(arrivals, "_source", arrivals.nobody)
    yield
    cache.clear()


def make_gateway(name: str = "principale", boot: int = 1) -> Gateway:
    return Gateway.objects.create(name=name, boot=uuid.UUID(int=boot), version="1", booted_at=NOW - timedelta(days=3))


def beat(
    gateway: Gateway,
    at: datetime,
    *,
    sessions: int | None = None,
    cpu: float | None = None,
    lag: float = 0.0,
    draining: bool = False,
    figures: dict[uuid.UUID, tuple[int, int]] | None = None,
) -> None:
    """The gateway has just said this."""
    moved = {pk: live.Figures(up=up, down=down) for pk, (up, down) in (figures or {}).items()}
    load = live.Load(
        connections=len(moved) if sessions is None else sessions,
        cpu_seconds=cpu,
        event_loop_lag_ms=lag,
        draining=draining,
    )
    live.note(gateway.pk, figures=moved, load=load, believed_open=(), now=at)


def hours_of(gateway: Gateway, days: int, sessions: int, *, at: int = 10, now: datetime = NOW) -> None:
    """So many screens at once, at this hour of Paris, on each of the last working days."""
    day, made = clock.today(now), 0
    while made < days:
        day -= timedelta(days=1)
        if day.weekday() < 5:
            local = datetime(day.year, day.month, day.day, at, tzinfo=clock.PARIS)
            Sample.objects.create(
                gateway=gateway, hour_at=local, beats=60, sessions_sum=60 * sessions, sessions_most=sessions
            )
            made += 1


def people(entity: Entity, count: int, week: str = ",".join(["telework"] * 10 + [""] * 4)) -> list[Agent]:
    """Agents with a right on their computer and this usual week (empty: none said)."""
    agents = [authority.make_agent(entity) for _ in range(count)]
    for agent in agents:
        computer = authority.make_computer(entity, agent)
        Right.objects.create(agent=agent, computer=computer, starts_date=MONDAY - timedelta(days=90), granted_at=NOW)
        if week:
            Pattern.objects.create(
                agent=agent,
                starts_date=MONDAY - timedelta(days=90),
                halves=week,
                state="confirmed",
                proposed_at=NOW,
            )
    return agents
