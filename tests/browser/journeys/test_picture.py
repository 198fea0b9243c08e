"""The picture's quality: what a person chooses holds at once, is remembered, and the screen is drawn all the same."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, WebSocket, expect

from tests.browser.journeys import offices, people, portal
from tests.browser.journeys.conftest import World
from tests.browser.journeys.screen import Screen, wait
from tests.browser.test_accessibility import violations

pytestmark = [
    pytest.mark.browser,
    pytest.mark.gateway,
    pytest.mark.xdist_group("journeys"),
    pytest.mark.timeout(240, func_only=True),
]

DEFLATED = '{"deflate": true}'
"""The gateway's word that what follows is deflated (docs/reference/gateway-protocol.md)."""


def test_choosing_the_light_picture(home: Page, world: World) -> None:
    office = offices.of_kind("xrdp", world)
    person = people.make(world.stack, "xrdp.image", office)
    portal.choose_persona(home, world.url, person.name)
    portal.open_screen(home, world.url, person)
    sockets: list[list[str]] = []
    home.on("websocket", lambda socket: sockets.append(_words(socket)))
    screen = Screen(home)
    screen.connect(username=office.username, password=office.password)
    screen.wait_live()
    screen.wait_painted()
    assert sockets == [[]]

    button, panel = home.get_by_role("button", name="Qualité de l’image"), home.locator("#pv-quality")
    button.click()
    expect(panel).to_be_visible()
    expect(panel.get_by_label("Automatique")).to_be_checked()
    expect(panel).to_contain_text("En ce moment : image fine.")
    assert violations(home) == []

    panel.get_by_label("Économe").check()
    wait(lambda: _pump(home) and len(sockets) == 2, "the screen does not connect again")
    screen.wait_live()
    screen.wait_painted()
    assert sockets == [[], [DEFLATED]]

    button.click()
    expect(panel.get_by_label("Économe")).to_be_checked()
    expect(panel).to_contain_text("En ce moment : image simplifiée.")
    assert home.evaluate("localStorage.getItem('parvis.picture')") == "light"
    screen.end()
    expect(home.get_by_role("heading", name="Session terminée")).to_be_visible()


def _words(socket: WebSocket) -> list[str]:
    """The text frames the gateway sends, as they come."""
    words: list[str] = []

    def came(frame: str | bytes) -> None:
        if isinstance(frame, str):
            words.append(frame)

    socket.on("framereceived", came)
    return words


def _pump(page: Page) -> bool:
    """Hear what the page has told meanwhile."""
    page.wait_for_timeout(50)
    return True
