"""The home page in a real browser: search while typing, stars, keyboard, and the same without JavaScript."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Portal, SignIn


def visible_tiles(page: Page) -> list[str]:
    return page.locator("[data-tile-section]:not([hidden]) [data-tile]:not([hidden]) .tile-title").all_inner_texts()


def test_typing_finds_tiles_without_accents(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    page = open_page()
    sign_in(page, "Claire Le Goff")
    page.keyboard.press("/")
    page.keyboard.type("conges")
    expect(page.locator("[data-tile]:not([hidden]):visible")).to_have_count(1)
    assert visible_tiles(page)[0].startswith("Congés et absences")
    expect(page.locator("[data-tile-status]")).to_have_text("1 application trouvée")
    page.get_by_label("Chercher une application").last.fill("xyzxyz")
    expect(page.get_by_text("Aucune application ne correspond", exact=True)).to_be_visible()


def test_a_star_is_put_by_keyboard_and_keeps_the_focus(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    page = open_page()
    sign_in(page, "Paul Guillou")
    star = page.get_by_role("button", name=re.compile("^Extranet : ajouter"))
    star.focus()
    page.keyboard.press("Enter")
    taken = page.get_by_role("button", name=re.compile("^Extranet : retirer"))
    expect(taken.first).to_be_visible()
    favourites = page.locator("[data-tile-favourites] .tile-title")
    expect(favourites).to_have_count(4)
    expect(favourites.last).to_contain_text("Extranet")
    expect(page.locator(":focus")).to_have_attribute("aria-pressed", "true")


def test_everything_works_without_javascript(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    page = open_page(javascript=False)
    sign_in(page, "Sophie Tanguy")
    page.get_by_role("button", name=re.compile("^Formation : ajouter")).click()
    expect(page.locator("[data-tile-favourites] .tile-title").last).to_contain_text("Formation")
    page.goto(f"{portal.url}/recherche/?q=etat")
    expect(page.locator("main")).to_contain_text("État des services")


def test_dark_is_remembered_and_french_turns_english(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    page = open_page()
    sign_in(page, "Claire Le Goff")
    page.get_by_role("button", name="Compte de Claire Le Goff").click()
    page.get_by_role("button", name="Sombre").click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    page.get_by_role("button", name="Compte de Claire Le Goff").click()
    page.get_by_role("button", name="English").click()
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.lang") == "en"
