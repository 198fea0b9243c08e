"""A provider that is wrong, slow, dead or hostile; answers that are replayed, forged or mixed up."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.federation import transport
from parvis.portal.federation.models import Identity, IdentityProvider
from parvis.portal.kernel import clock
from parvis.portal.kernel.models import AuditRecord
from tests.servers.oidc import OidcProvider
from tests.servers.process import free_port

from .conftest import come_back, is_signed_in, leave, register, trip

pytestmark = pytest.mark.django_db


@pytest.fixture
def linked(trusted: IdentityProvider, claire: User) -> IdentityProvider:
    """Claire comes in by this provider, without anything else: unless something is wrong."""
    Identity.objects.create(provider=trusted, user=claire, subject="sub-claire", linked_at=clock.now())
    return trusted


def refused(browser: Client, answer: Any, status: int, detail: str = "") -> str:
    """What the page says; nobody is signed in, and the audit trail knows why."""
    text = str(answer.content.decode())
    assert answer.status_code == status, text
    assert not is_signed_in(browser)
    if detail:
        record = AuditRecord.objects.filter(action="federation.sign_in_refused").first()
        assert record is not None
        assert detail in f"{record.data['why']} {record.data['detail']}"
    return text


def test_nothing_is_wrong(sso: OidcProvider, linked: IdentityProvider) -> None:
    browser = Client()
    trip(browser, sso, "claire-mfa")
    assert is_signed_in(browser)


@pytest.mark.parametrize(
    ("claims", "detail"),
    [
        ({"nonce": "another"}, "token nonce"),
        ({"nonce": None}, "token nonce"),
        ({"iss": "https://evil.example"}, "token issuer"),
        ({"aud": "another-client"}, "token audience"),
        ({"aud": ["parvis", "another-client"]}, "token audience"),
        ({"aud": ["parvis", "another-client"], "azp": "another-client"}, "token audience"),
        ({"exp": 1}, "token expired"),
        ({"exp": None}, "token no_exp"),
        ({"iat": None}, "token no_iat"),
        ({"iat": "now"}, "token no_iat"),
        ({"sub": ""}, "token"),
        ({"sub": "sub-mathieu"}, "token userinfo_subject"),
    ],
)
def test_an_id_token_that_says_something_else(
    sso: OidcProvider, linked: IdentityProvider, claims: dict[str, Any], detail: str
) -> None:
    browser = Client()
    sso.faults(idToken=claims)
    text = refused(browser, trip(browser, sso, "claire-mfa"), 503, detail)
    assert "arrêtée par prudence" in text


@pytest.mark.parametrize("signature", ["foreign", "none", "secret"])
def test_a_signature_that_is_not_the_providers(sso: OidcProvider, linked: IdentityProvider, signature: str) -> None:
    browser = Client()
    sso.faults(signature=signature)
    refused(browser, trip(browser, sso, "claire-mfa"), 503, "token")


def test_a_renewed_key_is_fetched(sso: OidcProvider, linked: IdentityProvider) -> None:
    trip(Client(), sso, "claire-mfa")  # the former keys are kept now
    browser = Client()
    sso.browser.cookies.clear()
    sso.faults(signature="new")
    trip(browser, sso, "claire-mfa")
    assert is_signed_in(browser)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3600, "en avance de 60 minutes"), (-3600, "en retard de 60 minutes"), (720, "en avance de 12 minutes")],
)
def test_a_clock_that_is_wrong_is_told_with_by_how_much(
    sso: OidcProvider, linked: IdentityProvider, seconds: int, words: str
) -> None:
    browser = Client()
    sso.faults(skew=seconds)
    text = refused(browser, trip(browser, sso, "claire-mfa"), 503, "clock")
    assert f"L’horloge de Compte Ville est {words} sur celle du portail." in text
    assert "Deux minutes d’écart sont tolérées" in text


@pytest.mark.parametrize("seconds", [100, -100])
def test_less_than_two_minutes_are_nothing(sso: OidcProvider, linked: IdentityProvider, seconds: int) -> None:
    browser = Client()
    sso.faults(skew=seconds)
    trip(browser, sso, "claire-mfa")
    assert is_signed_in(browser)


def test_a_state_that_was_never_given(sso: OidcProvider, linked: IdentityProvider) -> None:
    browser = Client()
    address = sso.sign_in(leave(browser), "claire-mfa")
    text = refused(browser, come_back(browser, address, state="another"), 400)
    assert "a expiré, ou elle a déjà servi" in text
    refused(browser, come_back(browser, address, state=None), 400)


def test_an_answer_in_another_browser(sso: OidcProvider, linked: IdentityProvider) -> None:
    """Else an attacker could sign a victim in as the attacker (login CSRF)."""
    address = sso.sign_in(leave(Client()), "claire-mfa")
    victim = Client()
    refused(victim, come_back(victim, address), 400)


def test_an_answer_serves_once(sso: OidcProvider, linked: IdentityProvider) -> None:
    browser = Client()
    address = sso.sign_in(leave(browser), "claire-mfa")
    come_back(browser, address)
    browser.post("/compte/deconnexion/")
    refused(browser, come_back(browser, address), 400)


def test_and_so_does_a_code_in_another_trip(sso: OidcProvider, linked: IdentityProvider) -> None:
    first, second = Client(), Client()
    stolen = sso.sign_in(leave(first), "claire-mfa")
    come_back(first, stolen)
    address = sso.sign_in(leave(second), "claire-mfa")
    code = stolen.partition("code=")[2].partition("&")[0]
    text = refused(second, come_back(second, address, code=code), 403, "code token endpoint")
    assert "a déjà servi" in text


def test_a_code_stolen_before_its_use_is_worth_nothing_without_the_verifier(
    sso: OidcProvider, linked: IdentityProvider
) -> None:
    stolen = sso.sign_in(leave(Client()), "claire-mfa")
    attacker = Client()
    address = sso.sign_in(leave(attacker), "stranger")
    code = stolen.partition("code=")[2].partition("&")[0]
    refused(attacker, come_back(attacker, address, code=code), 403, "code")


def test_a_trip_that_took_too_long(
    sso: OidcProvider, linked: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Client()
    address = sso.sign_in(leave(browser), "claire-mfa")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 601)
    refused(browser, come_back(browser, address), 400)


@pytest.mark.parametrize("iss", ["https://evil.example", None])
def test_the_answer_of_another_provider_is_not_taken_for_this_ones(
    sso: OidcProvider, linked: IdentityProvider, iss: str | None
) -> None:
    browser = Client()
    address = sso.sign_in(leave(browser), "claire-mfa")
    refused(browser, come_back(browser, address, iss=iss), 503, "token mixed_up")


def test_nor_at_the_address_of_another_provider(
    sso: OidcProvider, signed: OidcProvider, linked: IdentityProvider, commune: Entity
) -> None:
    register(signed, commune, slug="proconnect", name="ProConnect", kind="proconnect")
    browser = Client()
    address = sso.sign_in(leave(browser), "claire-mfa").replace("/sso/", "/proconnect/")
    refused(browser, come_back(browser, address), 403, "mixed_up")


def test_a_provider_under_anothers_name(sso: OidcProvider, linked: IdentityProvider) -> None:
    IdentityProvider.objects.update(issuer=sso.issuer.replace("127.0.0.1", "localhost"))
    browser = Client()
    refused(browser, browser.get("/connexion/sso/"), 503, "issuer")


def test_cancelled(sso: OidcProvider, linked: IdentityProvider) -> None:
    browser = Client()
    text = refused(browser, trip(browser, sso, None, next="/annuaire/"), 403, "cancelled")
    assert "a été annulée" in text
    assert "/connexion/sso/?next=%2Fannuaire%2F" in text
    assert "the person cancelled" not in text


def test_an_error_with_markup_in_it_is_not_shown(sso: OidcProvider, linked: IdentityProvider) -> None:
    browser = Client()
    address = sso.sign_in(leave(browser), None)
    answer = come_back(browser, address, error="<script>", error_description="<img src=x>")
    text = refused(browser, answer, 403, "refused_there")
    assert "<script>" not in text
    assert "<img" not in text


def test_a_secret_that_is_wrong(sso: OidcProvider, linked: IdentityProvider) -> None:
    from parvis.portal.accounts import vault

    IdentityProvider.objects.update(stored_secret=vault.encrypt("another"))
    browser = Client()
    refused(browser, trip(browser, sso, "claire-mfa"), 503, "client")


def test_the_provider_is_down(linked: IdentityProvider) -> None:
    IdentityProvider.objects.update(issuer=f"http://127.0.0.1:{free_port()}")
    browser = Client()
    text = refused(browser, browser.get("/connexion/sso/"), 503, "unreachable")
    assert "Compte Ville ne répond pas pour le moment." in text
    assert "connectez-vous autrement" in text


@pytest.mark.parametrize("route", ["openid-configuration", "jwks", "token", "me"])
def test_an_answer_of_fifty_megabytes_is_not_read(sso: OidcProvider, linked: IdentityProvider, route: str) -> None:
    browser = Client()
    sso.faults(large={route: 50 * 2**20})
    answer = browser.get("/connexion/sso/")
    if answer.status_code == 302:
        answer = come_back(browser, sso.sign_in(answer["Location"], "claire-mfa"))
    refused(browser, answer, 503, "large")


@pytest.mark.parametrize("route", ["openid-configuration", "token", "me"])
def test_a_slow_one_is_not_waited_for(
    sso: OidcProvider, linked: IdentityProvider, route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import httpx

    monkeypatch.setattr(transport, "_TIMEOUT", httpx.Timeout(0.3))
    browser = Client()
    sso.faults(delay={route: 2})
    answer = browser.get("/connexion/sso/")
    if answer.status_code == 302:
        answer = come_back(browser, sso.sign_in(answer["Location"], "claire-mfa"))
    refused(browser, answer, 503, "slow")


@pytest.mark.parametrize("route", ["openid-configuration", "jwks", "token", "me"])
@pytest.mark.parametrize(
    "what",
    [
        {"status": 302, "headers": {"Location": "http://169.254.169.254/latest/meta-data/"}},
        {"status": 500, "body": "<h1>Oups</h1>"},
        {"status": 200, "body": "<h1>Bonjour</h1>"},
        {"status": 200, "body": "[1, 2]"},
        {"status": 200, "body": "[" * 100_000},
        {"status": 200, "body": "\x00\x01", "headers": {"Content-Encoding": "gzip"}},
    ],
    ids=["redirected", "error", "html", "list", "deep", "gzip"],
)
def test_an_answer_that_is_none(sso: OidcProvider, linked: IdentityProvider, route: str, what: dict[str, Any]) -> None:
    browser = Client()
    sso.faults(answer={route: what})
    answer = browser.get("/connexion/sso/")
    if answer.status_code == 302:
        answer = come_back(browser, sso.sign_in(answer["Location"], "claire-mfa"))
    refused(browser, answer, 503)


@pytest.fixture
def dripping() -> Iterator[int]:
    """A server that never ends its answer, a byte at a time; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = threading.Event()

        def drip() -> None:
            with server.accept()[0] as peer:
                peer.recv(4096)
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                while not stop.wait(0.05):
                    try:
                        peer.sendall(b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        yield server.getsockname()[1]
        stop.set()
        thread.join()


def test_an_answer_that_never_ends_is_left(
    linked: IdentityProvider, dripping: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "SECONDS", 0.5)
    IdentityProvider.objects.update(issuer=f"http://127.0.0.1:{dripping}")
    cache.clear()
    browser = Client()
    refused(browser, browser.get("/connexion/sso/"), 503, "slow")


def test_too_many_trips_from_one_network(linked: IdentityProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    from parvis.portal.federation.views import sign_in

    monkeypatch.setattr(sign_in, "PER_MINUTE", 3)
    codes = [Client().get("/connexion/sso/").status_code for _ in range(5)]
    assert codes == [302, 302, 302, 429, 429]
