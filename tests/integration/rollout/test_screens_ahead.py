"""What waves will ask of the gateways, as numbers: each person once, in the right week, on the days they asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from parvis.portal.kernel import clock
from parvis.portal.remote_desktop.models import Right
from parvis.portal.rollout import screens_ahead
from parvis.portal.rollout.models import Campaign, Place, Planned, Scenario, Wave
from tests.integration.authority import make_computer
from tests.integration.rollout.campaigning import Authority, add, make_authority, next_monday, published, request_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def authority() -> Authority:
    return make_authority(each=3)


@pytest.fixture
def campaign(authority: Authority) -> Campaign:
    """Six members planned; three in the first week of the plan that is followed, three in the second."""
    made = authority.campaign()
    add(authority, made)
    plan = Scenario.objects.create(campaign=made, name="Plan", asked_at=clock.now(), state="solved", is_chosen=True)
    members = made.members.filter(left_out="").order_by("pk")[:6]
    Planned.objects.bulk_create(
        Planned(scenario=plan, member=each, week=rank // 3) for rank, each in enumerate(members)
    )
    Campaign.objects.filter(pk=made.pk).update(state=Campaign.State.RUNNING)
    return made


def ahead() -> list[tuple[int, int, tuple[float, ...]]]:
    """(weeks from next Monday, people, at home by weekday)."""
    return [
        ((each.starts_date - next_monday()).days // 7, each.people, tuple(round(n, 1) for n in each.by_weekday))
        for each in screens_ahead.arrivals(clock.now())
    ]


def test_the_plan_that_is_followed(campaign: Campaign) -> None:
    assert ahead() == [(0, 3, (1.2,) * 5), (1, 3, (1.2,) * 5)]


def test_the_days_that_were_asked_for(authority: Authority, campaign: Campaign) -> None:
    first = campaign.members.filter(left_out="").order_by("pk")[0]
    first.request = request_of(first.agent, days=0b00101)
    first.save()
    assert ahead()[0] == (0, 3, (1.8, 0.8, 1.8, 0.8, 0.8))


def test_who_may_open_a_screen_already_is_counted_there(authority: Authority, campaign: Campaign) -> None:
    agent = campaign.members.filter(left_out="").order_by("pk")[0].agent
    computer = make_computer(agent.entity, agent)
    right = Right.objects.create(agent=agent, computer=computer, starts_date=clock.today(), granted_at=clock.now())
    assert [people for _week, people, _days in ahead()] == [2, 3]
    Right.objects.filter(pk=right.pk).update(revoked_at=clock.now())
    assert [people for _week, people, _days in ahead()] == [3, 3]


def test_who_is_in_an_announced_wave_counts_once_on_its_day(campaign: Campaign) -> None:
    plan = campaign.scenarios.get()
    wave = published(campaign, plan, 0, at=clock.now() + timedelta(days=15))
    found = screens_ahead.arrivals(clock.now())
    assert sorted((each.starts_date, each.people) for each in found) == sorted(
        [(clock.today(wave.starts_at), 3), (next_monday() + timedelta(weeks=1), 3)]
    )
    Place.objects.filter(wave=wave).update(left_at=clock.now())
    assert [people for _week, people, _days in ahead()] == [3, 3]


@pytest.mark.parametrize("state", [Campaign.State.PAUSED, Campaign.State.CLOSED])
def test_a_campaign_that_is_stopped_brings_nobody(campaign: Campaign, state: str) -> None:
    published(campaign, campaign.scenarios.get(), 0)
    Campaign.objects.filter(pk=campaign.pk).update(state=state)
    assert ahead() == []


def test_a_wave_that_is_stopped_brings_nobody(campaign: Campaign) -> None:
    wave = published(campaign, campaign.scenarios.get(), 0)
    Wave.objects.filter(pk=wave.pk).update(state=Wave.State.STOPPED)
    assert [people for _week, people, _days in ahead()] == [3]


def test_level_1_opens_no_screen(campaign: Campaign) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(level=1)
    assert ahead() == []


def test_a_plan_that_is_not_followed_says_nothing(campaign: Campaign) -> None:
    campaign.scenarios.update(is_chosen=False)
    assert ahead() == []


def test_no_campaign_is_named(campaign: Campaign) -> None:
    assert all(campaign.name not in repr(each) for each in screens_ahead.arrivals(clock.now()))


def test_two_queries(campaign: Campaign, django_assert_num_queries: Callable[[int], object]) -> None:
    published(campaign, campaign.scenarios.get(), 0)
    with django_assert_num_queries(2):  # type: ignore[attr-defined]
        screens_ahead.arrivals(clock.now())
