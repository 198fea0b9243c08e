"""Signing in at a real OpenID Connect provider, on a phone: the account is opened, protected, left, found again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Portal
from tests.browser.journeys import portal as pages
from tests.servers.oidc import CLIENT, OidcProvider, oidc_provider

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("pages"), pytest.mark.timeout(240)]

BUTTON = "Se connecter avec Compte Rivemarine"
SET_UP = """
from parvis.portal.accounts import vault
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.federation.models import IdentityProvider
agent = Agent.objects.filter(user=None, is_active=True).order_by("pk").first()
IdentityProvider.objects.update_or_create(slug="sso", defaults=dict(
    name="Compte Rivemarine", kind="keycloak", issuer="{issuer}", client_id="{client_id}",
    stored_secret=vault.encrypt("{client_secret}"), entity=Entity.objects.filter(parent=None).order_by("pk").first(),
    email_domains=["rivemarine.example"], opens_accounts=True, enabled=True))
print(agent.email)
"""


def manage(portal: Portal, script: str) -> str:
    environment = {
        **os.environ,
        "PARVIS_MODE": "demo",
        "PARVIS_DATA_DIR": str(portal.data_dir),
        "PARVIS_URL": portal.url,
        "PARVIS_DATABASE_URL": "sqlite",
        "DJANGO_SETTINGS_MODULE": "parvis.portal.config.settings",
    }
    command = [sys.executable, "-m", "django", "shell", "--verbosity", "0", "-c", script]
    return subprocess.run(command, check=True, env=environment, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def provider(portal: Portal) -> Iterator[OidcProvider]:
    """Vouches for the first agent of the directory who has no account."""
    script = SET_UP.format(issuer="http://127.0.0.1:1", **CLIENT)
    email = manage(portal, script).splitlines()[-1]
    about = {"email": email, "email_verified": True, "given_name": "Camille", "family_name": "Essai"}
    with oidc_provider(
        accounts={"camille": {"claims": about}},
        redirect_uris=[f"{portal.url}/connexion/sso/retour/"],
        post_logout_redirect_uris=[f"{portal.url}/compte/connexion/"],
    ) as running:
        manage(portal, SET_UP.format(issuer=running.issuer, **CLIENT))
        yield running
        manage(
            portal,
            'from parvis.portal.federation.models import *; IdentityProvider.objects.filter(slug="sso").delete()',
        )


def go_there(page: Page, portal: Portal) -> None:
    page.goto(f"{portal.url}/compte/connexion/")
    page.get_by_role("link", name=BUTTON).click()
    expect(page.get_by_role("heading", name="Fournisseur d’essai")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1440])
def test_there_and_back_twice(portal: Portal, provider: OidcProvider, open_page: OpenPage, width: int) -> None:
    page = open_page(width=width)
    go_there(page, portal)
    page.get_by_role("button", name="Annuler").click()
    expect(page.get_by_role("heading", name="a été annulée")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.get_by_role("link", name="Réessayer").click()
    page.get_by_role("button", name="Continuer").click()
    phone = pages.enrol_totp(page)

    pages.sign_out(page, portal.url)
    expect(page.get_by_role("heading", name="Déconnexion du fournisseur")).to_be_visible()
    page.get_by_role("button", name="Oui, me déconnecter").click()
    page.wait_for_url(f"{portal.url}/compte/connexion/**")

    go_there(page, portal)
    page.get_by_role("button", name="Continuer").click()
    page.wait_for_url(f"{portal.url}/compte/connexion/verification/**")
    pages.give_totp(page, phone)
    expect(page.get_by_text("Mon bureau").first).to_be_visible()
    page.goto(f"{portal.url}/compte/securite/")
    expect(page.get_by_text("Connexion par un fournisseur d’identité")).to_be_visible()
    expect(page.get_by_text("votre seul moyen de connexion")).to_be_visible()
    page.go_back()
    # Out of the way for the other width: the same agent has no account again.
    manage(portal, "from parvis.portal.federation.models import Identity; Identity.objects.get().user.delete()")
