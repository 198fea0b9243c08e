"""The IT team's pages and the agent's: who sees what, what they say, bounded queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from parvis.portal.directory.models import Role
from parvis.portal.parc.models import Computer, Site, WakeUp
from parvis.portal.remote_desktop import live, services
from parvis.portal.remote_desktop.models import DisplaySettings, Refusal, RemoteSession
from tests.integration import authority
from tests.integration.remote_desktop.conftest import NOW, Office, make_office
from tests.integration.signing_in import browser_of, program_of

pytestmark = pytest.mark.usefixtures("at_now")
PAGES = ("", "sessions/", "historique/", "refus/", "passerelles/", "droits/", "ecrans/")


def staff(office: Office, role: Role = Role.TECHNICIAN) -> Client:
    return browser_of(authority.make_member(office.entity, role))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("role", "seen"),
    [
        (Role.TECHNICIAN, True),
        (Role.HEAD_OF_IT, True),
        (Role.AUDITOR, True),
        (Role.ELECTED_MEMBER, False),
        (None, False),
    ],
)
def test_who_sees_the_pages(office: Office, page: str, role: Role | None, seen: bool) -> None:
    browser = browser_of(authority.make_member(office.entity, role))
    assert browser.get(f"/teletravail/{page}").status_code == (200 if seen else 403)


@pytest.mark.parametrize("page", ["sessions/", "historique/", "droits/", "ecrans/", "refus/"])
def test_the_neighbours_are_not_there(office: Office, page: str) -> None:
    mine, foreign = office, make_office()
    for each in (mine, foreign):
        open_one = each.open()
        if page == "historique/":
            each.tell("ended", open_one, NOW, reason="idle")
        Refusal.objects.create(at=NOW, user=each.user, computer=each.computer, source="portal", reason="no_right")
    text = staff(office).get(f"/teletravail/{page}").content.decode()
    assert mine.computer.name in text
    assert foreign.computer.name not in text


def test_live_sessions_with_their_figures(office: Office) -> None:
    grant = office.open()
    office.beat(grant, now=NOW, down=1_500_000, rtt_ms=23.4)
    browser = staff(office)
    text = browser.get("/teletravail/sessions/").content.decode()
    assert str(office.user) in text
    assert "1,5\u202fMo" in text
    assert "23&nbsp;ms" in text
    fragment = browser.get("/teletravail/sessions/", headers={"HX-Request": "true", "HX-Target": "live"})
    assert "<html" not in fragment.content.decode()
    assert "1,5\u202fMo" in browser.get(f"/teletravail/sessions/{grant.session.pk}/").content.decode()


def test_end_asks_first(office: Office) -> None:
    grant = office.open()
    browser = staff(office)
    address = f"/teletravail/sessions/{grant.session.pk}/terminer"
    assert "Terminer la session de" in browser.get(address).content.decode()
    assert RemoteSession.objects.get().state == "active"
    browser.post(address, {"confirmed": "1"})
    assert RemoteSession.objects.get().end_reason == "ended_by_staff"


def test_an_auditor_ends_nothing(office: Office) -> None:
    grant = office.open()
    browser = staff(office, Role.AUDITOR)
    assert "terminer" not in browser.get("/teletravail/sessions/").content.decode()
    assert browser.post(f"/teletravail/sessions/{grant.session.pk}/terminer").status_code == 403
    assert browser.post(f"/teletravail/ecrans/{office.computer.pk}/", {"port": "1"}).status_code == 403


class TestDisplays:
    def test_settings(self, office: Office) -> None:
        form = {"enabled": "on", "protocol": "vnc", "port": "5901", "keyboard_layout": "1036", "color_depth": "16"}
        answer = staff(office).post(f"/teletravail/ecrans/{office.computer.pk}/", form | {"clipboard_to_pc": "on"})
        assert answer.status_code == 302
        display = DisplaySettings.objects.get()
        assert (display.protocol, display.port, display.clipboard_to_pc, display.autologon) == (
            "vnc",
            5901,
            True,
            False,
        )
        assert Computer.objects.get(pk=office.computer.pk).probe_port == 5901

    @pytest.mark.parametrize("port", ["0", "65536", "x", ""])
    def test_impossible_port(self, office: Office, port: str) -> None:
        form = {"enabled": "on", "protocol": "rdp", "port": port, "keyboard_layout": "1036", "color_depth": "32"}
        answer = staff(office).post(f"/teletravail/ecrans/{office.computer.pk}/", form)
        assert "À corriger avant de continuer" in answer.content.decode()
        assert DisplaySettings.objects.get().port == 3389

    def test_first_settings_open_a_computer(self, office: Office) -> None:
        DisplaySettings.objects.all().delete()
        form = {"enabled": "on", "protocol": "rdp", "port": "3389", "keyboard_layout": "1036", "color_depth": "32"}
        staff(office).post(f"/teletravail/ecrans/{office.computer.pk}/", form)
        office.open()

    def test_many_at_once(self, office: Office) -> None:
        make_office(office.entity)
        browser = staff(office)
        order = {"action": "configure", "all": "1", "confirmed": "1", "expected": "2", "clipboard_to_pc": "yes"}
        browser.post("/teletravail/ecrans/", order)
        assert (
            list(DisplaySettings.objects.values_list("clipboard_to_pc", "clipboard_from_pc", "port"))
            == [(True, False, 3389)] * 2
        )

    def test_accept_the_new_certificate(self, office: Office) -> None:
        DisplaySettings.objects.update(pin="a" * 64, pinned_at=NOW, presented_pin="b" * 64, presented_at=NOW)
        browser = staff(office)
        page = browser.get(f"/teletravail/ecrans/{office.computer.pk}/").content.decode()
        assert "a" * 64 in page
        assert "b" * 64 in page
        address = f"/teletravail/ecrans/{office.computer.pk}/accepter-le-certificat"
        browser.post(address, {"fingerprint": "c" * 64})
        assert DisplaySettings.objects.get().pin == "a" * 64
        browser.post(address, {"fingerprint": "b" * 64})
        display = DisplaySettings.objects.get()
        assert (display.pin, display.presented_pin) == ("b" * 64, "")

    def test_the_second_factor_must_be_fresh(self, office: Office) -> None:
        DisplaySettings.objects.update(pin="a" * 64, pinned_at=NOW, presented_pin="b" * 64, presented_at=NOW)
        browser = browser_of(authority.make_member(office.entity, Role.TECHNICIAN), age=400)
        browser.post(f"/teletravail/ecrans/{office.computer.pk}/accepter-le-certificat", {"fingerprint": "b" * 64})
        assert DisplaySettings.objects.get().pin == "a" * 64


def _asleep(office: Office) -> None:
    site = authority.make_site(office.entity, wake_by=Site.WakeBy.RELAY, wake_address="10.0.0.2")
    Computer.objects.update(
        reachability="asleep", site=site, mac_address="02:00:00:00:00:01", last_seen_at=NOW - timedelta(minutes=18)
    )


def _waking(office: Office) -> None:
    _asleep(office)
    WakeUp.objects.create(
        computer=office.computer, requested_at=NOW, next_step_at=NOW, state="sent", outcome="packet_sent"
    )


def _wake_failed(office: Office) -> None:
    _asleep(office)
    WakeUp.objects.create(
        computer=office.computer, requested_at=NOW, next_step_at=NOW, ended_at=NOW, state="failed", outcome="no_answer"
    )


DESKS: list[tuple[Callable[[Office], object], str]] = [
    (lambda office: Computer.objects.update(reachability="on"), "Ouvrir mon ordinateur"),
    (lambda office: Computer.objects.update(reachability="unknown"), "Nous ne savons pas encore"),
    (lambda office: Computer.objects.update(reachability="unreachable"), "Vous pouvez essayer quand même"),
    (lambda office: Computer.objects.update(reachability="asleep"), "ne peut pas être réveillé à distance"),
    (_asleep, "Réveiller et ouvrir"),
    (_asleep, "Vu aujourd’hui à 09:12"),
    (_waking, "Votre ordinateur se réveille"),
    (_wake_failed, "Réessayer le réveil"),
    (_wake_failed, "L’ordinateur n’a pas répondu à temps."),
    (lambda office: office.right.delete(), "Vous n’avez pas encore le droit"),
    (lambda office: office.computer.display.delete(), "pas encore préparé"),
    (lambda office: office.open(), "Reprendre ma session ici"),
]


@pytest.mark.parametrize(("change", "words"), DESKS, ids=[words for _, words in DESKS])
def test_my_desk_says(office: Office, change: Callable[[Office], object], words: str) -> None:
    change(office)
    browser = browser_of(office.user)
    browser.get("/accessibilite/")  # a sign-in is noted once, by its first page
    with CaptureQueriesContext(connection) as queries:
        assert words in browser.get("/mon-bureau/").content.decode()
    assert len(queries) <= 30
    fragment = browser.get(f"/mon-bureau/{office.computer.pk}/", headers={"HX-Request": "true"})
    assert words in fragment.content.decode()


def test_it_opens_by_itself_once_awake(office: Office) -> None:
    browser = browser_of(office.user)
    _asleep(office)
    answer = browser.post(f"/mon-bureau/{office.computer.pk}/reveiller")
    assert answer["Location"].startswith(f"/mon-bureau/?ouvrir={office.computer.pk}")
    WakeUp.objects.update(state="awake", ended_at=NOW, outcome="answered")
    Computer.objects.update(reachability="on")
    address = f"/mon-bureau/{office.computer.pk}/"
    htmx = {"HX-Request": "true"}
    assert browser.get(address, headers=htmx).status_code == 200
    opened = browser.get(f"{address}?ouvrir={office.computer.pk}", headers=htmx)
    assert opened["HX-Redirect"] == f"/mon-bureau/{office.computer.pk}/ecran"


def test_waking_needs_a_right(office: Office) -> None:
    _asleep(office)
    office.right.delete()
    browser_of(office.user).post(f"/mon-bureau/{office.computer.pk}/reveiller")
    assert not WakeUp.objects.exists()


def test_close_from_the_list(office: Office) -> None:
    office.open()
    browser_of(office.user).post(f"/mon-bureau/{office.computer.pk}/fermer")
    assert RemoteSession.objects.get().end_reason == "closed_by_user"


class TestApi:
    def test_my_computers_and_connect(self, office: Office) -> None:
        program = program_of(office.user)
        mine = program.get("/api/v1/my/computers").json()
        assert [(each["id"], each["refusal"]) for each in mine] == [(office.computer.pk, None)]
        path = f"/api/v1/my/computers/{office.computer.pk}/connect"
        grant = program.post(path, "{}", content_type="application/json").json()
        done = services.redeem(
            gateway="gw-1", boot=office.boot, ticket=grant["ticket"], client_address="198.51.100.7", now=NOW
        )
        beat = {"figures": {done.connection: live.Figures()}, "load": live.Load(), "now": NOW}
        assert services.heartbeat(gateway="gw-1", boot=office.boot, **beat) == {}
        token = program.get("/api/v1/tokens").json()[0]["id"]
        assert program.delete(f"/api/v1/tokens/{token}").status_code == 204
        assert services.heartbeat(gateway="gw-1", boot=office.boot, **beat) == {done.connection: "access_revoked"}

    @pytest.mark.parametrize(
        ("scopes", "method", "path"),
        [
            (["read"], "post", "/my/computers/{computer}/connect"),
            (["read", "write"], "post", "/my/computers/{computer}/wake-up"),
            (["read", "write", "connect"], "post", "/rights"),
            (["write"], "get", "/rights"),
            (["read"], "delete", "/rights/{right}"),
            (["read"], "post", "/sessions/{session}/end"),
            (["read", "connect"], "patch", "/display-settings/{computer}"),
        ],
    )
    def test_scopes(self, office: Office, scopes: list[str], method: str, path: str) -> None:
        grant = office.open()
        authority.grant(office.user, Role.HEAD_OF_IT, office.entity)
        address = path.format(computer=office.computer.pk, right=office.right.pk, session=grant.session.pk)
        body = {"agent_id": office.agent.pk, "computer_id": office.computer.pk, "starts_date": "2026-11-23"}
        data = {} if method == "get" else {"data": body, "content_type": "application/json"}
        answer = getattr(program_of(office.user, *scopes), method)(f"/api/v1{address}", **data)
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")

    def test_rights_from_giving_to_taking(self, office: Office) -> None:
        office.right.delete()
        program = program_of(authority.make_member(office.entity, Role.TECHNICIAN))
        body = {"agent_id": office.agent.pk, "computer_id": office.computer.pk, "starts_date": "2026-11-23"}
        made = program.post("/api/v1/rights", body, content_type="application/json")
        assert (made.status_code, made.json()["standing"]) == (201, "active")
        assert program.post("/api/v1/rights", body, content_type="application/json").status_code == 409
        assert program.get("/api/v1/rights?standing=active").json()["count"] == 1
        grant = office.open()
        assert program.get("/api/v1/sessions?live=true").json()["items"][0]["id"] == str(grant.session.pk)
        assert program.delete(f"/api/v1/rights/{made.json()['id']}").status_code == 204
        assert office.beat(grant, now=NOW) == {grant.connection.pk: "access_revoked"}
        assert program.get("/api/v1/sessions?live=true").json()["count"] == 0
        assert program.get("/api/v1/gateways").json()["items"][0]["name"] == "gw-1"
        assert program.get("/api/v1/refusals").json()["count"] == 0
        assert program.get("/api/v1/display-settings").json()["items"][0]["computer_id"] == office.computer.pk

    def test_lists_ask_a_bounded_number_of_questions(self, office: Office) -> None:
        for _ in range(5):
            make_office(office.entity).open()
        program = program_of(authority.make_member(office.entity, Role.TECHNICIAN))
        for path in ("rights", "sessions", "refusals", "display-settings", "gateways"):
            with CaptureQueriesContext(connection) as queries:
                assert program.get(f"/api/v1/{path}").status_code == 200
            assert len(queries) <= 12, path


@pytest.mark.parametrize(
    ("words", "found"),
    [("helene", True), ("HÉLÈNE essai", True), ("pc-", True), ("personne", False), ("hélène x", False)],
)
def test_search_ignores_accents_and_case(office: Office, words: str, found: bool) -> None:
    office.agent.search = "helene essai"
    office.agent.save()
    grant = office.open()
    browser = staff(office)
    assert (office.computer.name in browser.get("/teletravail/sessions/", {"q": words}).content.decode()) is found
    office.tell("ended", grant, NOW, reason="idle")
    assert (office.computer.name in browser.get("/teletravail/historique/", {"q": words}).content.decode()) is found
