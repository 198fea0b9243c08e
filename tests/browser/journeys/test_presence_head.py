"""A head of department's morning: who is where, what waits, a week of telework for everybody, and back."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, Portal, SignIn
from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.browser

HEAD, DEPARTMENT = "Nadia Benali", "Population et citoyenneté"


def _a_monday() -> date:
    """Some six weeks ahead: nothing else of the demonstration happens then."""
    day = date.today() + timedelta(days=45)  # noqa: DTZ011 - as the browser counts
    return day - timedelta(days=day.weekday())


def test_a_morning(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    page = open_page()
    sign_in(page, HEAD)
    page.goto(f"{portal.url}/presence/services/")
    expect(page.get_by_role("heading", name=DEPARTMENT, level=1)).to_be_visible()
    expect(page.locator(".team-grid tbody tr").first).to_be_visible()
    assert violations(page) == []

    page.get_by_role("link", name=re.compile("à confirmer")).first.click()
    rows = page.locator("tbody tr")
    before = rows.count()
    assert before > 1
    rows.first.get_by_role("checkbox").check()
    page.get_by_role("button", name="Refuser", exact=True).last.click()
    expect(page.get_by_text("N’écrivez jamais de raison médicale")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Refuser")).click()
    expect(page.get_by_text("1 jour refusé.")).to_be_visible()
    expect(rows).to_have_count(before - 1)

    monday = _a_monday()
    page.goto(f"{portal.url}/presence/services/?")
    page.get_by_role("link", name="Déclarer pour le service").click()
    page.get_by_label("Du", exact=False).first.fill(str(monday))
    page.get_by_label("Au", exact=False).first.fill(str(monday + timedelta(days=6)))
    page.get_by_label("Absence autorisée (ASA)").check()
    page.get_by_role("button", name="Voir ce qui changerait").click()
    expect(page.locator("main")).to_contain_text(re.compile(r"\d+ agents"))
    expect(page.get_by_text("Le minimum sur site ne serait plus tenu")).to_be_visible()
    page.get_by_role("button", name=re.compile("Déclarer pour")).click()
    expect(page.get_by_text(re.compile(r"\d+ jours déclarés"))).to_be_visible()

    page.get_by_role("link", name="Annuler", exact=True).first.click()
    page.get_by_role("button", name="Annuler la déclaration").click()
    expect(page.get_by_text("C’est annulé.")).to_be_visible()
    expect(page.get_by_text("Annulée").first).to_be_visible()


@pytest.mark.parametrize("path", ["services/", "a-confirmer/", "effectifs/", "alertes/"])
def test_on_a_phone(portal: Portal, open_page: OpenPage, sign_in: SignIn, path: str) -> None:
    page = open_page(width=390, height=844, theme="dark")
    sign_in(page, HEAD)
    page.goto(f"{portal.url}/presence/{path}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page) == []


def test_the_grid_is_scrolled_with_the_keyboard(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    page = open_page()
    sign_in(page, HEAD)
    page.goto(f"{portal.url}/presence/services/")
    grid = page.get_by_role("region", name="Calendrier du service")
    grid.focus()
    page.keyboard.press("End")
    # The last row comes into view; `wait_for_function` would need an eval that the content security policy forbids.
    expect(grid.locator("tbody tr").last).to_be_in_viewport()
    assert grid.evaluate("grid => grid.scrollTop") > 0
    expect(page.locator(".team-grid thead th").first).to_be_in_viewport()
