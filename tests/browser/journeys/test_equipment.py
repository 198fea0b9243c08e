"""A person is equipped in one go, then reads their first steps; the pages of levels hold on a phone."""

from __future__ import annotations

from io import BytesIO

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.browser.conftest import OpenPage, Portal, SignIn
from tests.browser.test_accessibility import axe, barriers  # noqa: F401

pytestmark = pytest.mark.browser

TECHNICIAN, AGENT = "Yann Kerbrat", "Maëlle Quéméneur"
MAKE = """
from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.parc.models import Asset
from parvis.portal.equipment.models import Profile, Scenario
entity = Entity.objects.get(name="Cimetières")
agent = Agent.objects.create(
    first_name="Maëlle", last_name="Quéméneur", email="m.quemeneur@rivemarine.example", job_title="Secrétaire",
    entity=entity, search="maelle quemeneur secretaire",
)
root = Entity.objects.get(parent=None, name="Métropole de Rivemarine")
for kind, name in (("office", "RIV-PC-NEUF1"), ("screen", "Écran neuf 1")):
    Asset.objects.create(entity=entity, kind=kind, name=name, serial=f"SN-{kind}", state="stock", search=name.lower())
print(agent.pk, root.pk, Profile.objects.order_by("pk")[0].pk, *Scenario.objects.values_list("pk", flat=True))
"""


def test_a_person_is_equipped_in_one_go(portal: Portal, open_page: OpenPage, sign_in: SignIn, axe: None) -> None:  # noqa: F811
    agent, root, profile, *scenarios = portal.manage("shell", "--no-imports", "-c", MAKE).split()
    page = open_page()
    sign_in(page, TECHNICIAN)
    page.goto(f"{portal.url}/equipement/equiper/")
    page.get_by_role("searchbox", name="Agent").fill("quemeneur")
    page.get_by_role("button", name="Chercher").click()
    page.get_by_role("link", name=AGENT).click()
    expect(page.locator("h1")).to_have_text(f"Équiper {AGENT}")
    assert (
        "RIV-PC-NEUF1" in page.get_by_label("Ordinateur de bureau ou portable").locator("option:checked").inner_text()
    )
    page.get_by_label("Pouvoir ouvrir à distance les ordinateurs affectés aujourd’hui").check()
    assert barriers(page, f"{portal.url}/equipement/equiper/{agent}/") == []
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_label("Pouvoir ouvrir à distance les ordinateurs affectés aujourd’hui").check()
    page.get_by_role("button", name="Vérifier avant de confirmer").click()
    expect(page.locator("main")).to_contain_text("Affecter Poste de bureau RIV-PC-NEUF1")
    expect(page.locator("main")).to_contain_text("Laisser ouvrir RIV-PC-NEUF1 à distance")
    page.get_by_role("button", name="Confirmer").click()
    expect(page.locator("main")).to_contain_text(f"{AGENT} est équipé")
    expect(page.locator("main").get_by_text("Pas fait", exact=True)).to_have_count(0)
    with page.expect_download() as coming:
        page.get_by_role("link", name="Reçu à signer").click()
    text = "".join(sheet.extract_text() for sheet in PdfReader(BytesIO(coming.value.path().read_bytes())).pages)
    assert "RIV-PC-NEUF1" in text
    assert "SN-office" in text

    portal.manage(
        "shell",
        "--no-imports",
        "-c",
        f"""
from parvis.portal.directory.models import Agent
from parvis.portal.accounts.models import User
User.objects.filter(agent__pk={agent}).update(is_demo_persona=True)
""",
    )
    own = open_page(width=390)
    sign_in(own, AGENT)
    own.goto(f"{portal.url}/equipement/premiers-pas/")
    expect(own.locator("main")).to_contain_text("RIV-PC-NEUF1")
    expect(own.get_by_role("link", name="Mon bureau").last).to_be_visible()

    query = "&".join(f"s={each}" for each in scenarios[:3])
    problems = []
    head = open_page()
    sign_in(head, "Hélène Marchand")
    for path in (
        f"service/{root}/", f"agents/{agent}/", f"profils/{profile}/", f"profils/essai/?agent={agent}",
        f"reglages/{root}/", f"scenarios/{scenarios[0]}/", f"scenarios/{scenarios[0]}/modifier/",
        f"scenarios/comparer/?{query}", f"parc/{root}/", f"parc/{root}/plan/?etalement=budget&budget=400000",
        "agents/?gap=incomplete",
    ):  # fmt: skip
        problems += barriers(head, f"{portal.url}/equipement/{path}")
    assert not problems, "\n".join(problems)
