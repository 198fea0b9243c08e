"""An agent and their date: the home page, « Mon télétravail », the calendar entry, the answer; nobody else's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from parvis.portal.accounts.models import User
from parvis.portal.kernel import clock
from parvis.portal.rollout.models import Campaign, Place, Wave
from parvis.portal.rollout.services import waves
from parvis.portal.telework.models import Enrolment, Request
from parvis.portal.ui import formats
from tests.integration.authority import make_user
from tests.integration.rollout.waving import Rollout, make_rollout
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def rollout() -> Rollout:
    """The first week begins next Monday, by the real clock: pages read it."""
    rollout = make_rollout((0, 0, 1))
    today = clock.today()
    Campaign.objects.update(starts_date=today + timedelta(days=7 - today.weekday()))
    rollout.campaign.refresh_from_db()
    rollout.plan.refresh_from_db()
    return rollout


def opens(rollout: Rollout, week: int = 0) -> datetime:
    first = datetime.combine(rollout.campaign.starts_date, waves.wave_rules.OPENS_AT, clock.PARIS)
    return waves.wave_rules.same_time_later(first, week, clock.PARIS)


def published(rollout: Rollout, week: int = 0) -> Wave:
    return rollout.publish(week, now=clock.now(), starts_at=opens(rollout, week))


def account(rollout: Rollout, number: int = 0) -> User:
    found = rollout.members[number].agent.user
    assert found is not None
    return found


def browser(rollout: Rollout, number: int = 0) -> Client:
    return browser_of(account(rollout, number))


def page(client: Client, name: str) -> str:
    answer = client.get(reverse(name))
    assert answer.status_code == 200
    return answer.content.decode()


def address(name: str, place: Place) -> str:
    return reverse(f"rollout:{name}", args=[place.pk])


def test_who_is_open_already_is_not_told_to_wait(rollout: Rollout) -> None:
    """Late in one wave, in the next: what the first one opened stays open until then."""
    published(rollout)
    client = browser(rollout)
    assert "À partir de ce moment" in page(client, "telework:mine")
    Place.objects.filter(member=rollout.members[0]).update(opened_at=clock.now())
    shown = page(client, "telework:mine")
    assert "Votre accès est déjà ouvert" in shown
    assert "À partir de ce moment" not in shown


def test_the_date_is_said_once_it_is_announced_and_no_longer_once_it_is_there(rollout: Rollout) -> None:
    client, when = browser(rollout), formats.instant(opens(rollout))
    pages = ("home:home", "telework:mine")
    assert [when in page(client, each) for each in pages] == [False, False]  # planned is not announced
    wave = published(rollout)
    assert [when in page(client, each) for each in pages] == [True, True]
    assert [when in page(browser(rollout, 2), each) for each in pages] == [False, False]
    waves.stop(actor=rollout.technician, wave=wave, now=clock.now())
    assert [when in page(client, each) for each in pages] == [False, False]
    wave.refresh_from_db()
    waves.resume(actor=rollout.technician, wave=wave, now=clock.now())
    Campaign.objects.update(state="paused")
    assert [when in page(client, each) for each in pages] == [False, False]
    Campaign.objects.update(state="running")
    assert [when in page(client, each) for each in pages] == [True, True]
    waves.open_now(actor=rollout.technician, wave=wave, now=clock.now())
    assert [when in page(client, each) for each in pages] == [False, False]


def test_who_is_through_has_no_date_any_more(rollout: Rollout) -> None:
    published(rollout)
    request = Request.objects.get(agent=rollout.members[0].agent)
    Enrolment.objects.create(
        request=request, agent=request.agent, level=2, invited_at=clock.now(), stage="guide", finished_at=clock.now()
    )
    assert formats.instant(opens(rollout)) not in page(browser(rollout), "telework:mine")


def test_without_a_request_the_page_does_not_say_that_nothing_is_planned() -> None:
    made = make_rollout((0,), requests=False)
    client = browser_of(account(made))
    assert "Demander le télétravail" in page(client, "telework:mine")
    now = clock.now()
    wave = Wave.objects.create(campaign=made.campaign, week=0, starts_at=now + timedelta(days=2), published_at=now)
    Campaign.objects.update(state="running")
    Place.objects.create(wave=wave, member=made.members[0])
    shown = page(client, "telework:mine")
    assert "Demander le télétravail" not in shown
    assert formats.instant(wave.starts_at) in shown


def test_the_home_page_takes_one_query_for_it_and_none_where_there_is_no_agent(
    rollout: Rollout, monkeypatch: pytest.MonkeyPatch
) -> None:
    def count(client: Client) -> int:
        with CaptureQueriesContext(connection) as asked:
            page(client, "home:home")
        return len(asked)

    published(rollout)
    client, other = browser(rollout), browser_of(make_user())
    for each in (client, client, other, other):
        count(each)
    with_it = count(client), count(other)
    monkeypatch.setattr("parvis.portal.home.cards._of_home._registered", [])
    assert (with_it[0] - count(client), with_it[1] - count(other)) == (1, 0)


def test_the_calendar_entry_again(rollout: Rollout) -> None:
    published(rollout)
    place = rollout.place(0)
    client = browser(rollout)
    assert address("my_calendar", place) in page(client, "telework:mine")
    answer = client.get(address("my_calendar", place))
    assert answer["Content-Type"].startswith("text/calendar")
    assert answer["Content-Disposition"] == 'attachment; filename="teletravail.ics"'
    assert "no-store" in answer["Cache-Control"]
    entry = answer.content.decode()
    assert f"UID:deploiement-{place.member_id}@" in entry  # the one of the convocation: it takes its place
    assert f"DTSTART;TZID=Europe/Paris:{opens(rollout):%Y%m%dT%H%M%S}" in entry
    Wave.objects.update(state="stopped")
    assert client.get(address("my_calendar", place)).status_code == 404


def test_one_confirmation_and_the_date_is_another(rollout: Rollout) -> None:
    published(rollout)
    published(rollout, 1)
    place, client = rollout.place(0), browser(rollout)
    assert address("decline", place) in page(client, "telework:mine")
    asked = client.get(address("decline", place)).content.decode()
    assert formats.instant(opens(rollout, 1)) in asked
    assert rollout.place(0) == place
    answer = client.post(address("decline", place), {"confirmed": "1"}, follow=True)
    assert answer.redirect_chain == [(reverse("telework:mine"), 302)]
    shown = answer.content.decode()
    assert formats.instant(opens(rollout, 1)) in shown
    assert f"Vous avez dit ne pas pouvoir le {formats.day(opens(rollout))}" in shown
    # Sent once more by a finger that slipped: nothing more happens.
    assert client.post(address("decline", place), {"confirmed": "1"}).status_code == 302
    assert Place.objects.filter(member=place.member).count() == 2
    assert address("come_back", place) in shown
    assert "Je peux ce jour-là" in client.get(address("come_back", place)).content.decode()
    back = client.post(address("come_back", place), {"confirmed": "1"}, follow=True).content.decode()
    assert formats.instant(opens(rollout)) in back
    assert "Vous avez dit ne pas pouvoir" not in back
    assert rollout.place(0).wave == place.wave


def test_too_late_is_said_with_whom_to_call(rollout: Rollout) -> None:
    wave = published(rollout)
    place, client = rollout.place(0), browser(rollout)
    waves.open_now(actor=rollout.technician, wave=wave, now=clock.now())
    answer = client.post(address("decline", place), {"confirmed": "1"})
    assert answer.status_code == 409
    assert "assistance informatique" in answer.content.decode()
    assert rollout.place(0) == place


def test_where_no_week_is_left_the_team_finds_one(rollout: Rollout) -> None:
    published(rollout)
    member = rollout.members[0]
    member.away = [(rollout.campaign.starts_date + timedelta(weeks=n)).isoformat() for n in range(1, 60)]
    member.save()
    place, client = rollout.place(0), browser(rollout)
    words = "L’équipe informatique vous proposera une autre date."
    assert words in client.get(address("decline", place)).content.decode()
    client.post(address("decline", place), {"confirmed": "1"})
    assert words in page(client, "telework:mine")
    assert "Mise en service" not in page(client, "home:home")


@pytest.mark.parametrize("name", ["my_calendar", "decline", "come_back"])
def test_another_agents_date_does_not_exist(rollout: Rollout, name: str) -> None:
    published(rollout)
    place = rollout.place(0)
    for other in (account(rollout, 1), rollout.technician, make_user(is_superuser=True)):
        client = browser_of(other)
        assert client.get(address(name, place)).status_code == 404
        if name != "my_calendar":
            assert client.post(address(name, place), {"confirmed": "1"}).status_code == 404
    assert rollout.place(0) == place


def test_the_team_sees_who_declined_and_has_them_in_its_file(rollout: Rollout) -> None:
    wave = published(rollout)
    place, team = rollout.place(0), browser_of(rollout.technician)
    board = reverse("rollout:wave", args=[wave.pk])
    assert "a dit ne pas pouvoir" not in team.get(board).content.decode()
    browser(rollout).post(address("decline", place), {"confirmed": "1"})
    shown = team.get(board).content.decode()
    assert "1 agent a dit ne pas pouvoir à cette date" in shown
    assert f"{board}?standing=declined" in shown
    rows: Any = team.get(board, {"standing": "declined"}).context["table"].rows
    assert [row.record.pk for row in rows] == [place.pk]
    assert "Ne peut pas cette semaine-là" in _csv(team, board)
    assert "a dit ne pas pouvoir à cette date" in team.get(address("place", place)).content.decode()


def _csv(client: Client, board: str) -> str:
    answer: Any = client.get(board, {"standing": "declined", "format": "csv"})
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode("utf-8-sig")
