"""One agent with a PC, a right, a sign-in and a gateway."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import cache

from parvis.portal.accounts import terms
from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel import clock
from parvis.portal.parc.models import Computer
from parvis.portal.remote_desktop import live, services
from parvis.portal.remote_desktop.models import DisplaySettings, RemoteSession, Right
from parvis.portal.remote_desktop.services import Grant
from tests.integration import authority

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
BOOT = uuid.UUID(int=1)


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def sign_in(user: User, until: datetime | None = None) -> str:
    """A standing sign-in of the user, as `sign_ins.current` names it."""
    key = uuid.uuid4().hex
    Session.objects.create(session_key=key, session_data="", expire_date=until or clock.now() + timedelta(days=3650))
    row = UserSession.objects.create(user=user, session_key=key, ip="192.0.2.1", user_agent="Firefox", data={})
    return str(row.pk)


@pytest.fixture
def at_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands at `NOW`; sign-ins made at the true time are not too old for it."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(terms, "over", lambda *_: None)


@dataclass
class Office:
    """An agent, their PC, their right, and a gateway that speaks for itself."""

    entity: Entity
    agent: Agent
    user: User
    computer: Computer
    right: Right
    sign_in: str
    gateway: str = "gw-1"
    boot: uuid.UUID = BOOT

    def request(self, now: datetime = NOW, session: RemoteSession | None = None) -> Grant:
        return services.request_connection(
            actor=self.user,
            computer_id=self.computer.pk,
            sign_in=self.sign_in,
            session_id=session.pk if session else None,
            now=now,
        )

    def redeem(self, grant: Grant, now: datetime = NOW) -> services.Redeemed:
        return services.redeem(
            gateway=self.gateway, boot=self.boot, ticket=grant.ticket, client_address="198.51.100.7", now=now
        )

    def tell(self, kind: str, grant: Grant, at: datetime, now: datetime | None = None, **fields: object) -> uuid.UUID:
        happening = services.Happening(
            id=uuid.uuid4(), kind=kind, at=at, connection=grant.connection.pk, session=grant.session.pk, **fields
        )
        assert services.take_in([happening], now=now or at) == [happening.id]
        return happening.id

    def open(self, now: datetime = NOW, session: RemoteSession | None = None) -> Grant:
        grant = self.request(now, session)
        self.redeem(grant, now)
        self.tell("started", grant, now)
        return grant

    def beat(self, *grants: Grant, now: datetime, **figures: object) -> dict[uuid.UUID, str]:
        return services.heartbeat(
            gateway=self.gateway,
            boot=self.boot,
            figures={each.connection.pk: live.Figures(**figures) for each in grants},
            load=live.Load(),
            now=now,
        )


def make_office(entity: Entity | None = None, **computer: object) -> Office:
    entity = entity or authority.make_entity()
    agent = authority.make_agent(entity, account=True)
    assert agent.user
    made = authority.make_computer(entity, agent, **{"address": "10.0.0.9", **computer})
    DisplaySettings.objects.create(computer=made)
    right = Right.objects.create(
        agent=agent,
        computer=made,
        starts_date=NOW.date() - timedelta(days=30),
        ends_date=NOW.date() + timedelta(days=30),
        granted_at=NOW,
    )
    return Office(entity, agent, agent.user, made, right, sign_in(agent.user))


@pytest.fixture
def office(db: None) -> Office:
    return make_office()


def state(grant: Grant) -> tuple[str, str]:
    session = RemoteSession.objects.get(pk=grant.session.pk)
    return session.state, session.end_reason
