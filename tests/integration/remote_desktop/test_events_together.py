"""Many events in one piece: what each says is applied, in few statements."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from parvis.portal.kernel import audit
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.remote_desktop.models import Connection, GatewayEvent, RemoteSession
from parvis.portal.remote_desktop.services import Grant, Happening, gateway_events
from tests.integration.remote_desktop.conftest import NOW, Office, make_office

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
LATER = NOW + timedelta(seconds=5)


def happening(kind: str, grant: Grant, seconds: int = 0, **more: Any) -> Happening:
    at = NOW + timedelta(seconds=seconds)
    return Happening(id=uuid.uuid4(), kind=kind, at=at, connection=grant.connection.pk, **more)


def redeemed(office: Office) -> Grant:
    grant = office.request()
    office.redeem(grant)
    return grant


def looks_beside(asked: Iterable[dict[str, str]]) -> int:
    """Statements that read first of all a row beside a session."""
    beside = ("accounts_user", "parc_asset", "directory_agent", "remote_desktop_displaysettings")
    return sum(each["sql"].partition(" FROM ")[2].startswith(tuple(f'"{name}"' for name in beside)) for each in asked)


def states() -> dict[uuid.UUID, str]:
    return dict(RemoteSession.objects.values_list("pk", "state"))


def test_a_crowd_of_starts_costs_three_statements_each(office: Office) -> None:
    grants = [redeemed(make_office(office.entity)) for _ in range(20)]
    told = [happening("started", each, client_address="198.51.100.7") for each in grants]
    head = audit.head()
    with CaptureQueriesContext(connection) as asked:
        done = gateway_events.take_in(told, now=LATER)
    assert done == [each.id for each in told]
    assert set(states().values()) == {"active"}
    assert set(Connection.objects.values_list("started_at", "client_address")) == {(NOW, "198.51.100.7")}
    assert GatewayEvent.objects.count() == 20
    assert audit.head().id == head.id + 20
    assert audit.verify() is None
    lines = AuditRecord.objects.filter(action="remote_desktop.session_started").order_by("id")
    assert [each.target_id for each in lines] == [str(each.session.pk) for each in grants]
    assert {each.client_address for each in lines} == {grants[0].session.client_address or ""}
    # Per start: the connection's row, the session's, and whether its agent is on a path. The rest is for all.
    assert len(asked) <= 3 * 20 + 12, "\n".join(each["sql"][:150] for each in asked)


def test_several_events_of_one_session_in_a_piece_follow_each_other(office: Office) -> None:
    grant, other = redeemed(office), redeemed(make_office(office.entity))
    told = [
        happening("ended", grant, 3, reason="closed_by_user", up=7, down=9),
        happening("started", other, 2),
        happening("started", grant, 1),
    ]
    gateway_events.take_in(told, now=LATER)
    assert states() == {grant.session.pk: "ended", other.session.pk: "active"}
    ended = RemoteSession.objects.get(pk=grant.session.pk)
    assert (ended.started_at, ended.ended_at) == (NOW + timedelta(seconds=1), NOW + timedelta(seconds=3))
    assert (ended.end_reason, ended.bytes_up, ended.bytes_down) == ("closed_by_user", 7, 9)
    assert audit.verify() is None


def test_the_trail_tells_a_piece_in_its_order_and_its_end_is_taken_once(office: Office) -> None:
    first, second, third = office, make_office(office.entity), make_office(office.entity)
    grants = [redeemed(each) for each in (first, second, third)]
    told = [
        happening("started", grants[0], 0),
        happening("started", grants[1], 1),
        happening("refused", grants[2], 2, reason="target_unreachable"),
        happening("ended", grants[0], 3, reason="closed_by_user"),
    ]
    before = audit.head()
    with CaptureQueriesContext(connection) as asked:
        gateway_events.take_in(told, now=LATER)
    lines = AuditRecord.objects.filter(id__gt=before.id).order_by("id").values_list("action", "target_id")
    a, b = (str(each.session.pk) for each in grants[:2])
    assert [(action.partition(".")[2], target) for action, target in lines] == [
        ("session_started", a),
        ("session_started", b),
        ("connection_refused", str(third.computer.pk)),
        ("connection_ended", a),
        ("session_ended", a),
    ]
    assert sum("kernel_audithead" in each["sql"] for each in asked) == 2  # taken, and moved
    assert audit.verify() is None


@pytest.mark.parametrize("kind", ["started", "ended"])
def test_rows_beside_the_sessions_are_read_for_all_at_once(office: Office, kind: str) -> None:
    """A column that somebody looks at and `columns` leaves out would be read for each."""

    def looks(many: int) -> int:
        told = [happening(kind, redeemed(make_office(office.entity)), reason="closed_by_user") for _ in range(many)]
        with CaptureQueriesContext(connection) as asked:
            gateway_events.take_in(told, now=LATER)
        return looks_beside(asked)

    looks(2)
    assert looks(2) == looks(4)


def test_a_heartbeat_that_ends_screens_reads_rows_beside_them_at_once(office: Office) -> None:
    def looks(many: int) -> int:
        offices = [make_office(office.entity) for _ in range(many)]
        grants = [each.open() for each in offices]
        for each in offices:
            each.right.revoked_at = NOW
            each.right.save()
        with CaptureQueriesContext(connection) as asked:
            assert set(office.beat(*grants, now=LATER).values()) == {"access_revoked"}
        return looks_beside(asked)

    looks(2)
    assert looks(2) == looks(4)


def test_an_event_of_no_known_connection_is_acknowledged_and_changes_nothing(office: Office) -> None:
    grant = redeemed(office)
    stray = Happening(id=uuid.uuid4(), kind="started", at=NOW, connection=uuid.uuid4())
    nowhere = Happening(id=uuid.uuid4(), kind="refused", at=NOW, reason="protocol_error")
    told = [stray, nowhere, happening("started", grant)]
    assert set(gateway_events.take_in(told, now=LATER)) == {each.id for each in told}
    assert states() == {grant.session.pk: "active"}


def test_an_event_that_another_request_wrote_meanwhile_undoes_the_piece_and_is_left_out(office: Office) -> None:
    first, second = redeemed(office), redeemed(make_office(office.entity))
    told = [happening("started", first), happening("started", second)]
    known = gateway_events.GatewayEvent.objects.filter(pk__in=[each.id for each in told])
    assert not known.exists()
    gateway_events.take_in(told[:1], now=LATER)
    # As if it had been written after the look at what is known.
    assert gateway_events._apply_together(told, LATER) is False
    assert states()[second.session.pk] == "requested"
    assert {each.id for each in gateway_events._apply_singly(told, LATER)} == {each.id for each in told}
    assert states() == {first.session.pk: "active", second.session.pk: "active"}
    assert AuditRecord.objects.filter(action="remote_desktop.session_started").count() == 2
    assert audit.verify() is None
