"""A head of department answers a request; a technician lends from a free day of the calendar, by keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, Portal, SignIn
from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.browser

AGENT, HEAD, TECHNICIAN = "Claire Le Goff", "Nadia Benali", "Yann Kerbrat"


def test_asked_on_the_calendar_and_granted_among_others(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    agent, head = open_page(), open_page()
    sign_in(agent, AGENT)
    agent.goto(f"{portal.url}/prets/catalogue/")
    agent.get_by_role("link", name=re.compile("Demander Poste nomade")).click()
    # The last week that is shown: nothing else of the demonstration happens then.
    agent.locator(".presence-grid tbody tr").last.get_by_role("link").first.click()
    agent.get_by_label("Pour quoi faire").fill("Salon des maires")
    agent.get_by_role("button", name="Demander ce prêt").click()
    expect(agent.locator("main")).to_contain_text("Votre responsable de service doit donner son accord.")

    sign_in(head, HEAD)
    head.goto(f"{portal.url}/prets/a-accorder/")
    row = head.locator("tbody tr").filter(has_text="Salon des maires")
    row.get_by_role("checkbox").check()
    head.get_by_role("button", name="Accorder").click()
    head.get_by_role("button", name=re.compile("Accorder")).click()
    expect(head.locator("main")).to_contain_text("1 prêt accordé.")

    agent.reload()
    expect(agent.locator("main")).to_contain_text("L’équipe informatique le prépare")


def test_a_technician_lends_from_a_free_day(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    page = open_page()
    sign_in(page, TECHNICIAN)
    page.goto(f"{portal.url}/prets/calendrier/?type=laptop&vue=semaine")
    free = page.locator(".team-grid tbody a[href*='/prets/preter/']").last
    free.focus()
    page.keyboard.press("Enter")
    page.get_by_label("Agent").fill("paul.guillou@rivemarine.example")
    page.get_by_label("Offre").select_option(label="Portable pour une réunion")
    page.get_by_role("button", name="Prêter").click()
    expect(page.locator("main")).to_contain_text("Le prêt est accordé et le matériel réservé.")
    expect(page.locator("main")).to_contain_text("RIV-PR-")
    assert not violations(page)
