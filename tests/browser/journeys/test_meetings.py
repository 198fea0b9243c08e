"""From the home page to a booked meeting without a mouse, in a handful of acts; then in by telephone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Portal, SignIn
from tests.browser.journeys.keyboard import enter, tab_to
from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.browser

CLAIRE, NADIA = "Claire Le Goff", "Nadia Benali"
MOST_ACTS = 6
"""Choices from the home page to the booked meeting, Tab not counted: less than twenty seconds for anybody."""


class Acts:
    """Counts what a person decides: a key that does something, a word typed."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def press(self, name: str, role: str = "button") -> None:
        self.count += 1
        enter(self.page, self.page.get_by_role(role, name=name).first)  # type: ignore[arg-type]  # Playwright types roles one by one

    def type(self, label: str, text: str) -> None:
        self.count += 1
        tab_to(self.page, self.page.get_by_label(label).first)
        self.page.keyboard.type(text)


def test_a_meeting_is_booked_by_keyboard_in_a_few_acts(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    page = open_page()
    sign_in(page, CLAIRE)
    page.goto(f"{portal.url}/")
    acts = Acts(page)
    acts.press("Se réunir", "link")
    acts.type("Chercher un collègue", "riou")
    acts.press("Mathieu Riou")
    chosen = page.get_by_role("list", name="Invités")
    expect(chosen).to_contain_text("Mathieu Riou")
    expect(page.get_by_label("Chercher un collègue")).to_be_focused()
    page.get_by_role("button", name="Prochain jour ouvré, 14").focus()
    acts.press("Prochain jour ouvré, 14 h")
    expect(page.get_by_label("Heure")).to_have_value("14:00")
    expect(chosen).to_contain_text("Mathieu Riou")
    assert not violations(page)
    acts.press("Réserver")
    expect(page.locator("main")).to_contain_text("C’est réservé.")
    expect(page.locator("main")).to_contain_text("Mathieu Riou")
    assert acts.count <= MOST_ACTS
    assert not violations(page)


def test_a_simple_telephone_is_enough(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    page = open_page()
    sign_in(page, NADIA)
    page.goto(f"{portal.url}/reunions/nouvelle/?quand=now")
    page.get_by_label("Objet").fill("Point au téléphone")
    page.get_by_label("Au moins une personne n’a qu’un téléphone").check()
    best = page.locator("#answer li", has_text="Conseillé")
    expect(best).to_contain_text("un simple téléphone suffit")
    best.get_by_role("button", name=re.compile("Réserver")).click()
    portal.work()  # it asks the tool; the page looks again by itself
    expect(page.locator("#how-card")).to_contain_text("code", timeout=60_000)
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("link", name="Rejoindre").click()
    dial = page.get_by_role("link", name="Appeler d’une touche")
    assert re.fullmatch(r"tel:\+33\d{9},,\d{4,8}#", dial.get_attribute("href") or "")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not violations(page)
    page.get_by_role("button", name="Nous y sommes").click()
    expect(page.locator("main")).to_contain_text("la place vous reste")
