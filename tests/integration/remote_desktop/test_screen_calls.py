"""The viewer's page and its three calls (contract, section 4)."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from parvis.portal.accounts import sign_ins
from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Role
from parvis.portal.kernel.errors import NotFound
from parvis.portal.kernel.events import recorded
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.remote_desktop import live, services
from parvis.portal.remote_desktop.events import SignInRefused
from parvis.portal.remote_desktop.models import Connection, Refusal, RemoteSession
from parvis.ticket import codec
from tests.integration.authority import make_member
from tests.integration.remote_desktop.conftest import NOW, Office, make_office
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.usefixtures("at_now")


def post(client: Client, office: Office, what: str, body: object, **headers: str) -> Any:
    text = body if isinstance(body, str) else json.dumps(body)
    address = f"/mon-bureau/{office.computer.pk}/{what}"
    return client.post(address, text, content_type="application/json", headers=headers)


@pytest.fixture
def client(office: Office) -> Client:
    browser = browser_of(office.user)
    Session.objects.update(expire_date=NOW + timedelta(hours=12))  # made by the machine's clock, judged by the test's
    return browser


def test_page_holds_the_configuration(office: Office, client: Client) -> None:
    page = client.get(f"/mon-bureau/{office.computer.pk}/ecran")
    assert page.status_code == 200
    text = page.content.decode()
    assert 'id="viewer"' in text
    config = json.loads(text.partition('id="viewer-config" type="application/json">')[2].partition("</script>")[0])
    assert set(config) == {
        "computer", "protocol", "connect_url", "state_url", "end_url", "refused_url", "home_url", "csrf",
        "keyboard_layout", "color_depth", "ask_username", "username", "domain", "ask_password", "texts",
    }  # fmt: skip
    assert (config["ask_username"], config["ask_password"]) == (True, True)
    assert config["texts"]["card.connect"] == "Se connecter"
    assert office.computer.address not in text
    assert "no-store" in page["Cache-Control"]


def test_name_of_a_computer_cannot_break_out(office: Office, client: Client) -> None:
    office.computer.name = "</script><script>alert(1)</script>"
    office.computer.save()
    for address in ("", f"{office.computer.pk}/ecran"):
        assert "<script>alert" not in client.get(f"/mon-bureau/{address}").content.decode()


def test_connect(office: Office, client: Client) -> None:
    answer = post(client, office, "connect", {"session": None})
    assert answer.status_code == 200
    body = answer.json()
    claims = codec.verify(body["ticket"], [settings.KEYS.ticket.public_key()], NOW.timestamp())
    assert body["session"] == str(claims.session)
    assert (body["websocket"], body["websocket_origin"]) == ("/gateway/v1/rdp", settings.PARVIS.gateway_origin)
    assert body["policy"] == {
        "clipboard_to_pc": False,
        "clipboard_from_pc": False,
        "idle_seconds": settings.PARVIS.idle_minutes * 60,
        "ends_at": claims.policy.ends_at,
        "resume_seconds": settings.PARVIS.resume_minutes * 60,
    }
    assert claims.sign_in in sign_ins.alive({claims.sign_in})
    assert answer["X-Correlation-ID"] == claims.correlation == RemoteSession.objects.get().correlation
    assert "no-store" in answer["Cache-Control"]


def test_signing_out_in_the_browser_kills_it(office: Office, client: Client) -> None:
    body = post(client, office, "connect", {"session": None}).json()
    assert services.redeem(
        gateway="gw-1", boot=office.boot, ticket=body["ticket"], client_address="198.51.100.7", now=NOW
    )
    client.post("/compte/deconnexion/")
    assert RemoteSession.objects.get().end_reason == "signed_out"


def test_refusal_in_words(office: Office, client: Client) -> None:
    office.right.delete()
    answer = post(client, office, "connect", {"session": None})
    assert answer.status_code == 403
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert (body["code"], body["title"]) == ("no_right", "Aucun droit")
    assert body["detail"].startswith("Vous n’avez pas encore le droit")
    assert body["advice"]
    refusal = Refusal.objects.get()
    assert (refusal.user, refusal.computer, refusal.reason) == (office.user, office.computer, "no_right")


def test_refusal_in_english(office: Office, client: Client) -> None:
    office.right.delete()
    answer = post(client, office, "connect", {"session": None}, **{"Accept-Language": "en"})
    assert answer.json()["code"] == "no_right"


@pytest.mark.parametrize("body", ["", "{", "[]", "null", "{}", '{"session": 1}', '{"session": "x"}', "x" * 2000])
@pytest.mark.parametrize("what", ["connect", "end", "refused"])
def test_nonsense(office: Office, client: Client, what: str, body: str) -> None:
    answer = post(client, office, what, body)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"


def test_without_csrf_token(office: Office) -> None:
    signed_in = browser_of(office.user)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = signed_in.cookies
    assert post(strict, office, "connect", {"session": None}).status_code == 403
    assert not RemoteSession.objects.exists()


def test_from_another_site(office: Office) -> None:
    signed_in = browser_of(office.user)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = signed_in.cookies
    page = strict.get(f"/mon-bureau/{office.computer.pk}/ecran").content.decode()
    token = json.loads(page.partition('id="viewer-config" type="application/json">')[2].partition("</script>")[0])[
        "csrf"
    ]
    good = {"X-CSRFToken": token, "Origin": "http://testserver"}
    assert post(strict, office, "connect", {"session": None}, **good).status_code == 200
    evil = good | {"Origin": "https://evil.example"}
    assert post(strict, office, "connect", {"session": None}, **evil).status_code == 403


def test_state_through_a_life(office: Office, client: Client) -> None:
    session = post(client, office, "connect", {"session": None}).json()["session"]
    connection = RemoteSession.objects.get().connections.get()

    def state() -> dict[str, Any]:
        answer = client.get(f"/mon-bureau/{office.computer.pk}/state?session={session}")
        assert answer.status_code == 200
        return answer.json()  # type: ignore[no-any-return]

    first = state()
    assert (first["state"], first["can_resume"], first["quality"]) == ("requested", True, None)
    services.redeem(
        gateway="gw-1",
        boot=office.boot,
        ticket=post(client, office, "connect", {"session": session}).json()["ticket"],
        client_address="198.51.100.7",
        now=NOW,
    )
    connection = RemoteSession.objects.get().connections.get(redeemed_at__isnull=False)
    happened = {"connection": connection.pk, "at": NOW}
    services.take_in([services.Happening(id=uuid.uuid4(), kind="started", **happened)], now=NOW)
    services.heartbeat(
        gateway="gw-1",
        boot=office.boot,
        figures={connection.pk: live.Figures(up=5, down=6, rtt_ms=12.5, idle_seconds=60)},
        load=live.Load(),
        now=NOW,
    )
    active = state()
    assert active["state"] == "active"
    assert active["quality"] == {"rtt_ms": 12.5, "up_bytes": 5, "down_bytes": 6}
    assert active["idle_ends_at"] == "2026-11-23T08:59:00+00:00"
    services.take_in([services.Happening(id=uuid.uuid4(), kind="ended", reason="browser_lost", **happened)], now=NOW)
    cut = state()
    assert (cut["state"], cut["can_resume"], cut["resume_until"]) == ("interrupted", True, "2026-11-23T08:35:00+00:00")
    assert post(client, office, "end", {"session": session}).status_code == 204
    over = state()
    assert (over["state"], over["reason"], over["can_resume"]) == ("ended", "closed_by_user", False)
    assert over["message"] == "Vous avez fermé l’écran de votre ordinateur."
    again = post(client, office, "connect", {"session": session})
    assert (again.status_code, again.json()["code"]) == (409, "session_ended")


def test_the_session_of_another_is_not_found(office: Office) -> None:
    other = make_office(office.entity)
    grant = office.open()
    thief = browser_of(other.user)
    for holder in (office, other):
        address = f"/mon-bureau/{holder.computer.pk}"
        assert thief.get(f"{address}/state?session={grant.session.pk}").status_code == 404
        assert post(thief, holder, "end", {"session": str(grant.session.pk)}).status_code == 404
        assert post(thief, holder, "connect", {"session": str(grant.session.pk)}).status_code == 404
    assert thief.get(f"/mon-bureau/{office.computer.pk}/ecran").status_code == 404
    assert RemoteSession.objects.get(pk=grant.session.pk).state == "active"


def test_connections_are_throttled(office: Office, client: Client) -> None:
    answers = [post(client, office, "connect", {"session": None}).status_code for _ in range(31)]
    assert answers[:30] == [200] * 30
    assert answers[30] == 429


def test_signed_out_people_see_nothing(office: Office, client: Client) -> None:
    grant = office.open()
    nobody = Client()
    for what in ("ecran", f"state?session={grant.session.pk}"):
        assert nobody.get(f"/mon-bureau/{office.computer.pk}/{what}").status_code in (302, 401, 403)
    assert post(nobody, office, "connect", {"session": None}).status_code in (302, 401, 403)


def test_a_user_without_agent(office: Office) -> None:
    stranger = User.objects.create_user("seul@rivemarine.example")
    browser = browser_of(stranger)
    assert browser.get(f"/mon-bureau/{office.computer.pk}/ecran").status_code == 404
    assert "relié à aucun agent" in browser.get("/mon-bureau/").content.decode()


# Why the PC refused the sign-in, as the browser read it


def told(client: Client, office: Office, session: object, code: object) -> int:
    return int(post(client, office, "refused", {"session": str(session), "code": code}).status_code)


def test_why_windows_refused_is_kept_once(office: Office, client: Client) -> None:
    grant = office.open()
    with recorded(SignInRefused) as seen:
        assert told(client, office, grant.session.pk, "password_expired") == 204
        assert told(client, office, grant.session.pk, "account_locked") == 204  # one handshake has one answer
    assert Connection.objects.get().sign_in_refusal == "password_expired"
    assert [(each.session_id, each.code) for each in seen] == [(grant.session.pk, "password_expired")]
    line = AuditRecord.objects.get(action="remote_desktop.sign_in_refused")
    assert (line.actor_id, line.data) == (office.user.pk, {"code": "password_expired"})


def test_each_connection_has_its_own_answer(office: Office, client: Client) -> None:
    grant = office.open()
    told(client, office, grant.session.pk, "password_wrong")
    office.tell("ended", grant, NOW, reason="browser_lost")
    again = office.open(NOW + timedelta(seconds=2), grant.session)
    told(client, office, grant.session.pk, "account_locked")
    refusals = dict(Connection.objects.values_list("pk", "sign_in_refusal"))
    assert refusals == {grant.connection.pk: "password_wrong", again.connection.pk: "account_locked"}


@pytest.mark.parametrize("code", ["", "secret", "PASSWORD_WRONG", None, 5, ["password_wrong"], "x" * 900])
def test_only_the_words_of_the_list(office: Office, client: Client, code: object) -> None:
    grant = office.open()
    assert told(client, office, grant.session.pk, code) == 422
    assert Connection.objects.get().sign_in_refusal == ""
    assert not AuditRecord.objects.filter(action="remote_desktop.sign_in_refused").exists()


def test_of_one_s_own_session_only(office: Office, client: Client) -> None:
    other = make_office(office.entity)
    grant = other.open()
    assert told(client, office, grant.session.pk, "password_wrong") == 404
    assert told(client, other, grant.session.pk, "password_wrong") == 404
    with pytest.raises(NotFound):
        services.note_sign_in_refusal(actor=office.user, session=grant.session, code="password_wrong", now=NOW)
    assert Connection.objects.get().sign_in_refusal == ""


def test_not_before_a_gateway_was_reached_nor_long_after(office: Office, client: Client) -> None:
    grant = office.request()
    assert told(client, office, grant.session.pk, "password_wrong") == 409
    office.redeem(grant)
    office.tell("ended", grant, NOW - timedelta(minutes=3), now=NOW, reason="target_closed")
    assert told(client, office, grant.session.pk, "password_wrong") == 409
    assert Connection.objects.get().sign_in_refusal == ""


def test_a_browser_that_never_stops_is_slowed_down(office: Office, client: Client) -> None:
    grant = office.open()
    answers = [told(client, office, grant.session.pk, "password_wrong") for _each in range(12)]
    assert answers[:10] == [204] * 10
    assert answers[10:] == [429] * 2


def test_refused_asks_for_the_page_s_token_and_a_sign_in(office: Office) -> None:
    grant = office.open()
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = browser_of(office.user).cookies
    assert told(strict, office, grant.session.pk, "password_wrong") == 403
    assert told(Client(), office, grant.session.pk, "password_wrong") == 302
    assert browser_of(office.user).get(f"/mon-bureau/{office.computer.pk}/refused").status_code == 405


def test_the_it_team_reads_it_beside_the_connection(office: Office, client: Client) -> None:
    grant = office.open()
    told(client, office, grant.session.pk, "password_expired")
    technician = browser_of(make_member(office.entity, Role.TECHNICIAN))
    Session.objects.update(expire_date=NOW + timedelta(hours=12))
    page = technician.get(reverse("remote_desktop_staff:session", args=[grant.session.pk]))
    assert "Mot de passe Windows expiré" in page.content.decode()
