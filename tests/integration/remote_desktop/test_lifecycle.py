"""A session from the click to the end, across cuts, as the gateway tells it: in order, twice, late, never."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.conf import settings

from parvis.portal.kernel.errors import Conflict, NotAllowed, NotFound
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.parc.models import Assignment
from parvis.portal.privacy import retention
from parvis.portal.remote_desktop import services
from parvis.portal.remote_desktop.models import Connection, Gateway, GatewayEvent, Refusal, RemoteSession
from parvis.ticket import codec
from tests.integration.remote_desktop.conftest import NOW, Office, make_office, state

SECOND = timedelta(seconds=1)


def actions() -> list[str]:
    return [
        each.removeprefix("remote_desktop.")
        for each in AuditRecord.objects.order_by("id").values_list("action", flat=True)
    ]


def test_ticket_says_where_and_for_how_long(office: Office) -> None:
    grant = office.request()
    claims = codec.verify(grant.ticket, [settings.KEYS.ticket.public_key()], NOW.timestamp())
    assert (claims.host, claims.port, str(claims.protocol)) == ("10.0.0.9", 3389, "rdp")
    assert claims.exp - claims.iat <= 60
    assert (claims.sign_in, claims.user, claims.computer) == (office.sign_in, office.user.pk, office.computer.pk)
    assert not claims.policy.clipboard_to_pc
    assert not claims.policy.clipboard_from_pc


def test_from_click_to_end(office: Office) -> None:
    grant = office.open()
    assert state(grant) == ("active", "")
    office.tell("ended", grant, NOW + 60 * SECOND, reason="closed_by_user", up=100, down=2000, clipboard_to_pc=3)
    assert state(grant) == ("ended", "closed_by_user")
    session = RemoteSession.objects.get()
    assert (session.bytes_up, session.bytes_down) == (100, 2000)
    assert session.ended_at == NOW + 60 * SECOND
    assert Connection.objects.get().clipboard_to_pc == 3
    assert actions() == ["session_requested", "session_started", "connection_ended", "session_ended"]
    assert set(AuditRecord.objects.values_list("correlation", flat=True)) == {session.correlation}


def test_ticket_is_spent_once(office: Office) -> None:
    grant = office.request()
    office.redeem(grant)
    with pytest.raises(Conflict) as refused:
        office.redeem(grant)
    assert refused.value.code == "ticket_used"
    assert Refusal.objects.get().reason == "ticket_used"


def test_a_new_ticket_voids_the_one_nobody_used(office: Office) -> None:
    first = office.request()
    second = office.request(NOW + SECOND, first.session)
    with pytest.raises(NotAllowed) as refused:
        office.redeem(first, NOW + 2 * SECOND)
    assert refused.value.code == "ticket_refused"
    office.redeem(second, NOW + 2 * SECOND)


def test_expired_ticket_is_refused(office: Office) -> None:
    grant = office.request()
    with pytest.raises(NotAllowed) as refused:
        office.redeem(grant, NOW + 61 * SECOND)
    assert refused.value.code == "ticket_refused"


def test_comes_back_to_the_same_session_within_the_grace_time(office: Office) -> None:
    grant = office.open()
    office.tell("ended", grant, NOW + 10 * SECOND, reason="browser_lost", up=5, down=7)
    assert state(grant) == ("interrupted", "")
    again = office.open(NOW + 30 * SECOND, grant.session)
    assert again.session.pk == grant.session.pk
    assert again.connection.pk != grant.connection.pk
    assert state(again) == ("active", "")
    office.tell("ended", again, NOW + 90 * SECOND, reason="closed_by_user", up=10, down=20)
    assert (RemoteSession.objects.get().bytes_up, RemoteSession.objects.get().bytes_down) == (15, 27)


def test_too_late_to_come_back(office: Office) -> None:
    grant = office.open()
    office.tell("ended", grant, NOW, reason="browser_lost")
    with pytest.raises(Conflict) as refused:
        office.request(NOW + timedelta(minutes=settings.PARVIS.resume_minutes, seconds=1), grant.session)
    assert refused.value.code == "session_ended"


def test_browser_back_before_the_gateway_has_noticed(office: Office) -> None:
    first = office.open()
    second = office.request(NOW + SECOND, first.session)
    office.redeem(second, NOW + SECOND)
    assert office.beat(first, second, now=NOW + 2 * SECOND) == {first.connection.pk: "browser_lost"}
    office.tell("started", second, NOW + 2 * SECOND)
    office.tell("ended", first, NOW + 3 * SECOND, reason="browser_lost")
    assert state(first) == ("active", "")
    assert Connection.objects.get(pk=first.connection.pk).end_reason == "superseded"


def test_opened_again_in_another_tab_replaces(office: Office) -> None:
    first = office.open()
    office.request(NOW + SECOND)
    assert state(first) == ("ended", "replaced")
    assert office.beat(first, now=NOW + 2 * SECOND) == {first.connection.pk: "closed_by_user"}


@pytest.mark.parametrize("times", [1, 3])
def test_ended_before_started_and_repeated(office: Office, times: int) -> None:
    grant = office.request()
    office.redeem(grant)
    ended = services.Happening(
        id=uuid.uuid4(), kind="ended", at=NOW + 9 * SECOND, connection=grant.connection.pk, reason="idle", up=1, down=2
    )
    started = services.Happening(id=uuid.uuid4(), kind="started", at=NOW, connection=grant.connection.pk)
    for _ in range(times):
        services.take_in([ended], now=NOW + 10 * SECOND)
        services.take_in([started], now=NOW + 11 * SECOND)
    session = RemoteSession.objects.get()
    assert (session.state, session.end_reason, session.started_at) == ("ended", "idle", NOW)
    assert (session.bytes_up, session.bytes_down) == (1, 2)
    assert actions().count("connection_ended") == 1
    assert GatewayEvent.objects.count() == 2


def test_events_of_unknown_connections_are_acknowledged(office: Office) -> None:
    stranger = services.Happening(id=uuid.uuid4(), kind="ended", at=NOW, connection=uuid.uuid4(), reason="idle")
    assert services.take_in([stranger], now=NOW) == [stranger.id]


def test_gateway_killed_and_back(office: Office) -> None:
    grant = office.open()
    services.hello(gateway=office.gateway, boot=uuid.UUID(int=2), version="1", now=NOW + 5 * SECOND)
    connection = Connection.objects.get(pk=grant.connection.pk)
    assert (connection.end_reason, connection.ended_at) == ("gateway_lost", NOW + 5 * SECOND)
    assert state(grant) == ("interrupted", "")
    office.boot = uuid.UUID(int=2)
    again = office.open(NOW + 8 * SECOND, grant.session)
    assert state(again) == ("active", "")
    # The journal of the killed process is delivered now: its word completes the account, and undoes nothing.
    office.tell("ended", grant, NOW + 4 * SECOND, NOW + 9 * SECOND, reason="browser_lost", up=50, down=60)
    assert Connection.objects.get(pk=grant.connection.pk).end_reason == "browser_lost"
    assert state(again) == ("active", "")
    assert RemoteSession.objects.get().bytes_up == 50


def test_hello_again_of_the_same_boot_changes_nothing(office: Office) -> None:
    grant = office.open()
    services.hello(gateway=office.gateway, boot=office.boot, version="1", now=NOW + SECOND)
    assert state(grant) == ("active", "")


def test_another_gateway_s_hello_is_nobody_else_s_business(office: Office) -> None:
    grant = office.open()
    services.hello(gateway="gw-2", boot=uuid.UUID(int=9), version="1", now=NOW + SECOND)
    assert state(grant) == ("active", "")


def test_connection_not_reported_any_more_is_lost_then_taken_back(office: Office) -> None:
    grant = office.open()
    office.beat(now=NOW + SECOND)
    office.beat(now=NOW + 20 * SECOND)
    assert state(grant) == ("active", "")
    office.beat(now=NOW + 22 * SECOND)
    assert state(grant) == ("interrupted", "")
    assert Connection.objects.get().end_reason == "gateway_lost"
    assert office.beat(grant, now=NOW + 24 * SECOND) == {}
    assert state(grant) == ("active", "")


def test_unknown_connection_must_end(office: Office) -> None:
    office.open()
    stranger = office.request(NOW + SECOND)
    Connection.objects.filter(pk=stranger.connection.pk).delete()
    assert office.beat(stranger, now=NOW + 2 * SECOND) == {stranger.connection.pk: "access_revoked"}


def test_portal_killed_between_redeem_and_answer(office: Office) -> None:
    """The gateway never learnt that the ticket was good: it never reports the connection."""
    grant = office.request()
    office.redeem(grant)
    office.beat(now=NOW + SECOND)
    office.beat(now=NOW + 23 * SECOND)
    assert state(grant) == ("interrupted", "")
    services.sweep(now=NOW + timedelta(minutes=10))
    assert state(grant) == ("ended", "lost")


def test_sweep(office: Office) -> None:
    never = office.request()
    other = make_office(office.entity)
    cut = other.open()
    other.tell("ended", cut, NOW, reason="gateway_restarting")
    services.sweep(now=NOW + 119 * SECOND)
    assert (state(never), state(cut)) == (("requested", ""), ("interrupted", ""))
    services.sweep(now=NOW + timedelta(minutes=6))
    services.sweep(now=NOW + timedelta(minutes=6))
    assert (state(never), state(cut)) == (("ended", "not_opened"), ("ended", "lost"))


def test_sweep_closes_what_a_silent_gateway_held(office: Office) -> None:
    grant = office.open()
    office.beat(grant, now=NOW)
    services.sweep(now=NOW + 60 * SECOND)
    assert state(grant) == ("active", "")
    services.sweep(now=NOW + 100 * SECOND)
    assert state(grant) == ("interrupted", "")


def test_retention(office: Office) -> None:
    grant = office.open()
    office.tell("ended", grant, NOW, reason="idle")
    Refusal.objects.create(at=NOW, source="portal", reason="no_right")
    services.sweep(now=NOW + timedelta(days=29))
    assert (GatewayEvent.objects.count(), RemoteSession.objects.count(), Refusal.objects.count()) == (2, 1, 1)
    services.sweep(now=NOW + timedelta(days=31))
    assert (GatewayEvent.objects.count(), RemoteSession.objects.count(), Refusal.objects.count()) == (0, 1, 1)
    retention.purge_all(NOW + timedelta(days=367))
    assert (RemoteSession.objects.count(), Connection.objects.count(), Refusal.objects.count()) == (0, 0, 0)


def test_limit_of_sessions(office: Office) -> None:
    entity = office.entity
    grants = [office.open()]
    for _ in range(settings.PARVIS.sessions_per_user - 1):
        grants.append(_second_pc(office, entity).open())
    last = _second_pc(office, entity)
    with pytest.raises(NotAllowed) as refused:
        last.request()
    assert refused.value.code == "too_many_sessions"
    assert Refusal.objects.get().reason == "too_many_sessions"
    office.tell("ended", grants[0], NOW, reason="closed_by_user")
    last.request()


def test_session_of_another_is_not_found(office: Office) -> None:
    mine = office.open()
    other = make_office(office.entity)
    with pytest.raises(NotFound):
        other.request(NOW, mine.session)
    with pytest.raises(NotFound):
        services.request_connection(
            actor=other.user, computer_id=office.computer.pk, sign_in=other.sign_in, session_id=None, now=NOW
        )
    assert Refusal.objects.get().reason == "not_found"


def _second_pc(office: Office, _entity: object) -> Office:
    other = make_office(office.entity)
    other.right.agent = office.agent
    other.right.save()
    return Office(office.entity, office.agent, office.user, other.computer, other.right, office.sign_in)


def test_gateway_row_follows_the_boot(office: Office) -> None:
    services.hello(gateway="gw-1", boot=uuid.UUID(int=1), version="0.1.0", now=NOW)
    services.hello(gateway="gw-1", boot=uuid.UUID(int=2), version="0.2.0", now=NOW + SECOND)
    gateway = Gateway.objects.get()
    assert (gateway.boot, gateway.version, gateway.booted_at) == (uuid.UUID(int=2), "0.2.0", NOW + SECOND)


def test_a_computer_given_to_somebody_else_opens_no_more_though_the_right_has_no_end(office: Office) -> None:
    office.right.ends_date = None
    office.right.save()
    Assignment.objects.all().delete()
    with pytest.raises(NotAllowed) as refused:
        office.request()
    assert refused.value.code == "not_assigned"
