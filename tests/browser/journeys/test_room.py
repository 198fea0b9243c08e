"""A live room as people use it: the portal's own page, the real voice server, sound measured by its tones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.browser.journeys import room as rooms
from tests.browser.journeys.room import Place, hears, open_page
from tests.browser.test_accessibility import violations
from tests.integration.voice.harness import until

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("live_room")]
ANNE, BASILE = 600, 1000


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with rooms.place(tmp_path_factory.mktemp("room")) as found:
        yield found


@pytest.fixture(scope="module")
def anne_browser(driver: Playwright, place: Place) -> Iterator[Browser]:
    with rooms.browser(driver, place, "anne", hertz=ANNE) as started:
        yield started


@pytest.fixture(scope="module")
def basile_browser(driver: Playwright, place: Place) -> Iterator[Browser]:
    with rooms.browser(driver, place, "basile", hertz=BASILE) as started:
        yield started


def enter(page: Page, name: str = "Entrer") -> None:
    page.get_by_role("button", name=name, exact=True).click()


Pair = tuple[Page, Page]


@pytest.fixture
def pair(place: Place, anne_browser: Browser, basile_browser: Browser) -> Iterator[Callable[..., Pair]]:
    opened: list[Page] = []

    def both(mode: str = "meeting", *, lobby: bool = False) -> Pair:
        room = place.open_room(mode=mode, lobby=lobby, Anne="host", Basile="speaker")
        pages = (
            open_page(anne_browser, place.guest(room, "Anne")),
            open_page(basile_browser, place.guest(room, "Basile")),
        )
        opened.extend(pages)
        return pages

    yield both
    for page in opened:
        page.context.close()


def test_two_people_come_in_and_hear_each_other(pair: Callable[..., Pair]) -> None:
    anne, basile = pair()
    expect(anne.locator(".room-dial").first).to_have_text("02\u00a098\u00a000\u00a012\u00a034")
    assert violations(anne) == []
    enter(anne)
    enter(basile)
    for page in (anne, basile):
        expect(page.locator(".room-person")).to_have_count(2)
    until(lambda: hears(anne, BASILE) > 0.5, "Anne hears Basile")
    until(lambda: hears(basile, ANNE) > 0.5, "Basile hears Anne")
    expect(anne.locator(".room-person", has_text="Basile")).to_contain_text("parle")
    assert violations(anne) == []

    basile.keyboard.press("m")
    expect(anne.locator(".room-person", has_text="Basile")).to_contain_text("micro coupé")
    until(lambda: hears(anne, BASILE) < 0.02, "Basile is silent")
    basile.keyboard.press("m")
    until(lambda: hears(anne, BASILE) > 0.5, "Basile is heard again")

    basile.keyboard.press("l")
    expect(anne.locator(".room-person", has_text="Basile")).to_contain_text("main levée")
    expect(anne.locator(".room-happening")).to_have_text("Basile lève la main.")

    basile.keyboard.press("c")
    basile.get_by_label("Votre message").fill("<b>Bonjour</b> à tous")
    basile.keyboard.press("Enter")
    expect(anne.get_by_role("button", name="Messages\u00a0: 1 à lire")).to_be_visible()
    anne.get_by_role("button", name="Messages").click()
    expect(anne.locator(".room-chat-log")).to_contain_text("<b>Bonjour</b> à tous")

    anne.get_by_label("Agir pour Basile").click()
    anne.get_by_role("button", name="Couper son micro").click()
    expect(basile.locator(".room-happening")).to_contain_text("Un animateur a coupé votre micro.")
    until(lambda: hears(anne, BASILE) < 0.02, "Basile is muted by the host")

    anne.get_by_role("button", name="Terminer pour tous").click()
    anne.get_by_role("button", name="Oui").click()
    for page in (anne, basile):
        expect(page.locator(".room-status")).to_have_text("L’animateur a terminé la réunion.")


def test_without_a_microphone_one_hears_and_may_open_it_later(pair: Callable[..., Pair]) -> None:
    anne, basile = pair()
    enter(anne)
    enter(basile, "Entrer sans micro")
    until(lambda: hears(basile, ANNE) > 0.5, "Basile hears Anne")
    expect(anne.locator(".room-person", has_text="Basile")).to_contain_text("micro coupé")
    basile.get_by_role("button", name="Ouvrir le micro").click()
    until(lambda: hears(anne, BASILE) > 0.5, "Anne hears Basile")


def test_one_waits_until_the_host_lets_in_and_is_sent_away_for_good(pair: Callable[..., Pair]) -> None:
    anne, basile = pair(lobby=True)
    enter(basile)
    expect(basile.locator(".room-status")).to_contain_text("salle d’attente")
    enter(anne)
    anne.get_by_role("button", name="Faire entrer\u00a0: Basile").or_(
        anne.get_by_role("button", name="Faire entrer : Basile")
    ).click()
    expect(basile.locator(".room-person")).to_have_count(2)
    anne.get_by_label("Agir pour Basile").click()
    anne.get_by_role("button", name="Faire sortir").click()
    anne.get_by_role("button", name="Oui").click()
    expect(basile.locator(".room-status")).to_have_text("Un animateur vous a fait sortir.")
    expect(anne.locator(".room-person")).to_have_count(1)
    basile.get_by_role("button", name="Revenir").click()
    enter(basile)
    expect(basile.locator(".room-status")).to_have_text("Un animateur vous a fait sortir.")


def test_a_page_that_was_cut_comes_back_by_itself(place: Place, pair: Callable[..., Pair]) -> None:
    anne, basile = pair()
    enter(anne)
    enter(basile)
    until(lambda: hears(anne, BASILE) > 0.5, "Anne hears Basile")
    place.cut()
    expect(basile.locator(".room-status")).to_contain_text("Connexion perdue")
    for page in (anne, basile):
        expect(page.locator(".room-status")).to_have_text(re.compile("La connexion est revenue|Le son passe"))
        expect(page.locator(".room-person")).to_have_count(2)
    until(lambda: hears(anne, BASILE) > 0.5, "Anne hears Basile again")
    until(lambda: hears(basile, ANNE) > 0.5, "Basile hears Anne again")


def test_in_a_sitting_the_president_gives_the_floor(place: Place, pair: Callable[..., Pair]) -> None:
    anne, basile = pair("sitting")
    enter(anne)
    enter(basile)
    expect(basile.locator(".room-person")).to_have_count(2)
    until(lambda: hears(basile, ANNE) > 0.5, "the president is heard")
    assert hears(anne, BASILE) < 0.02
    basile.get_by_role("button", name="Demander la parole").click()
    anne.locator("[data-key^=give]").click()
    basile.get_by_role("button", name="Oui").click()
    until(lambda: hears(anne, BASILE) > 0.5, "Basile has the floor")
    anne.get_by_role("button", name="Reprendre la parole").click()
    until(lambda: hears(anne, BASILE) < 0.02, "the floor was taken back")


def test_a_phone_screen_holds_the_room(place: Place, anne_browser: Browser) -> None:
    room = place.open_room(Anne="host")
    page = open_page(anne_browser, place.guest(room, "Anne"), width=390, height=844)
    assert violations(page) == []
    enter(page)
    expect(page.locator(".room-person")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(page) == []
    page.context.close()
