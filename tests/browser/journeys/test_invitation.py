"""A person from outside, without an account: their link, their answer by keyboard; the organiser sees it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, Portal, SignIn
from tests.browser.journeys.keyboard import enter
from tests.browser.test_accessibility import violations

pytestmark = pytest.mark.browser

CLAIRE, OUTSIDE = "Claire Le Goff", "ana.dehors@association.example"
PLAN = f"""
from datetime import timedelta
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import clock
from parvis.portal.meetings.drafts import Invited
from parvis.portal.meetings.models import Guest, Meeting
from parvis.portal.meetings.services import inviting
claire, now = Agent.objects.get(first_name="Claire", last_name="Le Goff"), clock.now()
meeting = Meeting.objects.create(
    entity=claire.entity, key="rencontre", uid="rencontre@reunions.parvis", title="Rencontre avec l’association",
    organiser=claire, starts_at=now + timedelta(days=2), ends_at=now + timedelta(days=2, hours=1), is_opened=True,
    audience="guests", created_at=now,
)
inviting.write_organiser(meeting)
inviting.write_guests(meeting=meeting, invited=[Invited(email="{OUTSIDE}", name="Ana")])
print(meeting.key, Guest.objects.get(meeting=meeting, email="{OUTSIDE}").key)
"""


def test_an_outside_guest_answers_without_an_account(portal: Portal, open_page: OpenPage, sign_in: SignIn) -> None:
    meeting_key, key = portal.manage("shell", "--verbosity", "0", "-c", PLAN).split()[-2:]
    guest = open_page(width=390)
    guest.goto(f"{portal.url}/reunions/invitation/{key}/?reponse=yes")
    expect(guest.get_by_role("heading", name="Rencontre avec l’association")).to_be_visible()
    expect(guest.get_by_text("Confirmez d’un clic")).to_be_visible()
    assert violations(guest) == []
    enter(guest, guest.get_by_role("button", name="Je viens"))
    expect(guest.get_by_text("Votre réponse est notée.")).to_be_visible()
    assert guest.evaluate("document.documentElement.scrollWidth") <= 390
    assert violations(guest) == []

    organiser = open_page()
    sign_in(organiser, CLAIRE)
    organiser.goto(f"{portal.url}/reunions/{meeting_key}/")
    expect(organiser.locator("main")).to_contain_text("1 vient")
    expect(organiser.locator("main")).to_contain_text(OUTSIDE)
