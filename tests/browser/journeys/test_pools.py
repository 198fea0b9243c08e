"""An agent finds a free meeting room and changes their mind; a technician books from the board, by keyboard."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from parvis.portal.kernel import clock
from tests.browser.conftest import OpenPage, Portal, SignIn
from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.browser

AGENT, TECHNICIAN = "Claire Le Goff", "Yann Kerbrat"
DAYS_AHEAD = 33
"""Nothing of the demonstration is booked then."""


def day_of_test() -> str:
    return f"{clock.today() + timedelta(days=DAYS_AHEAD):%Y-%m-%d}"


def test_a_room_is_found_booked_moved_and_given_up(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    page = open_page()
    sign_in(page, AGENT)
    page.goto(f"{portal.url}/salles/trouver/")
    page.get_by_label("Jour").fill(day_of_test())
    page.get_by_label("De (obligatoire)").fill("10:00")
    page.get_by_label("À (obligatoire)").fill("11:00")
    page.get_by_label("Personnes").fill("15")
    page.get_by_role("button", name="Chercher").click()
    page.get_by_role("link", name="Réserver Salle Ouessant").click()
    expect(page.get_by_label("De (obligatoire)")).to_have_value("10:00")
    page.get_by_label("Objet").fill("Atelier des cartes")
    page.get_by_role("button", name="Réserver", exact=True).click()
    main = page.locator("main")
    expect(main).to_contain_text("C’est réservé")
    expect(main).to_contain_text("Salle Ouessant")
    assert not violations(page)

    page.get_by_role("link", name="Déplacer").click()
    page.get_by_label("De (obligatoire)").fill("15:00")
    page.get_by_label("À (obligatoire)").fill("16:30")
    page.get_by_role("button", name="Déplacer").click()
    expect(main).to_contain_text("15:00 – 16:30")
    page.get_by_role("link", name="Annuler").click()
    page.get_by_role("button", name="Annuler la réservation").click()
    expect(main).to_contain_text("La réservation est annulée.")


def arrows(page: Page, key: str, name: str) -> None:
    page.keyboard.press(key)
    expect(page.get_by_role("link", name=name)).to_be_focused()


def test_a_technician_books_from_the_board(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    page = open_page()
    sign_in(page, TECHNICIAN)
    page.goto(f"{portal.url}/salles/planning/?type=phone_room&jour={day_of_test()}")
    free = page.get_by_role("link", name="Réserver Salle 12 à 09:00")
    free.focus()
    arrows(page, "ArrowRight", "Réserver Salle 12 à 10:00")
    arrows(page, "ArrowDown", "Réserver Salle 13 à 10:00")
    arrows(page, "ArrowLeft", "Réserver Salle 13 à 09:00")
    arrows(page, "ArrowUp", "Réserver Salle 12 à 09:00")
    page.keyboard.press("Enter")
    expect(page.get_by_label("De (obligatoire)")).to_have_value("09:00")
    page.get_by_label("Objet").fill("Point du jury")
    page.get_by_label("Pour", exact=True).fill("claire.legoff@rivemarine.example")
    page.get_by_role("button", name="Réserver", exact=True).click()
    expect(page.locator("main")).to_contain_text("Salle 12")
    page.goto(f"{portal.url}/salles/planning/?type=phone_room&jour={day_of_test()}")
    expect(page.get_by_role("link", name=re.compile("Claire Le Goff, Point du jury"))).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.get_by_role("link", name="09:00 – 10:00")).to_be_visible()


def test_the_gauge_says_what_to_rent(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    page = open_page()
    sign_in(page, TECHNICIAN)
    page.goto(f"{portal.url}/salles/jauge/")
    expect(page.locator("main")).to_contain_text("Pour refuser moins de 1")
    expect(page.locator("main")).to_contain_text("vous pouvez en rendre")
    expect(page.locator("main")).to_contain_text("Réunis en un seul groupe")
    page.get_by_role("link", name="Salles téléphoniques 1 à 10").click()
    expect(page.get_by_role("heading", name=re.compile("louez"))).to_be_visible()
