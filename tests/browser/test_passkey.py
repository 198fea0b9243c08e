"""Passkeys in a real Chromium, with its virtual authenticator; without verification of the person, nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.browser.conftest import OpenPage, Portal

PASSWORD = "correct horse battery staple"
Account = Callable[[str], str]


@pytest.fixture
def account(portal: Portal) -> Account:
    """Makes an account with `PASSWORD` and without second factor; its address."""

    def make(name: str) -> str:
        email = f"{name}@rivemarine.example"
        portal.manage("createsuperuser", "--noinput", "--email", email, DJANGO_SUPERUSER_PASSWORD=PASSWORD)
        return email

    return make


class Authenticator:
    """The browser's virtual authenticator: the device's own, which recognises a finger (or not)."""

    def __init__(self, page: Page) -> None:
        self.session: CDPSession = page.context.new_cdp_session(page)
        self.session.send("WebAuthn.enable")
        options: dict[str, Any] = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        answer = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self.id = answer["authenticatorId"]

    def recognises(self, finger: bool) -> None:
        """Whether the next finger is the right one."""
        self.session.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": finger})

    def count(self) -> int:
        """Passkeys in it."""
        return len(self.session.send("WebAuthn.getCredentials", {"authenticatorId": self.id})["credentials"])


def _password(page: Page, portal: Portal, email: str) -> None:
    page.goto(f"{portal.url}/compte/connexion/")
    page.get_by_label("Adresse électronique").fill(email)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()


def _enrol(page: Page, portal: Portal, email: str) -> None:
    _password(page, portal, email)
    page.get_by_role("link", name=re.compile("Avec cet appareil")).click()
    page.get_by_label("Nom de cette clé d’accès").fill("Mon portable")
    page.get_by_role("button", name="Créer la clé d’accès").click()
    page.get_by_label(re.compile("J’ai imprimé ou recopié")).check()
    page.get_by_role("button", name="Continuer").click()
    page.wait_for_url(f"{portal.url}/")


def _sign_out(page: Page, portal: Portal) -> None:
    page.goto(f"{portal.url}/compte/deconnexion/")
    page.locator("main").get_by_role("button", name="Se déconnecter").click()
    page.wait_for_url("**/connexion/")


def test_from_enrolment_to_signing_in_with_a_finger_alone(
    portal: Portal, open_page: OpenPage, account: Account
) -> None:
    page = open_page()
    mistakes: list[str] = []
    page.on("console", lambda message: mistakes.append(message.text) if message.type == "error" else None)
    authenticator, email = Authenticator(page), account("passkey")
    _enrol(page, portal, email)
    assert authenticator.count() == 1
    page.goto(f"{portal.url}/compte/securite/")
    expect(page.locator("strong", has_text="Mon portable")).to_be_visible()

    # Alone: neither password nor code, and what needs a fresh second factor is open.
    _sign_out(page, portal)
    page.get_by_role("button", name="Se connecter avec une clé d’accès").click()
    page.wait_for_url(f"{portal.url}/")
    page.goto(f"{portal.url}/compte/deuxieme-etape/codes/")
    expect(page.get_by_role("heading", name="Vos codes de secours")).to_be_visible()

    # As the second step after the password.
    _sign_out(page, portal)
    _password(page, portal, email)
    page.get_by_role("button", name="Utiliser ma clé d’accès").click()
    page.wait_for_url(f"{portal.url}/")

    # Given again, and back to the page asked for.
    page.goto(f"{portal.url}/compte/confirmation/?next=/compte/securite/")
    page.get_by_role("button", name="Utiliser ma clé d’accès").click()
    page.wait_for_url("**/compte/securite/")
    assert mistakes == [], "the content security policy, or a script, complained"


def test_a_finger_not_recognised_opens_nothing(portal: Portal, open_page: OpenPage, account: Account) -> None:
    page = open_page()
    authenticator, email = Authenticator(page), account("doigt")
    _enrol(page, portal, email)
    _sign_out(page, portal)
    authenticator.recognises(False)
    page.get_by_role("button", name="Se connecter avec une clé d’accès").click()
    expect(page.locator("#notices")).to_contain_text("La clé d’accès n’a pas été reconnue")
    assert page.url.endswith("/compte/connexion/")
    page.goto(f"{portal.url}/compte/securite/")
    expect(page.get_by_role("heading", name="Connexion")).to_be_visible()


def test_the_server_refuses_a_key_that_did_not_verify_the_person(
    portal: Portal, open_page: OpenPage, account: Account
) -> None:
    # A stolen security key in a browser that was told not to ask for the PIN.
    page = open_page()
    authenticator, email = Authenticator(page), account("volee")
    _enrol(page, portal, email)
    _sign_out(page, portal)
    authenticator.recognises(False)
    page.evaluate(
        """() => {
          const get = navigator.credentials.get.bind(navigator.credentials);
          navigator.credentials.get = (asked) =>
            get({ publicKey: { ...asked.publicKey, userVerification: "discouraged" } });
        }"""
    )
    with page.expect_navigation():  # to the same page: its answer alone would come too early for the next address
        page.get_by_role("button", name="Se connecter avec une clé d’accès").click()
    assert page.url.endswith("/compte/connexion/")
    page.goto(f"{portal.url}/compte/securite/")
    expect(page.get_by_role("heading", name="Connexion")).to_be_visible()


def test_without_scripts_the_page_points_to_the_telephone(
    portal: Portal, open_page: OpenPage, account: Account
) -> None:
    page = open_page(javascript=False)
    _password(page, portal, account("sans-script"))
    page.get_by_role("link", name=re.compile("Avec cet appareil")).click()
    expect(page.get_by_text("Choisissez plutôt votre téléphone")).to_be_visible()
    expect(page.get_by_role("button", name="Créer la clé d’accès")).to_be_hidden()
