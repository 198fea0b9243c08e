"""An agent says where they will be, without a mouse: on a desk and on a phone; and the same without JavaScript."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage, Portal, SignIn
from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.browser

DESK, PHONE = (1440, 900), (390, 844)
MOST_TABS = 150


def _tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    expect(target).to_be_visible()
    for _ in range(MOST_TABS):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{target} is not reached by the Tab key")


def _enter(page: Page, target: Locator, key: str = "Tab") -> None:
    _tab_to(page, target, key)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def _some_tuesday() -> date:
    """In the second week of the month after next."""
    month = (date.today().replace(day=1) + timedelta(days=64)).replace(day=8)  # noqa: DTZ011 - as the browser counts
    return month + timedelta(days=(1 - month.weekday()) % 7)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["1440", "390"])
def test_three_days_by_keyboard(portal: Portal, open_page: OpenPage, sign_in: SignIn, size: tuple[int, int]) -> None:
    page = open_page(width=size[0], height=size[1])
    sign_in(page, "Claire Le Goff")
    _enter(page, page.get_by_role("link", name="Autre jour"))
    expect(page.get_by_role("heading", name="Ma présence", level=1)).to_be_visible()
    tuesday = _some_tuesday() + timedelta(days=7 * (size == PHONE))  # both share one portal
    page.goto(f"{portal.url}/presence/?mois={tuesday:%Y-%m}")
    _enter(page, page.locator(f"#jour-{tuesday}"))
    thursday = page.locator(f"#jour-{tuesday + timedelta(days=2)}")
    expect(page.locator(".presence-chosen")).to_have_count(1)
    _enter(page, thursday, "Shift+Tab")  # the page is at the form now; the calendar is before it
    expect(page.locator(".presence-chosen")).to_have_count(3)
    assert page.get_by_label("Au", exact=True).input_value() == str(tuesday + timedelta(days=2))

    assert violations(page) == []

    _tab_to(page, page.get_by_label("Sur site"))
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Déplacement", exact=False).first).to_be_checked()
    _enter(page, page.get_by_role("button", name="Enregistrer"))
    expect(page.get_by_text(re.compile(r"jours? enregistrés?\."))).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]

    _enter(page, page.get_by_role("button", name="Annuler cette déclaration"))
    expect(page.get_by_text("C’est annulé.")).to_be_visible()


def test_a_colleague_is_found_without_javascript(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    page = open_page(javascript=False)
    sign_in(page, "Mathieu Riou")
    page.goto(f"{portal.url}/presence/qui-est-ou/")
    page.get_by_label("Nom, adresse ou fonction").fill("riou mathieu")
    page.get_by_role("button", name="Filtrer").click()
    expect(page.locator("tbody tr").first).to_contain_text("Riou")
    page.goto(f"{portal.url}/presence/semaine/?alternance=1")
    expect(page.locator("select")).to_have_count(28)
