"""At the size of a métropole: 700 connections in a heartbeat, 100,000 sessions in the history."""

from __future__ import annotations

import random
import uuid
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Role
from parvis.portal.kernel import clock
from parvis.portal.parc.models import Assignment, Computer
from parvis.portal.remote_desktop import live, queries, services
from parvis.portal.remote_desktop.models import Connection, DisplaySettings, Gateway, RemoteSession, Right
from tests.integration import authority
from tests.integration.remote_desktop.conftest import BOOT, NOW
from tests.integration.signing_in import browser_of

MANY = 700
HISTORY = 100_000
COPIES = 50


def crowd(count: int) -> list[Agent]:
    """Agents with accounts, sign-ins, computers, displays and rights, made in bulk."""
    entity = authority.make_entity()
    users = User.objects.bulk_create([User(email=f"a{n}@rivemarine.example", last_name=f"N{n}") for n in range(count)])
    agents = Agent.objects.bulk_create(
        [
            Agent(
                user=user, first_name="A", last_name=f"N{n:05d}", email=user.email, entity=entity, search=f"a n{n:05d}"
            )
            for n, user in enumerate(users)
        ]
    )
    computers = Computer.objects.bulk_create(
        [Computer(entity=entity, name=f"PC-{n:05d}", address="10.0.0.9") for n in range(count)]
    )
    Assignment.objects.bulk_create(Assignment(agent=a, asset=c) for a, c in zip(agents, computers, strict=True))
    DisplaySettings.objects.bulk_create(DisplaySettings(computer=each) for each in computers)
    Right.objects.bulk_create(
        Right(agent=a, computer=c, starts_date=NOW.date() - timedelta(days=9), granted_at=NOW)
        for a, c in zip(agents, computers, strict=True)
    )
    return agents


def open_sessions(agents: list[Agent]) -> dict[uuid.UUID, live.Figures]:
    keys = [uuid.uuid4().hex for _ in agents]
    far = clock.now() + timedelta(days=3650)
    Session.objects.bulk_create(Session(session_key=key, session_data="", expire_date=far) for key in keys)
    sign_ins = UserSession.objects.bulk_create(
        UserSession(user=agent.user, session_key=key, ip="192.0.2.1", user_agent="", data={})
        for agent, key in zip(agents, keys, strict=True)
    )
    gateway = Gateway.objects.create(name="gw-1", boot=BOOT, booted_at=NOW)
    computers = {each.agent_id: each.asset_id for each in Assignment.objects.all()}
    sessions = RemoteSession.objects.bulk_create(
        RemoteSession(
            user_id=agent.user_id,
            agent=agent,
            computer_id=computers[agent.pk],
            protocol="rdp",
            sign_in=str(sign_in.pk),
            state="active",
            requested_at=NOW,
            started_at=NOW,
            ends_at=NOW + timedelta(hours=10),
            correlation="0" * 32,
        )
        for agent, sign_in in zip(agents, sign_ins, strict=True)
    )
    connections = Connection.objects.bulk_create(
        Connection(
            session=session,
            jti=uuid.uuid4().hex,
            issued_at=NOW,
            expires_at=NOW,
            redeemed_at=NOW,
            gateway=gateway,
            boot=BOOT,
        )
        for session in sessions
    )
    return {each.pk: live.Figures(up=1, down=2) for each in connections}


@pytest.mark.django_db
def test_heartbeat_of_700_connections_takes_six_queries() -> None:
    figures = open_sessions(crowd(MANY))
    services.heartbeat(gateway="gw-1", boot=BOOT, figures={}, load=live.Load(), now=NOW)  # writes that it was heard
    with CaptureQueriesContext(connection) as statements:
        answer = services.heartbeat(gateway="gw-1", boot=BOOT, figures=figures, load=live.Load(), now=NOW)
    assert answer == {}
    assert len(statements) <= 6, [each["sql"][:200] for each in statements]


@pytest.mark.django_db
def test_midnight_for_700_is_told_at_once_and_written_in_pieces() -> None:
    figures = open_sessions(crowd(MANY))
    Right.objects.update(ends_date=NOW.date())
    tomorrow = NOW + timedelta(days=1)
    RemoteSession.objects.update(ends_at=tomorrow + timedelta(hours=1))
    answer = services.heartbeat(gateway="gw-1", boot=BOOT, figures=figures, load=live.Load(), now=tomorrow)
    assert set(answer.values()) == {"access_revoked"}
    assert len(answer) == MANY
    assert RemoteSession.objects.filter(state="ended").count() == 100


@pytest.fixture
def history(db: None) -> User:
    """100,000 ended sessions of 200 agents over a year; the head of IT who reads them."""
    chance = random.Random(1)
    agents = crowd(200)
    computers = {each.agent_id: each.asset_id for each in Assignment.objects.all()}
    reasons = ["closed_by_user", "idle", "target_closed", "lost"]
    rows = []
    for _ in range(HISTORY // COPIES):
        agent = chance.choice(agents)
        start = NOW - timedelta(seconds=chance.randrange(360 * 86400))
        rows.append(
            RemoteSession(
                user_id=agent.user_id,
                agent=agent,
                computer_id=computers[agent.pk],
                protocol="rdp",
                sign_in="0",
                state="ended",
                requested_at=start,
                started_at=start,
                ends_at=start + timedelta(hours=10),
                ended_at=start + timedelta(hours=1),
                end_reason=chance.choice(reasons),
                correlation="0" * 32,
            )
        )
    RemoteSession.objects.bulk_create(rows, batch_size=1000)
    _copy(COPIES - 1)
    assert RemoteSession.objects.count() == HISTORY
    return authority.make_member(agents[0].entity, Role.HEAD_OF_IT)


def _copy(times: int) -> None:
    """The same sessions again under other ids: the database makes them faster than we do."""
    table = RemoteSession._meta.db_table
    columns = ", ".join(f"s.{field.column}" for field in RemoteSession._meta.fields if not field.primary_key)
    names = columns.replace("s.", "")
    new_id = "gen_random_uuid()" if connection.vendor == "postgresql" else "lower(hex(randomblob(16)))"
    several = f"(SELECT id FROM {Computer._meta.db_table} LIMIT {times}) c"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} (id, {names}) SELECT {new_id}, {columns} FROM {table} s, {several}")  # noqa: S608
        cursor.execute("ANALYZE")


PAGES = (
    "historique/",
    "historique/?end_reason=idle",
    "historique/?since=2026-11-01&until=2026-11-20",
    "historique/?q=n00042",
    "historique/?q=n+pc-00042",
    "historique/?page=1500",
    "historique/?sort=computer",
    "",
    "sessions/",
    "refus/",
    "droits/",
    "ecrans/",
)


@pytest.mark.parametrize("page", PAGES)
def test_pages_over_100_000_sessions_take_few_queries(history: User, page: str) -> None:
    """Their time is measured by `make bench`: a test on a shared machine would lie."""
    browser = browser_of(history)
    browser.get("/accessibilite/")  # a sign-in is noted once, by its first page
    with CaptureQueriesContext(connection) as statements:
        assert browser.get(f"/teletravail/{page}").status_code == 200
    assert len(statements) <= 28, [each["sql"][:150] for each in statements]


@pytest.mark.parametrize("words", ["n00042", "a n0004", "pc-0001 n", "n00042 pc-00042", "nobody"])
def test_a_search_finds_the_same_however_many_its_words_name(
    history: User, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = queries.sessions_visible_to(history)
    named = sessions.filter(queries.about(words))
    monkeypatch.setattr(queries, "FEW_NAMED", 0)
    asked = sessions.filter(queries.about(words))
    assert set(named.values_list("pk", flat=True)) == set(asked.values_list("pk", flat=True))


def test_export_of_the_history_is_streamed(history: User) -> None:
    answer = browser_of(history).get("/teletravail/historique/?format=csv&q=n00042")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 1 + RemoteSession.objects.filter(agent__last_name="N00042").count()
