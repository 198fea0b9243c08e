"""The gateways' door over HTTP: who may come in, what may be said, what is answered."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.test import Client

from parvis.portal.accounts import sign_ins
from parvis.portal.kernel import clock
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.remote_desktop import live, services
from parvis.portal.remote_desktop.models import Connection, Gateway, Refusal, RemoteSession
from tests.integration.remote_desktop.conftest import Office, make_office

BOOT = str(uuid.UUID(int=1))
pytestmark = pytest.mark.usefixtures("at_now")
CALLS = ("hello", "redeem", "pin", "heartbeat", "events")


def call(name: str, body: object, *, secret: str | None = None, **headers: str) -> Any:
    given = settings.KEYS.gateway if secret is None else secret
    return Client().post(
        f"/internal/gateway/v1/{name}",
        data=body if isinstance(body, bytes) else json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {given}", **headers},
    )


def who(**more: object) -> dict[str, object]:
    return {"gateway": "gw-1", "boot": BOOT, **more}


def at() -> str:
    return clock.now().isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.django_db
class TestGuards:
    def test_without_secret(self, name: str) -> None:
        response = Client().post(f"/internal/gateway/v1/{name}", data="{}", content_type="application/json")
        assert response.status_code == 401
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["code"] == "unauthenticated"

    @pytest.mark.parametrize("secret", ["", "x", "é", "null"])
    def test_wrong_secret(self, name: str, secret: str) -> None:
        assert call(name, who(), secret=secret.encode("utf-8").decode("latin-1")).status_code == 401

    def test_secret_with_another_scheme(self, name: str) -> None:
        assert call(name, who(), Authorization=f"Basic {settings.KEYS.gateway}").status_code == 401

    def test_not_found_through_the_public_proxy(self, name: str) -> None:
        assert call(name, who(), **{"X-Forwarded-For": "203.0.113.9"}).status_code == 404

    def test_get(self, name: str) -> None:
        response = Client().get(
            f"/internal/gateway/v1/{name}", headers={"Authorization": f"Bearer {settings.KEYS.gateway}"}
        )
        assert response.status_code == 405
        assert response["Allow"] == "POST"

    @pytest.mark.parametrize(
        "body",
        [b" ", b"{", b"[]", b"null", b"\xff", b'{"gateway": 1}', b'{"gateway": "../x", "boot": "x"}', b"[" * 5000],
    )
    def test_nonsense(self, name: str, body: bytes) -> None:
        response = call(name, body)
        assert response.status_code == 422
        assert response.json()["code"] == "invalid"

    def test_nothing(self, name: str) -> None:
        assert call(name, b"").status_code in (411, 422)

    def test_too_large(self, name: str) -> None:
        assert call(name, b" " * (2**21 + 1)).status_code == 413

    def test_a_signed_in_browser_is_nobody_here(self, name: str, django_user_model: Any) -> None:
        browser = Client()
        browser.force_login(django_user_model.objects.create_superuser("root@rivemarine.example"))
        response = browser.post(f"/internal/gateway/v1/{name}", data="{}", content_type="application/json")
        assert response.status_code == 401


@pytest.mark.django_db
def test_hello() -> None:
    correlation = "ab" * 16
    response = call("hello", who(version="0.1.0"), **{"X-Correlation-ID": correlation})
    raw = settings.KEYS.ticket.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    assert response.json() == {"public_keys": [base64.b64encode(raw).decode()]}
    assert response["X-Correlation-ID"] == correlation
    assert Gateway.objects.get().version == "0.1.0"
    assert AuditRecord.objects.get().correlation == correlation


def redeem(ticket: str) -> Any:
    return call("redeem", who(ticket=ticket, client_address="198.51.100.7", at=at()))


def opened(office: Office) -> services.Grant:
    grant = office.request(clock.now())
    assert redeem(grant.ticket).status_code == 200
    return grant


def test_redeem(office: Office) -> None:
    grant = office.request(clock.now())
    first, second = redeem(grant.ticket), redeem(grant.ticket)
    assert first.json() == {
        "session": str(grant.session.pk),
        "connection": str(grant.connection.pk),
        "pin": None,
        "user_limit": settings.PARVIS.sessions_per_user,
    }
    assert (second.status_code, second.json()["code"]) == (409, "ticket_used")
    connection = Connection.objects.get()
    assert (connection.client_address, str(connection.boot)) == ("198.51.100.7", BOOT)


@pytest.mark.django_db
@pytest.mark.parametrize("ticket", ["", "x", "parvis1.e30.AAAA", "parvis1." + "A" * 4000])
def test_redeem_a_forged_ticket(ticket: str) -> None:
    response = redeem(ticket)
    assert (response.status_code, response.json()["code"]) == (403, "ticket_refused")
    assert Refusal.objects.get().client_address == "198.51.100.7"
    assert ticket not in response.content.decode() or len(ticket) < 2


def test_tampered_ticket(office: Office) -> None:
    grant = office.request(clock.now())
    prefix, payload, signature = grant.ticket.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["host"] = "10.0.0.1"
    text = base64.urlsafe_b64encode(json.dumps(claims, sort_keys=True, separators=(",", ":")).encode())
    response = redeem(f"{prefix}.{text.rstrip(b'=').decode()}.{signature}")
    assert response.status_code == 403
    assert Connection.objects.get().redeemed_at is None


def test_the_ticket_is_nowhere_but_in_the_answer(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    grant = office.request(clock.now())
    redeem(grant.ticket)
    redeem(grant.ticket)
    call("redeem", who(ticket=grant.ticket, client_address="not an address", at=at()))
    kept = json.dumps(list(AuditRecord.objects.values_list("data", flat=True)), default=str)
    kept += json.dumps(list(Refusal.objects.values_list("detail", flat=True))) + caplog.text
    assert grant.ticket not in kept
    assert grant.ticket.split(".")[2] not in kept


def test_pin_first_trusted_use_then_mismatch_then_accepted(office: Office) -> None:
    grant = opened(office)

    def show(fingerprint: str) -> Any:
        return call(
            "pin",
            who(
                session=str(grant.session.pk),
                connection=str(grant.connection.pk),
                fingerprint=fingerprint,
                subject="CN=PC",
                not_after="2030-01-01T00:00:00Z",
            ),
        ).json()

    assert show("a" * 64) == {"accepted": True}
    assert show("a" * 64) == {"accepted": True}
    assert show("b" * 64) == {"accepted": False}
    display = office.computer.display
    display.refresh_from_db()
    assert (display.pin, display.presented_pin) == ("a" * 64, "b" * 64)
    actions = set(AuditRecord.objects.values_list("action", flat=True))
    assert {"remote_desktop.certificate_pinned", "remote_desktop.certificate_refused"} <= actions
    assert redeem(office.request(clock.now()).ticket).json()["pin"] == "a" * 64


def test_pin_for_a_connection_that_is_not_open(office: Office) -> None:
    grant = office.request(clock.now())
    body = who(
        session=str(grant.session.pk),
        connection=str(grant.connection.pk),
        fingerprint="a" * 64,
        subject="",
        not_after="",
    )
    assert call("pin", body).status_code == 403
    office.computer.display.refresh_from_db()
    assert office.computer.display.pin == ""


def test_heartbeat_keeps_figures_in_the_cache_and_ends_what_must(office: Office) -> None:
    grant = opened(office)
    report = {
        "connection": str(grant.connection.pk),
        "session": str(grant.session.pk),
        "up": 10,
        "down": 2000,
        "rtt_ms": 23.5,
        "idle_seconds": 4,
        "clipboard_to_pc": 0,
        "clipboard_from_pc": 0,
    }
    body = who(at=at(), connections=[report], load={"event_loop_lag_ms": 0.4, "connections": 1, "file_descriptors": 20})
    assert call("heartbeat", body).json() == {"end": []}
    gateway = Gateway.objects.get()
    pulse = live.pulse(gateway.pk)
    assert pulse is not None
    assert pulse.figures[grant.connection.pk].rtt_ms == 23.5
    assert RemoteSession.objects.get().bytes_down == 0
    sign_ins.end(user=office.user, actor=None, now=clock.now(), reason=sign_ins.Reason.ENDED_BY_USER)
    answer = call("heartbeat", body).json()
    assert answer == {"end": [{"connection": str(grant.connection.pk), "reason": "access_revoked"}]}


@pytest.mark.django_db
@pytest.mark.parametrize("bad", [{"up": -1}, {"up": "1"}, {"down": 2**63}, {"rtt_ms": -0.1}, {"connection": "x"}])
def test_heartbeat_with_impossible_figures(bad: dict[str, object]) -> None:
    report = {"connection": str(uuid.uuid4()), "session": str(uuid.uuid4()), "up": 0, "down": 0} | bad
    assert call("heartbeat", who(at=at(), connections=[report])).status_code == 422


@pytest.mark.django_db
def test_heartbeat_with_nan_is_refused() -> None:
    body = json.dumps(who(at=at(), connections=[], load={"event_loop_lag_ms": 0})).replace("0}", "NaN}").encode()
    assert call("heartbeat", body).status_code == 422


def test_events(office: Office) -> None:
    grant = opened(office)
    ids = [str(uuid.uuid4()) for _ in range(3)]
    ours = {"at": at(), "connection": str(grant.connection.pk), "session": str(grant.session.pk)}
    started = {"client_address": "198.51.100.8", "target_address": "10.0.0.9:3389", "new_field": [1]}
    ended = {"reason": "idle", "up": 4, "down": 5, "clipboard_to_pc": 2, "clipboard_from_pc": 0}
    refused = {"reason": "target_forbidden", "detail": "loopback", "client_address": "198.51.100.9", "target": "::1"}
    events = [
        {"id": ids[0], "kind": "started", **ours, **started},
        {"id": ids[1], "kind": "ended", **ours, **ended},
        {"id": ids[2], "kind": "refused", "at": at(), **refused},
    ]
    for _ in range(2):
        assert sorted(call("events", who(events=events)).json()["acknowledged"]) == sorted(ids)
    session = RemoteSession.objects.get()
    assert (session.state, session.end_reason, session.bytes_up, session.bytes_down) == ("ended", "idle", 4, 5)
    refusal = Refusal.objects.get()
    assert (refusal.reason, refusal.source, refusal.client_address) == ("target_forbidden", "gateway", "198.51.100.9")
    lines = AuditRecord.objects.filter(action="remote_desktop.connection_ended")
    assert lines.get().data["clipboard_to_pc"] == 2


def test_events_that_make_no_sense_do_not_hold_back_the_others(office: Office) -> None:
    grant = opened(office)
    good = {"id": str(uuid.uuid4()), "kind": "started", "at": at(), "connection": str(grant.connection.pk)}
    odd = {"id": str(uuid.uuid4()), "kind": "exploded", "at": at()}
    nameless = {"kind": "started"}
    answer = call("events", who(events=[odd, nameless, good])).json()
    assert answer == {"acknowledged": [odd["id"], good["id"]]}
    assert RemoteSession.objects.get().state == "active"
    assert AuditRecord.objects.filter(action="remote_desktop.gateway_event_not_understood").count() == 1


@pytest.mark.django_db
def test_at_most_500_events() -> None:
    assert call("events", who(events=[{}] * 501)).status_code == 422
    assert call("events", who(events=[{}] * 500)).status_code == 200


def test_an_event_that_cannot_be_applied_is_kept_by_the_gateway(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from parvis.portal.remote_desktop.services import gateway_events

    first, second = opened(office), opened(make_office(office.entity))

    def broken(happening: services.Happening, *_rest: object) -> None:
        if happening.connection == first.connection.pk:
            raise RuntimeError("the disk is full")
        started(happening, *_rest)  # type: ignore[arg-type]

    started = gateway_events._APPLY["started"]
    monkeypatch.setitem(gateway_events._APPLY, "started", broken)
    events = [
        {"id": str(uuid.uuid4()), "kind": "started", "at": at(), "connection": str(each.connection.pk)}
        for each in (first, second)
    ]
    assert call("events", who(events=events)).json() == {"acknowledged": [events[1]["id"]]}
    monkeypatch.undo()
    assert len(call("events", who(events=events)).json()["acknowledged"]) == 2
    assert set(RemoteSession.objects.values_list("state", flat=True)) == {"active"}
