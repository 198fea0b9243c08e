"""Two at once: one plan is followed, one worker searches. First without the guard, to see that the race is real."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import close_old_connections, connection

from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict
from parvis.portal.rollout.models import Campaign, Member, Planned, Scenario
from parvis.portal.rollout.population import Selection
from parvis.portal.rollout.services import campaigns, scenarios
from tests.integration.rollout.campaigning import Authority, add, ask, make_authority, solved

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 4


def at_once(act: Callable[[], object]) -> list[object]:
    results: list[object] = []

    def one() -> None:
        try:
            results.append(act())
        except Conflict as refused:
            results.append(refused)
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


@pytest.fixture
def authority() -> Authority:
    return make_authority(each=1)


@pytest.fixture
def campaign(authority: Authority) -> Campaign:
    campaign = authority.campaign()
    add(authority, campaign, Selection(entities=tuple(each.pk for each in authority.services)))
    return campaign


def test_the_race_is_real(authority: Authority, campaign: Campaign) -> None:
    """Looked up first, several find the plan waiting, and several would search."""
    plan = ask(authority, campaign)
    pause = threading.Barrier(THREADS)

    def check_then_act() -> bool:
        waiting = Scenario.objects.filter(pk=plan.pk, state="waiting").exists()
        pause.wait(timeout=30)
        return waiting

    assert at_once(check_then_act).count(True) > 1


def test_one_worker_searches(authority: Authority, campaign: Campaign) -> None:
    plan = ask(authority, campaign)
    pause = threading.Barrier(THREADS)

    def search() -> None:
        mine = Scenario.objects.select_related("campaign__entity").get(pk=plan.pk)
        pause.wait(timeout=30)
        scenarios.search(mine)

    at_once(search)
    assert Scenario.objects.get(pk=plan.pk).state == "solved"
    assert Planned.objects.filter(scenario=plan).count() == 2


def test_one_plan_is_followed(authority: Authority, campaign: Campaign) -> None:
    plans = [solved(authority, campaign) for _each in range(THREADS)]
    pause = threading.Barrier(THREADS)

    def choose() -> None:
        mine = Scenario.objects.select_related("campaign__entity").get(pk=plans.pop().pk)
        pause.wait(timeout=30)
        scenarios.choose(actor=authority.technician, scenario=mine, now=clock.now())

    results = at_once(choose)
    assert Scenario.objects.filter(campaign=campaign, is_chosen=True).count() == 1
    assert {result.code for result in results if isinstance(result, Conflict)} <= {"other_plan_chosen"}


def test_two_who_add_the_same_agents_add_them_once(authority: Authority) -> None:
    campaign = authority.campaign(name="Deux fois")
    pause = threading.Barrier(THREADS)

    def together() -> object:
        mine = Campaign.objects.select_related("entity").get(pk=campaign.pk)
        pause.wait(timeout=30)
        return add(authority, mine)

    results = at_once(together)
    assert len(results) == THREADS
    assert not [result for result in results if isinstance(result, Exception)]
    assert Member.objects.filter(campaign=campaign).count() == 3


def test_a_campaign_that_ends_meanwhile_takes_nothing_more(authority: Authority, campaign: Campaign) -> None:
    """Whatever comes first: a plan is asked for before the end, or not at all."""
    pause = threading.Barrier(THREADS)
    turn = iter(range(THREADS))

    def ask_or_end() -> object:
        ends = next(turn) == 0
        mine = Campaign.objects.select_related("entity").get(pk=campaign.pk)
        pause.wait(timeout=30)
        if ends:
            return campaigns.move(actor=authority.technician, campaign=mine, to="closed", now=clock.now())
        return ask(authority, mine)

    results = at_once(ask_or_end)
    refused = [result.code for result in results if isinstance(result, Conflict)]
    assert set(refused) <= {"campaign_closed"}
    assert Scenario.objects.filter(campaign=campaign).count() == THREADS - 1 - len(refused)
    assert Campaign.objects.get(pk=campaign.pk).state == "closed"
