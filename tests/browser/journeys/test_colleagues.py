"""« Trouver un collègue » without a mouse: written, walked through with the arrows, opened with Enter."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, Portal, SignIn
from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1440, 390])
def test_a_colleague_by_keyboard(portal: Portal, open_page: OpenPage, sign_in: SignIn, width: int) -> None:
    page = open_page(width=width)
    sign_in(page, "Claire Le Goff")
    page.goto(f"{portal.url}/annuaire/personnes/")
    field = page.get_by_role("searchbox", name="Nom, fonction, service ou téléphone")
    expect(field).to_be_focused()

    # Accents, capitals and the order of the words do not matter; the best answer is one Enter away.
    page.keyboard.type("marchand helene")
    expect(page.locator("#people-found")).to_have_attribute("data-asked", "marchand helene")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Hélène Marchand", level=1)).to_be_visible()

    # The arrows go through the answers and back to the field.
    page.go_back()
    field.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("etat civil")
    expect(page.locator("#people-found")).to_have_attribute("data-asked", "etat civil")
    links = page.locator("[data-arrows-item]")
    assert links.count() > 2
    page.keyboard.press("ArrowDown")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(field).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(links.nth(1)).to_be_focused()
    second = links.nth(1).inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=second, level=1)).to_be_visible()
    expect(page.locator("main")).to_contain_text("état civil", ignore_case=True)


def test_nobody_of_that_name_and_no_script(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    page = open_page(javascript=False)
    sign_in(page, "Claire Le Goff")
    page.goto(f"{portal.url}/annuaire/personnes/")
    field = page.get_by_role("searchbox", name="Nom, fonction, service ou téléphone")
    field.fill("xyzxyz")
    field.press("Enter")
    expect(page.get_by_text(re.compile("Personne ne correspond à"))).to_be_visible()
    field.fill("riou")
    field.press("Enter")
    expect(page.get_by_role("link", name="Mathieu Riou", exact=True)).to_be_visible()
