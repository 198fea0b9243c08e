"""From home, in a browser, on one's own office PC: the whole way, against each kind of real server."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.journeys import offices, people, portal
from tests.browser.journeys.conftest import World
from tests.browser.journeys.keyboard import type_french
from tests.browser.journeys.screen import Screen, wait, wait_text
from tests.servers.desktop import typing_terminal

pytestmark = [
    pytest.mark.browser,
    pytest.mark.gateway,
    pytest.mark.xdist_group("journeys"),
    pytest.mark.timeout(240, func_only=True),
]

TYPED = "L'eleve a ete recu : ca coute 10 €, deja paye a la mairie ! é è à ç ù @ # { [ | ^ €"


@pytest.mark.parametrize("kind", offices.KINDS)
def test_sign_in_work_cut_return_end(world: World, home: Page, kind: str) -> None:
    office = offices.of_kind(kind, world)
    person = people.make(world.stack, f"{kind}.jour", office, persona=False)
    screen = Screen(home)

    portal.give_password(home, world.url, person)
    portal.enrol_totp(home)
    with typing_terminal(office.desktop) as typed:
        portal.open_screen(home, world.url, person)
        screen.connect(username=office.username, password=office.password)
        screen.wait_live()
        screen.wait_painted()

        screen.focus()
        type_french(home, f"{TYPED}\n")
        wait_text(typed, f"{TYPED}\n")

        home.wait_for_timeout(300)  # the last key is released on the other side
        world.link.cut()
        wait(lambda: screen.phase() in {"waiting", "returning"}, "the cut is not noticed")
        expect(home.get_by_role("heading", name="Connexion interrompue")).to_be_visible()
        world.link.mend()
        screen.wait_live()  # by itself, and without a new password
        screen.wait_painted()
        screen.focus()
        type_french(home, "de retour\n")
        wait_text(typed, "de retour")

        screen.end()
        expect(home.get_by_role("heading", name="Session terminée")).to_be_visible()
        expect(home.locator("#viewer")).to_contain_text("Vous avez terminé la session.")

    portal.sign_out(home, world.url)
    portal.choose_persona(home, world.url, "Hélène Marchand")
    home.goto(f"{world.url}/teletravail/historique/?q={person.computer_name}")
    line = home.get_by_role("row", name=re.compile(person.computer_name)).first

    def told() -> bool:
        """The gateway reports the end after the sign-out: the page is asked for again."""
        home.reload()
        return "Fermée par l’agent" in line.inner_text()

    wait(told, "the end is not told as it was")


def test_the_demo_desktop_in_three_clicks(world: World, home: Page) -> None:
    """What a newcomer does after `make run`."""
    screen = Screen(home)
    portal.choose_persona(home, world.url, "Claire Le Goff")
    home.get_by_role("link", name="Mon bureau").first.click()
    home.get_by_text("Ouvrir mon ordinateur").first.click()
    screen.wait_live()
    screen.wait_painted(colours=200)
    screen.focus()
    type_french(home, "Voilà, ça coûte 10 €".replace("û", "u"))
    files = list((world.stack.data_dir / "desktops").glob("*/Compte rendu.txt"))
    wait(
        lambda: any(
            "ça coute 10 €" in path.read_text(encoding="utf-8")
            for path in files or (world.stack.data_dir / "desktops").glob("*/Compte rendu.txt")
        ),
        "the text is not in the file",
    )
    before = screen.colours()
    assert before > 200
    screen.end()
    expect(home.get_by_role("heading", name="Session terminée")).to_be_visible()
