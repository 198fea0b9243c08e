"""A supplied computer, from the technician's code to its theft, in two real browsers with a virtual authenticator."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Portal, SignIn

pytestmark = pytest.mark.browser

TECHNICIAN = "Yann Kerbrat"
MAKE = """
from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.parc.models import Assignment, Computer
user = User.objects.create_user("{email}", first_name="{first}", last_name="{last}", is_demo_persona=True)
entity = Entity.objects.get(name="État civil")
agent = Agent.objects.create(
    user=user, first_name="{first}", last_name="{last}", email="{email}", entity=entity, search="{last}".lower()
)
computer = Computer.objects.create(entity=entity, name="RIV-{last}".upper(), kind="laptop")
Assignment.objects.create(agent=agent, asset=computer)
"""
Newcomer = Callable[[str, str], str]


@pytest.fixture
def newcomer(portal: Portal) -> Newcomer:
    """A persona of one's own with a laptop: who has a passkey signs in no more with one click."""

    def make(first: str, last: str) -> str:
        script = MAKE.format(first=first, last=last, email=f"{last.lower()}@rivemarine.example")
        portal.manage("shell", "--verbosity", "0", "-c", script)
        return f"{first} {last}"

    return make


def _authenticator(page: Page, *, synced: bool) -> None:
    """The computer's own: it recognises a finger, and its passkeys may be copied elsewhere or not."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options: dict[str, Any] = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
        "defaultBackupEligibility": synced,
        "defaultBackupState": synced,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def _computer(page: Page, portal: Portal, agent: str) -> None:
    page.goto(f"{portal.url}/parc/?q={agent.split()[-1].lower()}")
    page.locator("main table a").filter(has_text=re.compile("RIV-")).first.click()
    expect(page.get_by_role("heading", name="Poste fourni")).to_be_visible()


def _code(page: Page, portal: Portal, agent: str) -> str:
    _computer(page, portal, agent)
    page.get_by_label("Code d’enregistrement pour").select_option(label=agent)
    page.get_by_role("button", name="Créer un code").click()
    return page.locator("[data-code]").inner_text()


def _type_code(page: Page, portal: Portal, code: str) -> None:
    page.goto(f"{portal.url}/confiance/enregistrer/")
    page.get_by_label("Code à 8 caractères").fill(code)
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("button", name="Créer la clé de ce poste").click()


def test_from_the_code_to_the_theft(portal: Portal, open_page: OpenPage, sign_in: SignIn, newcomer: Newcomer) -> None:
    name = newcomer("Denise", "Madec")
    team, agent = open_page(), open_page()
    mistakes: list[str] = []
    agent.on("console", lambda message: mistakes.append(message.text) if message.type == "error" else None)
    sign_in(team, TECHNICIAN)
    sign_in(agent, name)
    agent.goto(f"{portal.url}/confiance/")
    expect(agent.get_by_role("heading", name="PC personnel")).to_be_visible()

    # The code, a finger: the computer is known from now on.
    code = _code(team, portal, name)
    _authenticator(agent, synced=False)
    _type_code(agent, portal, code)
    expect(agent.get_by_role("heading", name="Poste fourni")).to_be_visible()
    agent.get_by_role("button", name=re.compile("Compte de")).click()
    expect(agent.locator(".account-menu")).to_contain_text("Poste fourni")

    # The code has served.
    agent.goto(f"{portal.url}/confiance/enregistrer/")
    agent.get_by_label("Code à 8 caractères").fill(code)
    agent.get_by_role("button", name="Continuer").click()
    expect(agent.locator("main")).to_contain_text("n’est plus valable")

    # Stolen: the next click leads to the sign-in.
    _computer(team, portal, name)
    team.get_by_role("link", name="Perdu, volé ou retiré").click()
    team.get_by_label("Volé").check()
    team.get_by_role("button", name="Ne plus reconnaître").click()
    expect(team.locator("main")).to_contain_text("n’est plus reconnu")
    agent.goto(f"{portal.url}/confiance/")
    assert "/connexion/" in agent.url
    assert mistakes == [], "the content security policy, or a script, complained"


def test_a_passkey_that_travels_is_no_proof_of_a_computer(
    portal: Portal, open_page: OpenPage, sign_in: SignIn, newcomer: Newcomer
) -> None:
    name = newcomer("Denis", "Jezequel")
    team, agent = open_page(), open_page()
    sign_in(team, TECHNICIAN)
    sign_in(agent, name)
    _authenticator(agent, synced=True)
    _type_code(agent, portal, _code(team, portal, name))
    expect(agent.locator("main")).to_contain_text("synchronisée avec d’autres appareils")
    agent.goto(f"{portal.url}/confiance/")
    expect(agent.get_by_role("heading", name="PC personnel")).to_be_visible()
