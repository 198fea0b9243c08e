"""What ends a live screen although its agent is at work: within five seconds, and with the reason."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, WebSocket, expect

from tests.browser.journeys import offices, people, portal
from tests.browser.journeys.conftest import World
from tests.browser.journeys.people import Person
from tests.browser.journeys.screen import Screen

pytestmark = [
    pytest.mark.browser,
    pytest.mark.gateway,
    pytest.mark.xdist_group("journeys"),
    pytest.mark.timeout(240, func_only=True),
]

LIMIT = 5.0
"""Seconds from the act to the closed socket (gateway's heartbeat: every 2 s)."""
SLACK = 1.0
"""The act is a click: its request travels and is worked on before the decision stands, and Playwright tells later."""


def _revoke(world: World, person: Person, home: Page, dsi: Page) -> Callable[[], None]:
    dsi.goto(f"{world.stack.url}/teletravail/droits/{person.right}/retirer")
    return dsi.locator("main").get_by_role("button", name="Retirer le droit").click


def _end_from_the_live_page(world: World, person: Person, home: Page, dsi: Page) -> Callable[[], None]:
    dsi.goto(f"{world.stack.url}/teletravail/sessions/")
    dsi.get_by_role("link", name=f"Terminer la session de {person.name}").click()
    return dsi.get_by_role("button", name="Terminer la session").click


def _sign_out_in_another_tab(world: World, person: Person, home: Page, dsi: Page) -> Callable[[], None]:
    tab = home.context.new_page()
    tab.goto(f"{world.url}/compte/deconnexion/")
    return tab.locator("main").get_by_role("button", name="déconnecter").click


def _disable_the_account(world: World, person: Person, home: Page, dsi: Page) -> Callable[[], None]:
    dsi.goto(f"{world.stack.url}/compte/utilisateurs/{person.user}/")
    dsi.get_by_role("link", name="Désactiver").click()
    return dsi.locator("main").get_by_role("button", name="Désactiver").click


WAYS = {
    "droit-retire": (_revoke, "Votre droit d’accès à cet ordinateur a pris fin."),
    "dsi-termine": (_end_from_the_live_page, "L’équipe informatique a mis fin à cette session."),
    "deconnecte": (_sign_out_in_another_tab, "Vous n’êtes plus connecté au portail."),
    "desactive": (_disable_the_account, "Vous n’êtes plus connecté au portail."),
}


@pytest.mark.parametrize("way", sorted(WAYS))
def test_the_screen_closes_in_time(world: World, home: Page, dsi: Page, way: str) -> None:
    prepare, sentence = WAYS[way]
    person = people.make(world.stack, way, offices.vnc(world))
    closed: list[float] = []

    def watch(socket: WebSocket) -> None:
        socket.on("close", lambda _: closed.append(time.monotonic()))

    home.on("websocket", watch)
    portal.choose_persona(home, world.url, person.name)
    portal.open_screen(home, world.url, person)
    screen = Screen(home)
    screen.connect(password="secret12")
    screen.wait_live()
    screen.wait_painted()
    act = prepare(world, person, home, dsi)
    assert not closed

    began = time.monotonic()
    act()
    while not closed and time.monotonic() < began + 3 * LIMIT:
        home.wait_for_timeout(20)
    assert closed, "the socket stays open"
    assert closed[0] - began <= LIMIT + SLACK
    expect(home.locator('#viewer[data-phase="ended"]')).to_be_attached()
    expect(home.locator("#viewer")).to_contain_text(sentence)
    expect(home.locator("canvas:visible")).to_have_count(0)  # nothing of the desktop stays on a family's machine
    home.wait_for_timeout(1500)
    assert screen.phase() == "ended"  # and it does not come back by itself
