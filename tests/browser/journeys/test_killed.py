"""kill -9 of the gateway or of the portal while somebody works."""

from __future__ import annotations

import os
import re
import signal
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from deploy.demo_stack import DemoStack
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


def _kill(stack: DemoStack, module: str) -> int:
    [process] = stack.children(module)
    os.kill(process, signal.SIGKILL)
    return process


def _answers(stack: DemoStack) -> bool:
    try:
        with urllib.request.urlopen(f"{stack.url}/readyz", timeout=5) as answer:  # noqa: S310 - loopback
            return bool(answer.status == 200)
    except OSError:
        return False


def _only_line(dsi: Page, world: World, person: people.Person) -> str:
    """The person's one line in the history; empty while it is not there yet."""
    dsi.goto(f"{world.stack.url}/teletravail/historique/?q={person.computer_name}")
    lines = dsi.get_by_role("row", name=re.compile(person.computer_name))
    expect(dsi.locator("main")).to_be_visible()
    assert lines.count() <= 1
    return lines.inner_text() if lines.count() else ""


def test_the_gateway_dies_and_the_screen_comes_back(world: World, home: Page, dsi: Page) -> None:
    office = offices.xrdp(world)
    person = people.make(world.stack, "passerelle", office)
    screen = Screen(home)
    portal.choose_persona(home, world.url, person.name)
    with typing_terminal(office.desktop) as typed:
        portal.open_screen(home, world.url, person)
        screen.connect(username=office.username, password=office.password)
        screen.wait_live()
        screen.wait_painted()
        screen.focus()
        type_french(home, "avant la panne\n")
        wait_text(typed, "avant la panne\n")

        killed = _kill(world.stack, "parvis.gateway")
        wait(lambda: screen.phase() in {"waiting", "returning"}, "the cut is not noticed")
        screen.wait_live(60)  # by itself, and without a new password
        assert killed not in world.stack.children("parvis.gateway")
        screen.wait_painted()
        screen.focus()
        type_french(home, "et apres\n")
        wait_text(typed, "et apres\n")
        screen.end()
        expect(home.get_by_role("heading", name="Session terminée")).to_be_visible()
    wait(lambda: "Fermée par l’agent" in _only_line(dsi, world, person), "the end is not in the history", 60)
    world.stack.manage("verify_audit")  # raises if the chain is broken


def test_the_portal_dies_and_the_screen_goes_on(world: World, home: Page, dsi: Page) -> None:
    office = offices.vnc(world)
    person = people.make(world.stack, "portail", office)
    screen = Screen(home)
    portal.choose_persona(home, world.url, person.name)
    with typing_terminal(office.desktop) as typed:
        portal.open_screen(home, world.url, person)
        screen.connect(password=office.password)
        screen.wait_live()
        screen.wait_painted()
        screen.focus()

        killed = _kill(world.stack, "parvis.serve.web")
        type_french(home, "le portail est tombe\n")
        wait_text(typed, "le portail est tombe\n")
        assert screen.phase() == "live"
        screen.end()  # the gateway's journal keeps the news until the portal is back
        expect(home.get_by_role("heading", name="Session terminée")).to_be_visible()

    wait(lambda: _answers(world.stack), "the portal does not come back", 60)
    assert killed not in world.stack.children("parvis.serve.web")
    wait(lambda: "Fermée par l’agent" in _only_line(dsi, world, person), "the end is not in the history", 60)
    world.stack.manage("verify_audit")
