"""The office PC is off: it is woken up from home, or the agent reads what to do."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.journeys import people, portal
from tests.browser.journeys.conftest import World
from tests.browser.journeys.screen import Screen

pytestmark = [
    pytest.mark.browser,
    pytest.mark.gateway,
    pytest.mark.xdist_group("journeys"),
    pytest.mark.timeout(240, func_only=True),
]


def test_a_sleeping_pc_wakes_up_and_its_screen_opens(world: World, home: Page) -> None:
    """The demo's sleeper listens only after a true magic packet."""
    portal.choose_persona(home, world.url, "Mathieu Riou")
    home.get_by_role("link", name="Mon bureau").first.click()
    expect(home.get_by_text("En veille ou éteint")).to_be_visible()
    home.get_by_role("button", name="Réveiller et ouvrir").click()

    expect(home.get_by_text("Votre ordinateur se réveille…")).to_be_visible()
    expect(home.locator(".step-item.active")).to_have_text("L’ordinateur démarre")
    home.wait_for_url("**/ecran", timeout=120_000)  # by itself
    screen = Screen(home)
    screen.wait_live()
    screen.wait_painted(colours=200)
    screen.end()


def test_a_pc_that_does_not_wake_up(world: World, home: Page) -> None:
    nobody = people.Office("rdp", world.spare_port, world.vnc)
    person = people.make(world.stack, "debranche", nobody, mac="02:52:49:4F:55:99")
    portal.choose_persona(home, world.url, person.name)
    home.get_by_role("link", name="Mon bureau").first.click()
    home.get_by_role("button", name="Réveiller et ouvrir").click()
    expect(home.get_by_text("Votre ordinateur se réveille…")).to_be_visible()
    expect(home.locator(".step-item.active")).to_have_text("L’ordinateur démarre")

    people.run(world.stack, _THREE_MINUTES_GO_BY.format(computer=person.computer))
    alert = home.get_by_role("alert").filter(has_text="Votre ordinateur ne s’est pas réveillé.")
    expect(alert).to_be_visible()
    expect(alert).to_contain_text("L’ordinateur n’a pas répondu à temps. Il est peut-être débranché.")
    expect(alert).to_contain_text("demandez à un collègue sur place de l’allumer")
    expect(home.get_by_role("button", name="Réessayer le réveil")).to_be_visible()


_THREE_MINUTES_GO_BY = """
from datetime import timedelta
from django.db.models import F
from parvis.portal.parc.models import WakeUp
WakeUp.objects.filter(computer={computer}).update(requested_at=F("requested_at") - timedelta(minutes=3))
"""
