"""Weeks of absence declared in presence are impossible ones, shown as such, and follow what is declared."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse

from parvis.portal.directory.models import Agent
from parvis.portal.kernel import clock
from parvis.portal.presence.models import Day
from parvis.portal.rollout.models import Campaign, Member
from parvis.portal.rollout.population import Selection
from parvis.portal.rollout.services import members
from tests.integration.rollout.campaigning import (
    Authority,
    add,
    make_authority,
    member_of,
    next_monday,
    request_of,
    solved,
    weeks,
)
from tests.integration.signing_in import browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def authority() -> Authority:
    return make_authority()


@pytest.fixture
def campaign(authority: Authority) -> Campaign:
    return authority.campaign()


def monday(week: int) -> date:
    return next_monday() + timedelta(weeks=week)


def absent(agent: Agent, *numbers: int) -> None:
    Day.objects.filter(agent=agent).delete()
    Day.objects.bulk_create(
        Day(agent=agent, date=monday(week) + timedelta(days=n), am="leave", pm="leave", state="declared")
        for week in numbers
        for n in range(5)
    )


def of(campaign: Campaign, agent: Agent) -> tuple[list[str], list[str]]:
    member = member_of(campaign, agent)
    return member.away, member.absent


def iso(*numbers: int) -> list[str]:
    return [monday(week).isoformat() for week in numbers]


def test_read_when_the_population_is_added_and_planned_around(authority: Authority, campaign: Campaign) -> None:
    agent, other = authority.agents[:2]
    absent(agent, 0, 1, 7)  # the eighth week is none of the campaign's
    add(authority, campaign)
    assert of(campaign, agent) == (iso(0, 1), iso(0, 1))
    assert of(campaign, other) == ([], [])
    assert weeks(solved(authority, campaign))[agent.email] == 2


def test_they_follow_what_is_declared_and_what_a_person_said_stays(authority: Authority, campaign: Campaign) -> None:
    agent = authority.agents[0]
    absent(agent, 0, 1)
    add(authority, campaign)
    here, now = Member.objects.filter(agent=agent), clock.now()
    # The team knows that they will be there in the first week after all, and not in the last.
    members.set_away(actor=authority.technician, members=here, mondays=[monday(1), monday(2)], now=now)
    assert members.refresh(campaign=campaign, now=now) == 0
    assert of(campaign, agent) == (iso(1, 2), iso(0, 1))
    absent(agent, 0)
    assert members.refresh(campaign=campaign, now=now) == 1
    assert of(campaign, agent) == (iso(2), iso(0))
    absent(agent)
    members.refresh(campaign=campaign, now=now)
    assert of(campaign, agent) == (iso(2), [])
    absent(agent, 0)
    members.refresh(campaign=campaign, now=now)
    assert of(campaign, agent) == (iso(0, 2), iso(0))


def test_shown_as_such_without_why(authority: Authority, campaign: Campaign) -> None:
    agent = authority.agents[0]
    request_of(agent)
    absent(agent, 1)
    client = browser_of(authority.technician)
    choose = reverse("rollout:choose", args=[campaign.pk])
    asked = client.post(choose, {"priority": "3"}).content.decode()
    assert "1 a déclaré une semaine entière d’absence" in asked
    add(authority, campaign, Selection())
    member = member_of(campaign, agent)
    address = reverse("rollout:member", args=[member.pk])
    shown = client.get(address).content.decode()
    assert shown.count("(absence déclarée)") == 1
    assert "Congé" not in shown


def test_saving_the_form_keeps_a_week_after_the_campaigns_last(authority: Authority, campaign: Campaign) -> None:
    """Who declined a catch-up has such weeks: no box shows them, saving something else does not lose them."""
    add(authority, campaign)
    member = member_of(campaign, authority.agents[0])
    Member.objects.filter(pk=member.pk).update(away=iso(1, 5))
    client = browser_of(authority.technician)
    form = {"priority": "1", "away": iso(2)}
    assert client.post(reverse("rollout:member", args=[member.pk]), form).status_code == 302
    member.refresh_from_db()
    assert (member.priority, member.away) == (1, iso(2, 5))
