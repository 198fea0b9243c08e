"""What opening one screen asks of the database: seven hundred people do it in the same minutes."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models.sql.compiler import SQLCompiler
from django.test import Client
from django.test.utils import CaptureQueriesContext

from parvis.portal.kernel.errors import NotAllowed
from parvis.portal.parc.models import Computer
from parvis.portal.remote_desktop.models import Connection, DisplaySettings, RemoteSession, Right
from tests.integration import authority
from tests.integration.remote_desktop.conftest import NOW, Office
from tests.integration.remote_desktop.test_gateway_door import at, call, who
from tests.integration.remote_desktop.test_screen_calls import post
from tests.integration.signing_in import browser_of

MOST_BUILT = 3
"""The account of a request, which Django reads; the events known already; the test's own."""

pytestmark = pytest.mark.usefixtures("at_now")
_AROUND = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


def statements(act: Callable[[], Any]) -> list[str]:
    """What was asked; where a transaction begins and ends differs under test."""
    with CaptureQueriesContext(connection) as asked:
        act()
    return [each["sql"][:150] for each in asked if not each["sql"].startswith(_AROUND)]


@pytest.fixture
def client(office: Office) -> Client:
    browser = browser_of(office.user)
    Session.objects.update(expire_date=NOW + timedelta(hours=12))  # made by the machine's clock, judged by the test's
    browser.get("/accessibilite/")
    UserSession.objects.update(created_at=NOW, last_seen_at=NOW)
    assert browser.get(f"/mon-bureau/{office.computer.pk}/ecran").status_code == 200  # notes the sign-in
    return browser


def test_a_ticket_its_redemption_and_its_start_take_few_statements(office: Office, client: Client) -> None:
    call("hello", who(version="1"))
    granted: dict[str, Any] = {}
    redeemed: dict[str, Any] = {}

    def ask() -> None:
        answer = post(client, office, "connect", {"session": None})
        assert answer.status_code == 200
        granted.update(answer.json())

    def redeem() -> None:
        answer = call("redeem", who(ticket=granted["ticket"], client_address="198.51.100.7", at=at()))
        assert answer.status_code == 200
        redeemed.update(answer.json())

    def start() -> None:
        event = {
            "id": str(uuid.uuid4()),
            "kind": "started",
            "at": at(),
            "connection": redeemed["connection"],
            "session": redeemed["session"],
            "client_address": "198.51.100.7",
            "target": "10.0.0.9:3389",
        }
        assert call("events", who(events=[event])).json()["acknowledged"] == [event["id"]]

    for act, most in ((ask, 15), (redeem, 10), (start, 13)):
        asked = statements(act)
        assert len(asked) <= most, "\n".join((act.__name__, *asked))
    opened = Connection.objects.get()
    assert (opened.started_at, opened.client_address) == (NOW, "198.51.100.7")
    assert RemoteSession.objects.get().state == "active"


def test_what_is_asked_is_built_once_not_at_every_call(
    office: Office, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second set-up of a process puts together hardly a statement (ADR 27)."""
    call("hello", who(version="1"))
    built: list[str] = []
    put_together = SQLCompiler.as_sql

    def noted(self: SQLCompiler, *args: Any, **kwargs: Any) -> Any:
        found = put_together(self, *args, **kwargs)
        built.append(found[0])
        return found

    monkeypatch.setattr(SQLCompiler, "as_sql", noted)
    for _ in range(2):
        built.clear()
        granted = post(client, office, "connect", {"session": None}).json()
        redeemed = call("redeem", who(ticket=granted["ticket"], client_address="198.51.100.7", at=at())).json()
        events = [
            {"id": str(uuid.uuid4()), "kind": "started", "at": at(), "connection": redeemed["connection"]},
        ]
        assert call("events", who(events=events)).json()["acknowledged"] == [events[0]["id"]]
        RemoteSession.objects.update(state="ended", end_reason="closed_by_user", ended_at=NOW)  # one of `built`
    assert len(built) <= MOST_BUILT, "\n".join(built)


def test_a_start_told_twice_keeps_its_first_instant(office: Office) -> None:
    grant = office.open()
    later = NOW + timedelta(seconds=20)
    office.tell("started", grant, later)
    assert Connection.objects.get().started_at == NOW
    office.tell("started", grant, later + timedelta(seconds=1), client_address="203.0.113.4")
    assert Connection.objects.get().client_address == "203.0.113.4"
    assert Connection.objects.get().started_at == NOW


def test_the_policy_of_a_session_is_that_of_its_ticket_new_or_come_back(office: Office) -> None:
    first = office.open()
    assert first.session.policy == RemoteSession.objects.get().policy
    assert first.policy.clipboard_to_pc is False
    DisplaySettings.objects.update(clipboard_to_pc=True)
    again = office.request(session=first.session)
    assert again.policy.clipboard_to_pc is True
    assert RemoteSession.objects.get().policy == again.session.policy
    assert again.session.policy["clipboard_to_pc"] is True


def test_the_limit_counts_the_screens_of_other_computers_only(office: Office, settings: Any) -> None:
    """The newest wins on a computer; a ticket nobody used in time holds no place."""
    settings.PARVIS = replace(settings.PARVIS, sessions_per_user=1)
    first = office.open()
    second = office.request()
    assert RemoteSession.objects.get(pk=first.session.pk).end_reason == "replaced"
    other = _other(office)
    with pytest.raises(NotAllowed) as refused:
        other.request()
    assert refused.value.code == "too_many_sessions"
    later = NOW + timedelta(seconds=61)  # the second's ticket has expired unused
    assert other.request(later).session.pk != second.session.pk


def _other(office: Office) -> Office:
    computer: Computer = authority.make_computer(office.entity, office.agent, address="10.0.0.10")
    DisplaySettings.objects.create(computer=computer)
    right = Right.objects.create(agent=office.agent, computer=computer, starts_date=NOW.date(), granted_at=NOW)
    return Office(office.entity, office.agent, office.user, computer, right, office.sign_in)
