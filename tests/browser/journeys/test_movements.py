"""The IT team prepares a departure; the head of department does her step."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, Portal, SignIn
from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.browser


def test_a_departure_from_its_day_to_its_steps(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    page = open_page()
    sign_in(page, "Hélène Marchand")
    page.goto(f"{portal.url}/annuaire/mouvements/")
    expect(page.locator("tbody tr").first).to_contain_text("En retard")
    page.get_by_role("link", name="Préparer").click()
    page.get_by_label("Quoi").select_option(label="Départ")
    page.get_by_label("Agent").fill("mathieu.riou@rivemarine.example")
    page.get_by_label("Date").fill(str(date.today() + timedelta(days=20)))  # noqa: DTZ011 - as the browser counts
    page.locator("main").get_by_role("button", name="Préparer").click()
    expect(page.get_by_role("heading", name="Mathieu Riou", level=1)).to_be_visible()
    expect(page.get_by_text("Ce qui doit revenir")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Récupérer l’ordinateur")
    assert violations(page) == []
    page.get_by_role("button", name=re.compile("Sans objet.*Téléphone mobile")).click()
    expect(page.locator("main")).to_contain_text("Sans objet")
    page.get_by_role("link", name="Annuler", exact=True).click()
    page.get_by_role("button", name="Annuler le mouvement").click()
    expect(page.get_by_text("Le mouvement est annulé.")).to_be_visible()


def test_a_head_of_department_s_steps(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    page = open_page(width=390, height=844)
    sign_in(page, "Nadia Benali")
    page.goto(f"{portal.url}/annuaire/mouvements/mes-etapes/")
    rows = page.locator("tbody tr")
    before = rows.count()
    assert before > 1
    rows.first.get_by_role("link").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name=re.compile("^Fait")).first.click()
    expect(page.get_by_text(re.compile("Étape faite"))).to_be_visible()
    page.goto(f"{portal.url}/annuaire/mouvements/mes-etapes/")
    expect(rows).to_have_count(before - 1)
