"""What does not open, and what the agent reads then."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.journeys import offices, people, portal
from tests.browser.journeys.conftest import World
from tests.browser.journeys.screen import Screen
from tests.servers.xrdp import xrdp_server

pytestmark = [
    pytest.mark.browser,
    pytest.mark.gateway,
    pytest.mark.xdist_group("journeys"),
    pytest.mark.timeout(240, func_only=True),
]


def test_a_wrong_windows_password_is_asked_again(world: World, home: Page) -> None:
    person = people.make(world.stack, "faux-mot", offices.nla(world))
    screen = Screen(home)
    portal.choose_persona(home, world.url, person.name)
    portal.open_screen(home, world.url, person)
    screen.connect(username=world.nla.username, password="Bureau-1999")

    expect(home.get_by_role("alert")).to_have_text(
        # This server hangs up without saying why: the words claim no more than that.
        "Windows n’a pas ouvert la session. Vérifiez l’identifiant et le mot de passe de votre ordinateur de bureau.",
    )
    expect(home.get_by_label("Identifiant Windows")).to_have_value(world.nla.username)
    expect(home.get_by_label("Mot de passe de cet ordinateur")).to_have_value("")
    screen.connect(password=world.nla.password)
    screen.wait_live()
    screen.wait_painted()
    screen.end()


def test_a_changed_certificate_blocks_until_the_dsi_accepts_it(world: World, home: Page, dsi: Page) -> None:
    screen = Screen(home)
    with xrdp_server(port=world.spare_port) as first:
        person = people.make(world.stack, "reinstalle", people.Office("rdp", first.port, first.desktop))
        portal.choose_persona(home, world.url, person.name)
        _connect(world, home, person)
        screen.wait_live()  # first use: its certificate is kept
        screen.end()
        expect(home.get_by_role("heading", name="Session terminée")).to_be_visible()

    with xrdp_server(port=world.spare_port) as reinstalled:
        _connect(world, home, person)
        expect(home.get_by_role("heading", name="Connexion impossible")).to_be_visible()
        expect(home.locator("#viewer")).to_contain_text("votre ordinateur ne présente plus la même identité")
        expect(home.locator("#viewer")).to_contain_text("L’assistance informatique doit le vérifier")

        dsi.goto(f"{world.stack.url}/teletravail/refus/?q={person.computer_name}")
        expect(dsi.get_by_role("row", name=re.compile(person.computer_name)).first).to_contain_text("Certificat changé")
        dsi.goto(f"{world.stack.url}/teletravail/ecrans/{person.computer}/")
        expect(dsi.get_by_role("heading", name="Un autre certificat a été présenté")).to_be_visible()
        expect(dsi.locator("main")).to_contain_text(reinstalled.fingerprint)
        dsi.get_by_role("button", name="Accepter le nouveau certificat").click()
        dsi.get_by_role("dialog").get_by_role("button", name="Confirmer").click()
        expect(dsi.get_by_text("Le nouveau certificat est accepté.")).to_be_visible()

        _connect(world, home, person)
        screen.wait_live()
        screen.end()


def _connect(world: World, home: Page, person: people.Person) -> None:
    portal.open_screen(home, world.url, person)
    Screen(home).connect(username="agnes", password="Bureau-2026")


@pytest.mark.parametrize(
    ("word", "days", "sentence", "advice"),
    [
        (
            "expire",
            (-30, -1),
            "Votre droit d’accès à distance s’est terminé le",
            "demandez à l’assistance informatique de le prolonger",
        ),
        ("a-venir", (3, 30), "Votre droit d’accès à distance commence le", "Revenez ce jour-là"),
    ],
)
def test_a_right_of_other_days_opens_nothing(
    world: World, home: Page, word: str, days: tuple[int, int], sentence: str, advice: str
) -> None:
    person = people.make(world.stack, word, offices.vnc(world), days=days)
    portal.choose_persona(home, world.url, person.name)
    home.goto(f"{world.url}/mon-bureau/")
    day = people.run(world.stack, _DAY.format(right=person.right, field="ends_date" if days[1] < 0 else "starts_date"))
    expect(home.get_by_role("heading", name=f"{sentence} {day}.")).to_be_visible()
    expect(home.locator("main")).to_contain_text(advice)
    expect(home.get_by_role("link", name="Ouvrir mon ordinateur")).to_have_count(0)

    home.goto(f"{world.url}/mon-bureau/{person.computer}/ecran")  # by the address, as if from a favourite
    expect(home.get_by_text(f"{sentence} {day}.").first).to_be_visible()
    expect(home.locator("canvas")).to_have_count(0)


_DAY = """
from parvis.portal.remote_desktop.models import Right
from parvis.portal.ui import formats
print(formats.day(Right.objects.get(pk={right}).{field}))
"""
