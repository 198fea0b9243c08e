"""Signing in at a real OpenID Connect provider, on a phone: the account is opened, protected, left, found again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests import databases
from tests.browser.conftest import OpenPage
from tests.browser.journeys import portal as pages
from tests.servers.oidc import CLIENT, OidcProvider, oidc_provider
from tests.servers.process import accepts, free_port, running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240, func_only=True)]

BUTTON = "Se connecter avec Compte Rivemarine"
EMAIL = "camille@rivemarine.example"
SET_UP = """
from parvis.portal.accounts import vault
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.federation.models import IdentityProvider
root = Entity.objects.create(name="Rivemarine", kind="metropole", path="000001.")
Agent.objects.create(first_name="Camille", last_name="Essai", email="{email}", entity=root, search="camille essai")
IdentityProvider.objects.create(
    name="Compte Rivemarine", slug="sso", kind="keycloak", issuer="{issuer}", client_id="{client_id}",
    stored_secret=vault.encrypt("{client_secret}"), entity=root, email_domains=["rivemarine.example"],
    opens_accounts=True, enabled=True)
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, OidcProvider]]:
    """A portal of one agent without account, and the provider that vouches for them: address and provider."""
    folder, port = tmp_path_factory.mktemp("federation"), free_port()
    url = f"http://localhost:{port}"
    environment = {
        "PARVIS_MODE": "development",
        "PARVIS_DATA_DIR": str(folder),
        "PARVIS_URL": url,
        "PARVIS_LISTEN": f"127.0.0.1:{port}",
        "PARVIS_DATABASE_URL": "sqlite",
        "DJANGO_SETTINGS_MODULE": "parvis.portal.config.settings",
    }
    about = {"email": EMAIL, "email_verified": True, "given_name": "Camille", "family_name": "Essai"}
    with oidc_provider(
        accounts={"camille": {"claims": about}},
        redirect_uris=[f"{url}/connexion/sso/retour/"],
        post_logout_redirect_uris=[f"{url}/compte/connexion/"],
    ) as provider:
        script = SET_UP.format(email=EMAIL, issuer=provider.issuer, **CLIENT)
        databases.copy_into(folder)
        for step in (["migrate", "--verbosity", "0"], ["shell", "--verbosity", "0", "-c", script]):
            command = [sys.executable, "-m", "django", *step]
            subprocess.run(command, check=True, env={**os.environ, **environment}, capture_output=True)
        web = [sys.executable, "-m", "parvis.serve.web"]
        log = folder / "portal.log"
        with running(web, log_path=log, is_ready=lambda: accepts("127.0.0.1", port), timeout=60, env=environment):
            yield url, provider


def go_there(page: Page, url: str) -> None:
    page.goto(f"{url}/compte/connexion/")
    page.get_by_role("link", name=BUTTON).click()
    expect(page.get_by_role("heading", name="Fournisseur d’essai")).to_be_visible()


def test_there_and_back_twice(served: tuple[str, OidcProvider], open_page: OpenPage) -> None:
    url, _provider = served
    page = open_page(width=390)
    go_there(page, url)
    page.get_by_role("button", name="Annuler").click()
    expect(page.get_by_role("heading", name="a été annulée")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("link", name="Réessayer").click()
    page.get_by_role("button", name="Continuer").click()
    phone = pages.enrol_totp(page)

    pages.sign_out(page, url)
    expect(page.get_by_role("heading", name="Déconnexion du fournisseur")).to_be_visible()
    page.get_by_role("button", name="Oui, me déconnecter").click()
    page.wait_for_url(f"{url}/compte/connexion/**")

    go_there(page, url)
    page.get_by_role("button", name="Continuer").click()
    page.wait_for_url(f"{url}/compte/connexion/verification/**")
    pages.give_totp(page, phone)
    expect(page.get_by_text("Mon bureau").first).to_be_visible()
    page.goto(f"{url}/compte/securite/")
    expect(page.get_by_text("Connexion par un fournisseur d’identité")).to_be_visible()
    expect(page.get_by_text("votre seul moyen de connexion")).to_be_visible()
