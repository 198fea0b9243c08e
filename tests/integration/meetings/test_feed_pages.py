"""One's calendar of meetings by a secret address, and the reminders page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import NotAllowed
from parvis.portal.meetings import feed as calendars
from parvis.portal.meetings.models import Feed, Guest, Meeting, Reminding
from parvis.portal.meetings.services import feeds
from tests.integration.meetings.inviting import NOW, START, World, read, user_of
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    cache.clear()
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return World()


def opened(agent: Agent) -> str:
    return reverse("meetings:ics", args=[feeds.open_feed(actor=user_of(agent), agent=agent, now=NOW)])


def test_own_meetings_and_no_others(world: World) -> None:
    agent = world.agent("ali")
    mine = world.meeting(agent, "secret@association.example", agenda="Confidentiel")
    world.meeting(title="Autre")
    gone = world.meeting(agent, title="Retiré")
    Guest.objects.filter(meeting=gone, agent=agent).update(removed_at=NOW)
    answer = Client().get(opened(agent))
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    (event,) = read(answer.content).walk("VEVENT")
    assert event["UID"] == mine.uid
    assert str(event["STATUS"]) == "TENTATIVE"  # no answer yet
    text = answer.content.decode()
    assert "secret" not in text
    assert "Confidentiel" not in text
    assert "tel:+33123456789\\,\\,4821#" in text or "tel:+33123456789,,4821#" in text


def test_unchanged_is_not_sent_again(world: World) -> None:
    agent = world.agent("ali")
    meeting = world.meeting(agent)
    address = opened(agent)
    first = Client().get(address)
    again = Client().get(address, headers={"If-None-Match": f'W/{first["ETag"]}, "x"'})
    assert (again.status_code, again.content) == (304, b"")
    Meeting.objects.filter(pk=meeting.pk).update(title="Autre titre")
    assert Client().get(address, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_changed_closed_or_of_nobody_it_opens_nothing(world: World) -> None:
    agent = world.agent("ali")
    first, second = opened(agent), opened(agent)
    assert Client().get(first).status_code == 404
    assert Client().get(second).status_code == 200
    User.objects.filter(pk=user_of(agent).pk).update(is_active=False)
    assert Client().get(second).status_code == 404
    User.objects.filter(pk=user_of(agent).pk).update(is_active=True)
    feeds.close_feed(actor=user_of(agent), agent=agent, now=NOW)
    assert Client().get(second).status_code == 404
    with pytest.raises(NotAllowed):
        feeds.open_feed(actor=user_of(agent), agent=world.organiser, now=NOW)


def test_guessing_is_stopped(world: World) -> None:
    client = Client()
    seen = [client.get(reverse("meetings:ics", args=[f"x{each}"])).status_code for each in range(32)]
    assert (seen[0], seen[-1]) == (404, 429)


def test_the_page_shows_the_address_once(world: World) -> None:
    agent = world.agent("ali")
    browser = browser_of(user_of(agent))
    assert "Aucune adresse ouverte" in browser.get(reverse("meetings:feed")).content.decode()
    shown = browser.post(reverse("meetings:open_feed"))
    if shown.status_code == 302:  # the second factor is asked for first
        pytest.fail(shown["Location"])
    found = re.search(r'value="(http[^"]+reunions\.ics)"', shown.content.decode())
    assert found
    assert "reunions.ics" not in browser.get(reverse("meetings:feed")).content.decode()
    browser.post(reverse("meetings:close_feed"))
    assert not Feed.objects.exists()


def test_reminders_are_chosen_on_it(world: World) -> None:
    agent = world.agent("ali")
    browser_of(user_of(agent)).post(reverse("meetings:choose_reminders"), {"soon": "on"})
    row = Reminding.objects.get(agent=agent)
    assert (row.day_before, row.soon) == (False, True)


def test_a_bounded_number_of_queries(world: World, django_assert_num_queries: Any) -> None:
    agent = world.agent("ali")
    for _each in range(12):
        world.meeting(agent)
    with django_assert_num_queries(2):
        assert calendars.calendar_of(agent, now=START).count(b"BEGIN:VEVENT") == 12
