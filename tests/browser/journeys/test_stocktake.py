"""A technician counts a site in its cellar, without network; the differences wait upstairs."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, Portal, SignIn
from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.browser

TECHNICIAN = "Yann Kerbrat"


def test_counted_without_network(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    page = open_page(width=390, height=844)
    sign_in(page, TECHNICIAN)
    page.goto(f"{portal.url}/parc/inventaires/nouveau/")
    page.get_by_label("Site").select_option(label="Complexe sportif du Vallon")
    page.get_by_role("button", name="Ouvrir l’inventaire").click()
    page.get_by_role("link", name="Compter").click()
    expect(page.locator("#count")).to_have_attribute("data-ready", "yes")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    first = page.locator(".count-row strong").first.inner_text()

    page.context.set_offline(True)
    page.reload()  # the phone was put away and taken out again
    expect(page.locator("#count")).to_have_attribute("data-ready", "yes")
    page.get_by_label("Ou saisissez le numéro").fill(first)
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text(f"{first} : vu")
    page.get_by_label("Local où vous êtes").fill("Cave")
    page.get_by_label("Ou saisissez le numéro").fill("ETIQUETTE-INCONNUE")
    page.get_by_role("button", name="Noter").click()
    expect(page.locator("#said")).to_contain_text("pas sur la liste de ce site")
    expect(page.locator("#link")).to_contain_text("2 lectures gardées sur ce téléphone")
    page.reload()
    expect(page.locator("#progress-words")).to_contain_text(re.compile(r"^1 vus sur \d+"))

    page.context.set_offline(False)
    page.reload()
    expect(page.locator("#link")).to_contain_text("Tout est enregistré")
    page.get_by_role("link", name="Retour à l’inventaire").click()
    page.get_by_role("button", name="Comptage terminé").click()
    expect(page.get_by_text(re.compile("écarts? à régler")).first).to_be_visible()
    expect(page.get_by_text("ETIQUETTE-INCONNUE")).to_be_visible()
    assert violations(page) == []


def test_labels_are_printed(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    page = open_page()
    sign_in(page, TECHNICIAN)
    page.goto(f"{portal.url}/parc/inventaires/etiquettes/")
    page.get_by_label("Site").select_option(label="Complexe sportif du Vallon")
    page.get_by_role("button", name="Compter les étiquettes").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Télécharger le PDF").click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")
    assert violations(page) == []
