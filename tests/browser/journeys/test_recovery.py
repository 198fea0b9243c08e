"""A lost phone and no codes: the agent asks, one technician makes sure, another approves, a new phone is enrolled."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Portal, SignIn
from tests.browser.journeys.portal import enrol_totp, sign_out
from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.browser

NAME, EMAIL, PASSWORD = "Maël Kerneis", "mael.kerneis@rivemarine.example", "Marée basse à 17 h 42"
MAKE = f"""
from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity
user = User.objects.create_user("{EMAIL}", "{PASSWORD}", first_name="Maël", last_name="Kerneis")
entity = Entity.objects.get(name="État civil")
Agent.objects.create(
    user=user, first_name="Maël", last_name="Kerneis", email="{EMAIL}", entity=entity, search="mael kerneis"
)
"""


def _password(page: Page, portal: Portal) -> None:
    page.goto(f"{portal.url}/compte/connexion/")
    page.get_by_label("Adresse électronique").fill(EMAIL)
    page.get_by_label("Mot de passe", exact=False).first.fill(PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()


def _request(page: Page, portal: Portal) -> None:
    page.goto(f"{portal.url}/compte/recuperations/?q=kerneis")
    page.locator("main tbody a").first.click()
    expect(page.get_by_role("heading", name=f"Récupération d’accès de {NAME}")).to_be_visible()


def test_from_the_lost_phone_to_a_new_one(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    portal.manage("shell", "--verbosity", "0", "-c", MAKE)
    agent, first, second = open_page(width=390), open_page(), open_page()
    _password(agent, portal)
    old = enrol_totp(agent)
    sign_out(agent, portal.url)

    # After the password only, and nothing more is open.
    _password(agent, portal)
    agent.get_by_role("link", name="J’ai perdu mon téléphone ou ma clé").click()
    agent.get_by_role("button", name="Demander à retrouver mon accès").click()
    expect(agent.get_by_text("Votre demande est enregistrée.")).to_be_visible()
    assert violations(agent) == []

    # The first technician calls back, and may not approve too.
    sign_in(first, "Yann Kerbrat")
    _request(first, portal)
    first.get_by_label("En rappelant le numéro de l’annuaire").check()
    first.get_by_role("button", name="C’est bien cette personne").click()
    expect(first.get_by_text("Une autre personne de l’équipe doit maintenant approuver.")).to_be_visible()
    expect(first.get_by_role("link", name="Approuver")).to_have_count(0)
    assert violations(first) == []
    agent.reload()
    expect(agent.get_by_text("Votre identité est vérifiée.")).to_be_visible()

    # The second one does, and reads the code out.
    sign_in(second, "Hélène Marchand")
    _request(second, portal)
    second.get_by_role("link", name="Approuver").click()
    second.get_by_role("button", name="Approuver et montrer le code").click()
    expect(second.get_by_role("heading", name=f"Lisez ce code à {NAME}")).to_be_visible()
    code = second.locator("main [translate=no]").inner_text()
    assert violations(second) == []

    agent.reload()
    field = agent.get_by_label("Code donné par l’équipe informatique")
    field.fill("AAAAA-22222")
    agent.get_by_role("button", name="Continuer").click()
    expect(agent.get_by_text("Ce code n’est pas le bon").first).to_be_visible()
    field.fill(code.lower().replace("-", " "))
    agent.get_by_role("button", name="Continuer").click()
    expect(agent.get_by_role("heading", name="Protégez votre compte")).to_be_visible()
    agent.goto(f"{portal.url}/")
    expect(agent.get_by_role("heading", name="Protégez votre compte")).to_be_visible()
    new = enrol_totp(agent)
    assert new.secret != old.secret
    expect(agent).to_have_url(f"{portal.url}/")

    second.get_by_role("link", name="C’est fait").click()
    second.reload()
    expect(second.locator("main")).not_to_contain_text(code)
    expect(second.locator("main")).to_contain_text("Terminée")
