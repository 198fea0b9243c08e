"""The clipboard goes where the DSI lets it go, and nowhere else; its content is kept nowhere."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.journeys import offices, people, portal
from tests.browser.journeys.conftest import World
from tests.browser.journeys.screen import Screen, wait
from tests.servers.desktop import Desktop

pytestmark = [
    pytest.mark.browser,
    pytest.mark.gateway,
    pytest.mark.xdist_group("journeys"),
    pytest.mark.timeout(240, func_only=True),
]

PERMISSIONS = {"permissions": ["clipboard-read", "clipboard-write"]}
AT_HOME = "Marché de l'été : 3 devis reçus à Plougastel, déjà payés"
"""Latin-1: all that xrdp's VNC module carries, and VNC without its extended clipboard (closed one way)."""
AT_THE_OFFICE = "Délibération n° 12 : crédits votés à l'unanimité, février"
NOTHING_COMES = 2.0
"""Seconds: an allowed text takes a few tenths."""


def _open(world: World, home: Page, kind: str, to_pc: bool, from_pc: bool) -> tuple[people.Person, Desktop, Screen]:
    office = offices.of_kind(kind, world)
    word = f"{kind}.presse{'-vers' * to_pc}{'-depuis' * from_pc}"
    person = people.make(world.stack, word, office, clipboard_to_pc=to_pc, clipboard_from_pc=from_pc)
    office.desktop.set_clipboard("avant")
    portal.choose_persona(home, world.url, person.name)
    portal.open_screen(home, world.url, person)
    screen = Screen(home)
    screen.connect(username=office.username, password=office.password)
    screen.wait_live()
    screen.wait_painted()
    return person, office.desktop, screen


def _local(home: Page) -> str:
    return str(home.evaluate("navigator.clipboard.readText()"))


def _copy_locally(home: Page, text: str) -> None:
    """As if copied in another window, then a click on the remote screen."""
    home.evaluate("text => navigator.clipboard.writeText(text)", text)
    home.get_by_role("button", name="Presse-papiers").focus()
    Screen(home).focus()


@pytest.mark.parametrize("home", [PERMISSIONS], indirect=True, ids=[""])
@pytest.mark.parametrize("kind", ["vnc", "xrdp"])
def test_closed_by_default(world: World, home: Page, kind: str) -> None:
    _, desktop, screen = _open(world, home, kind, to_pc=False, from_pc=False)

    home.get_by_role("button", name="Presse-papiers").click()
    panel = home.locator("#pv-clipboard")
    expect(panel).to_contain_text("Copier depuis l’ordinateur de bureau n’est pas autorisé pour cette session.")
    expect(panel).to_contain_text("Coller vers l’ordinateur de bureau n’est pas autorisé pour cette session.")
    expect(panel.get_by_role("textbox")).to_have_count(0)
    home.keyboard.press("Escape")

    _copy_locally(home, AT_HOME)
    desktop.set_clipboard(AT_THE_OFFICE)
    end = time.monotonic() + NOTHING_COMES
    while time.monotonic() < end:
        home.wait_for_timeout(200)
        assert _local(home) == AT_HOME
        assert desktop.clipboard() == AT_THE_OFFICE
    screen.end()


@pytest.mark.parametrize("home", [PERMISSIONS], indirect=True, ids=[""])
def test_one_direction_only(world: World, home: Page) -> None:
    _, desktop, screen = _open(world, home, "vnc", to_pc=True, from_pc=False)

    home.get_by_role("button", name="Presse-papiers").click()
    panel = home.locator("#pv-clipboard")
    expect(panel).to_contain_text("Copier depuis l’ordinateur de bureau n’est pas autorisé pour cette session.")
    panel.get_by_label("À coller sur l’ordinateur de bureau").fill(AT_HOME)
    panel.get_by_role("button", name="Envoyer").click()
    _wait_on_pc(desktop, AT_HOME)

    home.evaluate("navigator.clipboard.writeText('à moi')")
    desktop.set_clipboard(AT_THE_OFFICE)
    home.wait_for_timeout(NOTHING_COMES * 1000)
    assert _local(home) == "à moi"
    screen.end()


@pytest.mark.parametrize("home", [PERMISSIONS], indirect=True, ids=[""])
@pytest.mark.parametrize(
    ("kind", "at_home"), [("vnc", f"{AT_HOME} : l’œuvre à 10 €"), ("xrdp", AT_HOME)], ids=["vnc", "xrdp"]
)
def test_both_directions_and_only_counted(world: World, home: Page, dsi: Page, kind: str, at_home: str) -> None:
    person, desktop, screen = _open(world, home, kind, to_pc=True, from_pc=True)

    desktop.set_clipboard(AT_THE_OFFICE)
    wait(lambda: _local(home) == AT_THE_OFFICE, "the office PC's text is not on this one")
    home.get_by_role("button", name="Presse-papiers").click()
    panel = home.locator("#pv-clipboard")
    expect(panel.get_by_label("Copié sur l’ordinateur de bureau")).to_have_value(AT_THE_OFFICE)
    home.evaluate("navigator.clipboard.writeText('')")
    panel.get_by_role("button", name="Copier ici").click()
    wait(lambda: _local(home) == AT_THE_OFFICE, "the button copies nothing")
    home.keyboard.press("Escape")

    _copy_locally(home, at_home)
    _wait_on_pc(desktop, at_home)
    screen.end()
    expect(home.get_by_role("heading", name="Session terminée")).to_be_visible()

    history = f"{world.stack.url}/teletravail/historique/?q={person.computer_name}"
    link = dsi.get_by_role("row", name=person.computer_name).get_by_role("link").first
    # History and counts come a moment after the end, with the gateway's report.
    wait(lambda: dsi.goto(history) and link.count(), "the session is not in the history")
    link.click()
    wait(lambda: dsi.reload() and all(_counts(dsi)), "the transfers are not counted")
    assert at_home not in dsi.content()
    assert AT_THE_OFFICE not in dsi.content()


def _counts(dsi: Page) -> list[int]:
    """Transfers to the PC and from it, on the page of a session; 0 where none is told."""
    line = dsi.get_by_role("table", name="Liaisons de cette session").get_by_role("row").nth(1)
    texts = [line.get_by_role("cell").nth(number).inner_text() for number in (4, 5)]
    return [int(text) if text.isdigit() else 0 for text in texts]


def _wait_on_pc(desktop: Desktop, text: str) -> None:
    wait(lambda: desktop.clipboard() == text, f"{text!r} is not on the office PC")
