"""A phone will do, for a look or a few words."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.journeys import portal
from tests.browser.journeys.conftest import World
from tests.browser.journeys.screen import Screen, wait

pytestmark = [
    pytest.mark.browser,
    pytest.mark.gateway,
    pytest.mark.xdist_group("journeys"),
    pytest.mark.timeout(240, func_only=True),
]

WIDTH, HEIGHT = 390, 844
PHONE = {"viewport": {"width": WIDTH, "height": HEIGHT}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
TYPED = "Vu dans le train : d’accord, à 14 h, près de l’été."


@pytest.mark.parametrize("home", [PHONE], indirect=True, ids=["390x844"])
def test_a_few_words_from_the_train(world: World, home: Page) -> None:
    screen = Screen(home)
    portal.choose_persona(home, world.url, "Claire Le Goff")
    home.goto(f"{world.url}/mon-bureau/")
    home.get_by_role("link", name="Ouvrir mon ordinateur").first.tap()
    screen.wait_live()

    toolbar = home.get_by_role("toolbar", name="Commandes de l’écran à distance")
    for name in ("Clavier", "Autres commandes", "Terminer"):
        box = toolbar.get_by_role("button", name=name).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= WIDTH
    assert home.evaluate("document.documentElement.scrollWidth") <= WIDTH

    canvas = home.locator("canvas:visible").first.bounding_box()
    assert canvas is not None
    home.touchscreen.tap(canvas["x"] + canvas["width"] * 0.3, canvas["y"] + canvas["height"] * 0.4)
    toolbar.get_by_role("button", name="Clavier").tap()
    expect(home.get_by_role("textbox", name="Clavier")).to_be_focused()
    home.keyboard.insert_text(TYPED)  # as a phone's keyboard does: text, no keys
    wait(lambda: TYPED in _written(world), "the words are not in the editor")

    toolbar.get_by_role("button", name="Terminer").tap()
    home.get_by_role("dialog").get_by_role("button", name="Terminer").tap()
    expect(home.get_by_role("heading", name="Session terminée")).to_be_visible()


def _written(world: World) -> str:
    files = (world.stack.data_dir / "desktops").glob("*/Compte rendu.txt")
    return "".join(file.read_text(encoding="utf-8") for file in files)
