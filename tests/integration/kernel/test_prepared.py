"""Statements built once give what the query sets they were made from give, whatever their values and their thread."""

from __future__ import annotations

import threading
import uuid
from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.test.utils import CaptureQueriesContext

from parvis.portal.kernel import prepared
from parvis.portal.remote_desktop.models import Connection, GatewayEvent, RemoteSession
from tests.integration import authority
from tests.integration.remote_desktop.conftest import NOW, make_office

FIELDS = [each.attname for each in RemoteSession._meta.concrete_fields]


def values(row: models.Model) -> dict[str, Any]:
    return {name: getattr(row, name) for name in FIELDS}


@pytest.mark.django_db
def test_instances_are_those_of_the_query_set_with_what_is_read_with_them() -> None:
    read: prepared.Read[RemoteSession] = prepared.Read(
        lambda user, since: (
            RemoteSession.objects.filter(user=user, requested_at__gte=since)
            .select_related("user", "computer__display")
            .annotate(shown=models.F("protocol"))
            .order_by("requested_at")
        ),
        user=models.BigIntegerField(),
        since=models.DateTimeField(),
    )
    offices = [make_office(), make_office()]
    for office in offices:
        grant = office.request()
        (found,) = read.all(user=office.user.pk, since=NOW)
        assert values(found) == values(RemoteSession.objects.get(pk=grant.session.pk))
        with CaptureQueriesContext(connection) as asked:
            assert found.user == office.user
            assert found.computer.display.port == 3389
            assert found.shown == "rdp"  # type: ignore[attr-defined]
        assert len(asked) == 0
        found.end_reason = "closed_by_user"
        found.save()  # it is a row of the database, not a new one
    assert read.first(user=0, since=NOW) is None
    with pytest.raises(TypeError):
        read.all(user=1)


@pytest.mark.django_db
def test_tuples_and_single_values_are_converted_as_by_the_query_set() -> None:
    grant = make_office().request()
    of_connection = Connection.objects.filter(pk=grant.connection.pk)
    several: prepared.Read[Any] = prepared.Read(
        lambda pk: Connection.objects.filter(pk=pk).values_list("issued_at", "session__policy", "session_id", "boot"),
        pk=models.UUIDField(),
    )
    single: prepared.Read[datetime] = prepared.Read(
        lambda pk: Connection.objects.filter(pk=pk).values_list("issued_at", flat=True), pk=models.UUIDField()
    )
    asked = of_connection.values_list("issued_at", "session__policy", "session_id", "boot")
    assert several.all(pk=grant.connection.pk) == list(asked)
    assert single.first(pk=str(grant.connection.pk)) == NOW


@pytest.mark.django_db
def test_an_update_changes_its_rows_only_and_says_how_many() -> None:
    first, second = make_office().request(), make_office().request()
    close = prepared.Update(
        lambda pk, at: (Connection.objects.filter(pk=pk, ended_at__isnull=True), {"ended_at": at, "end_reason": "x"}),
        pk=models.UUIDField(),
        at=models.DateTimeField(),
    )
    assert close(pk=first.connection.pk, at=NOW) == 1
    assert close(pk=first.connection.pk, at=NOW) == 0
    assert Connection.objects.get(pk=first.connection.pk).ended_at == NOW
    assert Connection.objects.get(pk=second.connection.pk).ended_at is None
    assert close(pk=second.connection.pk, at=None) == 1


@pytest.mark.django_db
def test_a_new_row_is_as_saved_and_never_twice() -> None:
    office = make_office()
    session = office.request().session
    kept = RemoteSession.objects.get(pk=session.pk)
    kept.pk = uuid.uuid4()
    copy = prepared.insert(kept)
    assert values(RemoteSession.objects.get(pk=copy.pk)) == values(kept)
    event = GatewayEvent(id=uuid.uuid4(), kind="started", at=NOW, received_at=NOW)
    prepared.insert(event)
    with pytest.raises(IntegrityError), transaction.atomic():
        prepared.insert(GatewayEvent(id=event.pk, kind="ended", at=NOW, received_at=NOW))
    with pytest.raises(TypeError):
        prepared.insert(authority.make_computer(office.entity, office.agent).__class__())  # its key is the database's
    assert GatewayEvent.objects.get().kind == "started"


@pytest.mark.django_db(transaction=True)
def test_a_lock_without_a_transaction_is_refused_the_second_time_too() -> None:
    """Django refuses while it builds the statement; a lock taken in autocommit mode would be gone before it is used."""
    read: prepared.Read[Connection] = prepared.Read(
        lambda pk: Connection.objects.select_for_update().filter(pk=pk), pk=models.UUIDField()
    )
    nobody = uuid.uuid4()
    with pytest.raises(transaction.TransactionManagementError):
        read.all(pk=nobody)
    with transaction.atomic():
        assert read.all(pk=nobody) == []
    with pytest.raises(transaction.TransactionManagementError):
        read.all(pk=nobody)


@pytest.mark.django_db(transaction=True)
def test_threads_share_what_one_of_them_built() -> None:
    grant = make_office().request()
    read: prepared.Read[Connection] = prepared.Read(
        lambda pk: Connection.objects.filter(pk=pk).select_related("session"), pk=models.UUIDField()
    )
    found: list[Any] = []

    def work() -> None:
        try:
            found.extend(read.first(pk=grant.connection.pk).session.policy for _ in range(20))  # type: ignore[union-attr]
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert found == [grant.session.policy] * 80
