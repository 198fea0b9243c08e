"""From the sign-in page to the screen and back, without a mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.journeys.conftest import World
from tests.browser.journeys.keyboard import enter, type_french
from tests.browser.journeys.screen import Screen, wait

pytestmark = [
    pytest.mark.browser,
    pytest.mark.gateway,
    pytest.mark.xdist_group("journeys"),
    pytest.mark.timeout(240, func_only=True),
]

TYPED = "sans souris"


def test_without_a_mouse(world: World, home: Page) -> None:
    screen = Screen(home)
    home.goto(f"{world.url}/compte/connexion/")
    enter(home, home.get_by_role("button", name="Claire Le Goff"))
    enter(home, home.get_by_role("link", name="Mon bureau").first)
    enter(home, home.get_by_role("link", name="Ouvrir mon ordinateur").first)
    screen.wait_live()
    screen.wait_painted(colours=200)
    type_french(home, TYPED)  # the screen has the keyboard by itself
    written = (world.stack.data_dir / "desktops").glob
    wait(
        lambda: any(TYPED in file.read_text(encoding="utf-8") for file in written("*/Compte rendu.txt")),
        "the keys do not reach the PC",
    )

    for key in ("Control", "Alt", "Shift"):
        home.keyboard.down(key)
    for key in ("Shift", "Alt", "Control"):
        home.keyboard.up(key)
    toolbar = home.get_by_role("toolbar", name="Commandes de l’écran à distance")
    expect(toolbar.locator(":focus")).to_have_count(1)
    home.keyboard.press("End")
    expect(toolbar.get_by_role("button", name="Terminer")).to_be_focused()
    home.keyboard.press("Enter")
    enter(home, home.get_by_role("dialog").get_by_role("button", name="Terminer"))
    expect(home.get_by_role("heading", name="Session terminée")).to_be_visible()
    enter(home, home.get_by_role("link", name="Retour à mon bureau"))
    home.wait_for_url(f"{world.url}/mon-bureau/")
