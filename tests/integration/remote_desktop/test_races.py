"""Many at once: exactly one wins, on SQLite and on PostgreSQL."""

from __future__ import annotations

import sys
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from parvis.portal.kernel import audit
from parvis.portal.kernel.errors import Conflict, NotAllowed
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.remote_desktop import services
from parvis.portal.remote_desktop.models import Connection, DisplaySettings, RemoteSession
from tests.integration.remote_desktop.conftest import NOW, Office, make_office, state

THREADS = 20
pytestmark = pytest.mark.django_db(transaction=True)


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """What each of `count` threads, let go together, returned or raised."""
    gate = threading.Barrier(count)

    def run(number: int) -> Any:
        try:
            connection.ensure_connection()
            gate.wait(timeout=30)
            return work(number)
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def won(results: list[Any]) -> list[Any]:
    return [each for each in results if isinstance(each, services.Redeemed)]


def test_the_same_ticket_from_many_threads_opens_once() -> None:
    office = make_office()
    grant = office.request()
    results = at_once(THREADS, lambda _: office.redeem(grant))
    assert len(won(results)) == 1
    losers = [each for each in results if isinstance(each, Conflict)]
    assert len(losers) == THREADS - 1
    assert {each.code for each in losers} == {"ticket_used"}
    assert audit.verify() is None


def test_the_race_is_real(monkeypatch: pytest.MonkeyPatch) -> None:
    """With check-then-set instead of the conditional UPDATE behind the account's lock, a ticket opens several times."""
    pause = threading.Barrier(THREADS)

    def check_then_set(claims: Any, by: Any, client_address: str, now: Any) -> tuple[Any, None]:
        row = Connection.objects.select_related("session__computer__display").get(pk=claims.connection)
        pause.wait(timeout=30)
        if row.redeemed_at is not None:
            return None, None
        Connection.objects.filter(pk=row.pk).update(redeemed_at=now, gateway=by, boot=by.boot)
        return row.session, None

    monkeypatch.setattr(sys.modules["parvis.portal.remote_desktop.services.redeem"], "_spend", check_then_set)
    office = make_office()
    grant = office.request()
    results = at_once(THREADS, lambda _: office.redeem(grant))
    assert len(won(results)) > 1


def test_the_limit_of_sessions_holds_against_impatience() -> None:
    office = make_office()
    others = []
    for _ in range(6):
        other = make_office(office.entity)
        other.right.agent = office.agent
        other.right.save()
        others.append(Office(office.entity, office.agent, office.user, other.computer, other.right, office.sign_in))
    results = at_once(len(others), lambda number: others[number].request())
    granted = [each for each in results if isinstance(each, services.Grant)]
    assert len(granted) == settings.PARVIS.sessions_per_user
    assert all(each.code == "too_many_sessions" for each in results if isinstance(each, NotAllowed))
    assert RemoteSession.objects.count() == settings.PARVIS.sessions_per_user


def test_the_first_certificate_is_one() -> None:
    office = make_office()
    grant = office.open()

    def show(number: int) -> bool:
        return services.present_certificate(
            connection_id=grant.connection.pk,
            session_id=grant.session.pk,
            fingerprint=f"{number:064x}",
            subject="",
            not_after="",
            now=NOW,
        )

    results = at_once(8, show)
    assert results.count(True) == 1
    assert results.count(False) == 7
    assert DisplaySettings.objects.get().pin == f"{results.index(True):064x}"


def test_the_same_event_at_once_counts_once() -> None:
    office = make_office()
    grant = office.open()
    ended = services.Happening(
        id=uuid.uuid4(), kind="ended", at=NOW, connection=grant.connection.pk, reason="closed_by_user", up=3, down=4
    )
    results = at_once(10, lambda _: services.take_in([ended], now=NOW))
    assert results == [[ended.id]] * 10
    assert AuditRecord.objects.filter(action="remote_desktop.connection_ended").count() == 1
    assert state(grant) == ("ended", "closed_by_user")


def test_end_by_many_ends_once() -> None:
    office = make_office()
    grant = office.open()
    results = at_once(
        10,
        lambda _: services.end_session(
            actor=office.user, session=RemoteSession.objects.select_related("user", "computer").get(), now=NOW
        ),
    )
    assert results.count(True) == 1
    assert results.count(False) == 9
    assert AuditRecord.objects.filter(action="remote_desktop.session_ended").count() == 1
    assert state(grant) == ("ended", "closed_by_user")


def test_heartbeat_sweep_and_events_together_leave_one_story() -> None:
    office = make_office()
    grant = office.open()
    office.right.delete()
    later = NOW + timedelta(seconds=5)

    def work(number: int) -> object:
        if number % 3 == 0:
            return office.beat(grant, now=later)
        if number % 3 == 1:
            return services.sweep(now=later)
        return office.tell("ended", grant, later, reason="access_revoked", up=number, down=number)

    results = at_once(9, work)
    assert not [each for each in results if isinstance(each, Exception)]
    assert state(grant) == ("ended", "access_revoked")
    assert RemoteSession.objects.get().bytes_up == 8
    assert AuditRecord.objects.filter(action="remote_desktop.session_ended").count() == 1
    assert audit.verify() is None
