"""The head of IT plans a campaign, follows the plan, announces its first wave and opens it: pages only."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from parvis.portal.kernel import clock
from tests.browser.conftest import OpenPage, Portal, SignIn
from tests.browser.test_accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240, func_only=True)]

HEAD_OF_IT = "Hélène Marchand"
# Five people of a new service, whose head has granted what they asked.
GRANTED = """
from parvis.portal.accounts.models import User
from parvis.portal.directory import rules as naming
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel import clock
from parvis.portal.telework.models import Request
now = clock.now()
top = Entity.objects.get(parent=None, name="Métropole de Rivemarine")
team = Entity.objects.create(name="Service des jardins", parent=top, kind=Entity.Kind.DEPARTMENT, path="new")
team.path = naming.child_path(top.path, team.pk)
team.save()
for number in range(5):
    email = f"jardin.{number}@rivemarine.example"
    user = User.objects.create_user(email, first_name="Camille", last_name=f"Jardin-{number}")
    agent = Agent.objects.create(user=user, first_name="Camille", last_name=f"Jardin-{number}", email=email,
        entity=team, job_title="Gestionnaire", search=f"camille jardin-{number}")
    Request.objects.create(agent=agent, level=1, state="approved", requested_at=now, decided_at=now,
        machine="own", line="fibre", days=1, starts_date=clock.today(now))
"""


def _plan(page: Page, portal: Portal) -> None:
    page.get_by_role("link", name="Demander un plan").click()
    page.get_by_label("Nom du plan").fill("Tous ensemble")
    page.get_by_role("button", name="Calculer").click()
    expect(page.locator("#progress")).to_be_visible()
    portal.work()
    expect(page.get_by_text("Tout le monde a une semaine.")).to_be_visible()  # without a reload
    assert violations(page) == []
    page.get_by_role("link", name="Suivre ce plan").click()
    page.locator("main form").get_by_role("button", name=re.compile("^Suivre")).click()


def test_from_a_population_to_an_open_wave(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    portal.manage("shell", "-v", "0", "-c", GRANTED)
    page = open_page()
    sign_in(page, HEAD_OF_IT)
    page.goto(f"{portal.url}/deploiement/nouvelle/")
    page.locator("#id_name").fill("Les jardins en télétravail")
    page.get_by_label("Ce qui sera ouvert").select_option("1")
    today = clock.today(clock.now())
    page.get_by_label("Première semaine").fill((today + timedelta(days=7)).isoformat())
    page.get_by_label("Nombre de semaines").fill("2")
    page.get_by_role("button", name="Enregistrer").click()

    addresses = [*(f"jardin.{number}@rivemarine.example" for number in range(5)), "parti@rivemarine.example"]
    page.get_by_label("Liste collée").fill("\n".join(addresses))
    page.get_by_role("button", name="Voir qui cela fait").click()
    expect(page.get_by_role("heading", name="Ajouter 5 agents à équiper")).to_be_visible()
    expect(page.get_by_text("parti@rivemarine.example")).to_be_visible()  # unknown, and said before anything is done
    page.get_by_role("button", name="Ajouter", exact=True).click()

    campaign = re.search(r"/deploiement/(\d+)/", page.url)
    assert campaign is not None
    page.goto(f"{portal.url}/deploiement/{campaign[1]}/")
    _plan(page, portal)

    page.goto(f"{portal.url}/deploiement/{campaign[1]}/vagues/")
    assert violations(page) == []
    page.get_by_role("link", name=re.compile("^Annoncer")).first.click()
    expect(page.get_by_text("5 agents", exact=True)).to_be_visible()
    page.get_by_role("button", name="Annoncer cette vague").click()
    letters = portal.work().split("\nTo: ")
    assert sum(each.startswith("jardin.") and "BEGIN:VCALENDAR" in each for each in letters) == 5

    page.get_by_role("link", name="Ouvrir maintenant").click()
    page.locator("main form").get_by_role("button", name=re.compile("^Ouvrir")).click()
    expect(page.locator("#wave-live")).to_be_visible()
    portal.work()
    expect(page.locator("#live-invited .h2")).to_have_text("5")  # the board follows by itself
    assert violations(page) == []
