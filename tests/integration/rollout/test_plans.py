"""Plans: asked for, found by the worker, explained, stopped, chosen, made anew with least change."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from parvis.portal.directory.models import Role
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed, TooMany
from parvis.portal.kernel.models import AuditRecord
from parvis.portal.rollout import results, tasks
from parvis.portal.rollout.models import Campaign, Scenario
from parvis.portal.rollout.planning import solve
from parvis.portal.rollout.planning.solve import Progress
from parvis.portal.rollout.population import Selection
from parvis.portal.rollout.services import members, scenarios
from tests.integration.authority import make_entity, make_member
from tests.integration.rollout.campaigning import (
    Authority,
    add,
    ask,
    followed,
    make_authority,
    member_of,
    offer,
    published,
    solved,
    weeks,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def authority() -> Authority:
    return make_authority()


@pytest.fixture
def campaign(authority: Authority) -> Campaign:
    """Six agents who need a laptop each; four arrive."""
    campaign = authority.campaign(keeps_teams=False)
    add(authority, campaign, Selection(entities=tuple(each.pk for each in authority.services)), laptop=True)
    offer(authority, campaign, laptops=[2, 1, 1])
    return campaign


def again(plan: Scenario) -> Scenario:
    return Scenario.objects.select_related("campaign__entity").get(pk=plan.pk)


def test_the_worker_finds_a_plan_and_says_what_holds_it_back(authority: Authority, campaign: Campaign) -> None:
    essential = campaign.members.filter(agent=authority.agents[5])
    members.set_priority(actor=authority.technician, members=essential, priority=1, now=clock.now())
    plan = solved(authority, campaign)
    assert (plan.state, plan.people, plan.served, plan.moved) == ("solved", 6, 4, 0)
    assert weeks(plan)[authority.agents[5].email] == 0
    assert plan.weeks_won == 2 * 3 + 1 * 2 + 1 * 1
    assert plan.gap is not None
    assert plan.gap <= 0.001
    assert [week.people for week in results.weeks_of(plan)] == [2, 1, 1]
    laptops = [use for use in plan.findings["uses"] if use["resource"] == "laptops"]
    assert [(use["used"], use["offered"]) for use in laptops] == [(2, 2), (3, 3), (4, 4)]
    best = plan.findings["one_more"][0]
    assert (best["resource"], best["week"]) == ("laptops", 0), "the sooner it comes, the more weeks it wins"
    assert best["people"] > 0
    lacking = plan.findings["lacking"]
    assert {lack["resource"] for lack in lacking} == {"laptops"}
    assert sum(lack["units"] for lack in lacking) == pytest.approx(2)
    assert results.binds(plan, {})[0].startswith("Portables à prêter\u202f: ")
    line = AuditRecord.objects.get(action="rollout.plan_asked")
    assert line.data["people"] == 6


def test_the_task_of_the_worker_does_it(authority: Authority, campaign: Campaign) -> None:
    plan = ask(authority, campaign)
    tasks.solve.call(plan.pk)
    assert again(plan).state == "solved"
    tasks.solve.call(plan.pk)
    assert plan.planned.count() == 4, "twice is once"
    tasks.solve.call(0)


def test_a_scenario_with_more_serves_more(authority: Authority, campaign: Campaign) -> None:
    plain = solved(authority, campaign)
    more = solved(authority, campaign, name="Deux de plus", changes={"laptops": {"0": 2.0}})
    assert (plain.served, more.served) == (4, 6)
    assert more.findings["lacking"] == []
    side = results.compare([plain, more])
    assert [each.unplaced for each in side] == [2, 0]
    assert side[1].changes == [f"2 portables de plus, semaine du {_day(campaign)}"]


def _day(campaign: Campaign) -> str:
    from parvis.portal.ui import formats

    return formats.day(campaign.starts_date)


@pytest.mark.parametrize(
    "changes",
    [{"phones": {"all": 1.0}}, {"lorries": {"all": 1.0}}, {"laptops": {"9": 1.0}}, {"laptops": {"x": 1.0}},
     {"laptops": {"0": 1e9}}, {"laptops": {"0": float("nan")}}],
)  # fmt: skip
def test_changes_that_make_no_sense_are_refused(
    authority: Authority, campaign: Campaign, changes: dict[str, Any]
) -> None:
    with pytest.raises(Invalid):
        ask(authority, campaign, changes=changes)


def test_nobody_to_plan_and_too_many_at_once(authority: Authority, campaign: Campaign) -> None:
    with pytest.raises(Invalid):
        ask(authority, authority.campaign(name="Vide"))
    for _each in range(scenarios.MOST_BUSY):
        ask(authority, campaign)
    with pytest.raises(TooMany):
        ask(authority, campaign)


def test_another_it_team_plans_nothing(authority: Authority, campaign: Campaign) -> None:
    plan = solved(authority, campaign)
    stranger = make_member(make_entity("Ailleurs"), Role.HEAD_OF_IT)
    for verb in (scenarios.choose, scenarios.stop, scenarios.delete):
        with pytest.raises(NotAllowed):
            verb(actor=stranger, scenario=plan, now=clock.now())
    with pytest.raises(NotAllowed):
        scenarios.ask(actor=stranger, campaign=campaign, asked=scenarios.Asked(), now=clock.now())


def test_a_waiting_plan_is_stopped_and_the_worker_leaves_it(authority: Authority, campaign: Campaign) -> None:
    plan = ask(authority, campaign)
    scenarios.stop(actor=authority.technician, scenario=plan, now=clock.now())
    scenarios.search(again(plan))
    assert again(plan).state == "stopped"
    with pytest.raises(Conflict):
        scenarios.stop(actor=authority.technician, scenario=plan, now=clock.now())
    with pytest.raises(Conflict):
        scenarios.choose(actor=authority.technician, scenario=again(plan), now=clock.now())


def taken(plan: Scenario) -> Scenario:
    """As a worker that has begun leaves it."""
    now = clock.now()
    Scenario.objects.filter(pk=plan.pk).update(state="solving", started_at=now, beat_at=now)
    return again(plan)


def test_the_search_says_how_far_it_is_and_stops_when_asked(authority: Authority, campaign: Campaign) -> None:
    plan = taken(ask(authority, campaign))
    watch = scenarios.Watch(plan)
    assert watch(Progress(seconds=0.0, gap=None))
    assert watch(Progress(seconds=2.0, gap=0.5))
    assert again(plan).progress_gap == 0.5
    assert watch(Progress(seconds=2.1, gap=0.4))
    assert again(plan).progress_gap == 0.5, "once a second is enough"
    scenarios.stop(actor=authority.technician, scenario=plan, now=clock.now())
    assert not watch(Progress(seconds=4.0, gap=0.3))
    assert not watch(Progress(seconds=4.1, gap=0.3)), "and it stays so"


def test_what_a_stopped_search_found_is_kept(
    authority: Authority, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = solve.solve

    def stopped_meanwhile(problem: Any, *, watch: Any, **fields: Any) -> Any:
        found = real(problem, **fields)
        scenarios.stop(actor=authority.technician, scenario=plan, now=clock.now())
        watch(Progress(seconds=9.0, gap=0.1))
        return found

    plan = ask(authority, campaign)
    monkeypatch.setattr(solve, "solve", stopped_meanwhile)
    scenarios.search(again(plan))
    plan = again(plan)
    assert (plan.state, plan.served) == ("stopped", 4)
    scenarios.choose(actor=authority.technician, scenario=plan, now=clock.now())
    assert again(plan).is_chosen


@pytest.mark.parametrize(("stopped", "state"), [(True, "stopped"), (False, "failed")])
def test_no_plan_in_time(
    authority: Authority, campaign: Campaign, monkeypatch: pytest.MonkeyPatch, stopped: bool, state: str
) -> None:
    def nothing(problem: Any, *, watch: Any, **fields: Any) -> Any:
        watch.stopped = stopped
        raise TimeoutError

    monkeypatch.setattr(solve, "solve", nothing)
    plan = solved(authority, campaign)
    assert (plan.state, plan.served) == (state, None)


def test_a_search_that_breaks_says_so(
    authority: Authority, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: Any, **_fields: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr(solve, "solve", broken)
    assert solved(authority, campaign).state == "failed"


def test_a_search_whose_worker_died_is_taken_up_again(authority: Authority, campaign: Campaign) -> None:
    plan = taken(ask(authority, campaign))
    scenarios.search(again(plan))
    assert again(plan).state == "solving", "another worker is at it"
    Scenario.objects.filter(pk=plan.pk).update(beat_at=clock.now() - scenarios.DEAD_AFTER - timedelta(seconds=1))
    assert scenarios.sweep(now=clock.now()) == 1
    scenarios.search(again(plan))
    assert again(plan).state == "solved"


def test_a_search_nobody_takes_is_given_up(authority: Authority, campaign: Campaign) -> None:
    plan = ask(authority, campaign)
    assert scenarios.sweep(now=clock.now()) == 0
    Scenario.objects.filter(pk=plan.pk).update(asked_at=clock.now() - timedelta(hours=2))
    scenarios.sweep(now=clock.now())
    assert again(plan).state == "failed"


def test_who_comes_late_writes_nothing(authority: Authority, campaign: Campaign) -> None:
    """Its search was taken over by another worker meanwhile."""
    plan = taken(ask(authority, campaign))
    late = again(plan)
    Scenario.objects.filter(pk=plan.pk).update(started_at=clock.now() + timedelta(seconds=1))
    watch = scenarios.Watch(late)
    assert not watch(Progress(seconds=1.0, gap=0.5))
    with pytest.raises(scenarios._Lost):
        scenarios._search(late, watch, 5)
    assert not plan.planned.exists()


def test_services_are_kept_together(authority: Authority, campaign: Campaign) -> None:
    campaign.keeps_teams = True
    campaign.save()
    offer(authority, campaign, places=[3, 3, 3])
    plan = solved(authority, campaign)
    by_service = [{week for email, week in weeks(plan).items() if email in emails} for emails in _services(authority)]
    assert plan.teams_split == 0
    assert [len(found) for found in by_service] == [1, 1]


def _services(authority: Authority) -> list[set[str]]:
    return [{agent.email for agent in authority.agents if agent.entity == each} for each in authority.services]


def test_one_plan_is_followed(authority: Authority, campaign: Campaign) -> None:
    first, second = solved(authority, campaign), solved(authority, campaign)
    for plan in (first, second):
        scenarios.choose(actor=authority.technician, scenario=plan, now=clock.now())
    assert list(campaign.scenarios.filter(is_chosen=True)) == [second]
    with pytest.raises(Conflict):
        scenarios.delete(actor=authority.technician, scenario=second, now=clock.now())
    scenarios.delete(actor=authority.technician, scenario=first, now=clock.now())
    assert campaign.scenarios.count() == 1


def test_a_new_plan_moves_as_few_as_possible(authority: Authority, campaign: Campaign) -> None:
    """Somebody cannot any more: only they move; published waves do not at all."""
    offer(authority, campaign, laptops=[2, 2, 2], places=[2, 2, 2])
    plan = followed(authority, campaign)
    published(campaign, plan, 0)
    before = weeks(plan)
    mover = member_of(campaign, next(agent for agent in authority.agents if before[agent.email] == 1))
    second = campaign.starts_date + timedelta(weeks=1)
    one = campaign.members.filter(pk=mover.pk)
    members.set_away(actor=authority.technician, members=one, mondays=[second], now=clock.now())
    new = solved(authority, campaign)
    after = weeks(new)
    assert after[mover.agent.email] == 2
    changed = {email for email in before if before[email] != after.get(email)}
    assert mover.agent.email in changed
    assert len(changed) == 2, "they, and the one who made room"
    assert new.moved == 2
    assert {email for email, week in before.items() if week == 0} == {
        email for email, week in after.items() if week == 0
    }
    scenarios.choose(actor=authority.technician, scenario=new, now=clock.now())


def test_a_plan_from_before_a_publication_is_not_chosen(authority: Authority, campaign: Campaign) -> None:
    offer(authority, campaign, laptops=[2, 2, 2])
    plan = followed(authority, campaign)
    other = solved(authority, campaign, keeps_plan=False)
    wave = published(campaign, plan, 0)
    member = wave.places.get(member__planned__scenario=plan, member__in=[wave.places.first().member]).member  # type: ignore[union-attr]
    other.planned.filter(member=member).update(week=1)
    with pytest.raises(Conflict) as refused:
        scenarios.choose(actor=authority.technician, scenario=other, now=clock.now())
    assert refused.value.code == "plan_out_of_step"
    scenarios.choose(actor=authority.technician, scenario=solved(authority, campaign), now=clock.now())


def test_published_waves_that_do_not_fit_say_what_lacks(authority: Authority, campaign: Campaign) -> None:
    published(campaign, followed(authority, campaign), 0)
    offer(authority, campaign, laptops=[1, 1, 1])
    plan = solved(authority, campaign)
    assert (plan.state, plan.served) == ("no_fit", None)
    (lack,) = plan.findings["lacking"]
    assert (lack["resource"], lack["week"], lack["units"]) == ("laptops", 0, 1)
    assert "1 portable de plus" in results.lacks_of(plan, {})[0]


def test_who_can_no_week_is_counted_apart(authority: Authority, campaign: Campaign) -> None:
    offer(authority, campaign)
    mondays = [campaign.starts_date + timedelta(weeks=each) for each in range(3)]
    one = campaign.members.filter(agent=authority.agents[0])
    members.set_away(actor=authority.technician, members=one, mondays=mondays, now=clock.now())
    plan = solved(authority, campaign)
    assert (plan.served, plan.findings["never"], plan.findings["lacking"]) == (5, 1, [])


def test_who_was_removed_meanwhile_is_not_in_the_plan(
    authority: Authority, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(authority, campaign)
    real = solve.solve

    def removed_meanwhile(problem: Any, **fields: Any) -> Any:
        campaign.members.filter(agent=authority.agents[0]).delete()
        return real(problem, **fields)

    monkeypatch.setattr(solve, "solve", removed_meanwhile)
    plan = solved(authority, campaign)
    assert (plan.state, plan.planned.count()) == ("solved", 5)
