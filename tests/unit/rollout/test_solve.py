"""The best plan is the best: against trying them all, and against a column for each person."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings

from parvis.portal.rollout.planning import verify
from parvis.portal.rollout.planning.classes import apart
from parvis.portal.rollout.planning.problem import Person, Problem
from parvis.portal.rollout.planning.solve import DoesNotFit, Progress, solve
from tests.unit.rollout.problems import R, authority, best_by_trying, problems

slow = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


@slow
@given(problems())
def test_the_best_plan_is_the_best_of_all(problem: Problem) -> None:
    best = best_by_trying(problem)
    if best is None:
        with pytest.raises(DoesNotFit):
            solve(problem, gap=0.0)
        return
    plan = solve(problem, gap=0.0)
    assert verify.faults(problem, plan) == []
    assert plan.value == verify.value(problem, plan) == pytest.approx(best)
    assert plan.bound == pytest.approx(best)
    assert plan.gap == pytest.approx(0.0, abs=1e-6)
    assert plan.is_best


@slow
@given(problems(most_people=12))
def test_counting_people_together_loses_nothing(problem: Problem) -> None:
    try:
        plan = solve(problem, gap=0.0)
    except DoesNotFit:
        with pytest.raises(DoesNotFit):
            solve(problem, gap=0.0, groups=apart(problem))
        return
    alone = solve(problem, gap=0.0, groups=apart(problem))
    assert plan.value == pytest.approx(alone.value)
    assert verify.faults(problem, plan) == verify.faults(problem, alone) == []


def test_an_authority_is_planned_within_the_gap_asked_for() -> None:
    problem = authority(300)
    plan = solve(problem, gap=0.005)
    assert verify.faults(problem, plan) == []
    assert plan.is_best
    assert plan.gap <= 0.005
    assert plan.bound >= plan.value == verify.value(problem, plan)
    assert len(plan.weeks) > 200


def test_nobody_and_nowhere() -> None:
    assert solve(Problem(weeks=2, people=[])).weeks == {}
    away = Problem(weeks=2, people=[Person(key=1, away=frozenset({0, 1}))])
    assert solve(away).weeks == {}
    nothing = solve(Problem(weeks=1, people=[Person(key=1, uses={R.PLACES: 1.0})], offers={R.PLACES: [0.0]}))
    assert (nothing.weeks, nothing.value, nothing.gap) == ({}, 0.0, 0.0)


def test_what_counts_more_goes_first() -> None:
    people = [Person(key=key, weight=weight, uses={R.PLACES: 1.0}) for key, weight in enumerate([1.0, 4.0, 2.0])]
    plan = solve(Problem(weeks=3, people=people, offers={R.PLACES: [1.0, 1.0, 1.0]}))
    assert plan.weeks == {1: 0, 2: 1, 0: 2}


def test_a_team_goes_together_and_nobody_is_left_out_for_it() -> None:
    people = [Person(key=key, team=key // 2, uses={R.PLACES: 1.0}) for key in range(6)]
    two = solve(Problem(weeks=3, people=people, offers={R.PLACES: [2.0, 2.0, 2.0]}), gap=0.0)
    assert all(two.weeks[key] == two.weeks[key + 1] for key in (0, 2, 4))
    one = solve(Problem(weeks=6, people=people, offers={R.PLACES: [1.0] * 6}), gap=0.0)
    assert sorted(one.weeks.values()) == [0, 1, 2, 3, 4, 5]


def test_laptops_that_were_not_lent_serve_later_and_hours_do_not() -> None:
    late = [Person(key=key, uses={R.LAPTOPS: 1.0}, away=frozenset({0})) for key in range(4)]
    assert len(solve(Problem(weeks=2, people=late, offers={R.LAPTOPS: [3.0, 1.0]})).weeks) == 4
    late = [Person(key=key, uses={R.SUPPORT: 30.0}, away=frozenset({0})) for key in range(4)]
    assert len(solve(Problem(weeks=2, people=late, offers={R.SUPPORT: [90.0, 30.0]})).weeks) == 1


def test_published_weeks_stand_whatever_is_worth_more() -> None:
    problem = Problem(
        weeks=2,
        people=[Person(key=1, pinned=0, away=frozenset({0}), uses={R.PLACES: 1.0}),
                Person(key=2, weight=4.0, uses={R.PLACES: 1.0})],
        offers={R.PLACES: [1.0, 1.0]},
    )  # fmt: skip
    plan = solve(problem)
    assert plan.weeks == {1: 0, 2: 1}
    assert verify.faults(problem, plan) == []


def test_what_is_published_and_does_not_fit_is_said() -> None:
    people = [Person(key=key, pinned=0, uses={R.PLACES: 1.0}) for key in range(3)]
    with pytest.raises(DoesNotFit):
        solve(Problem(weeks=1, people=people, offers={R.PLACES: [2.0]}))


def test_limits_that_differ_by_a_millionth_are_not_impossible() -> None:
    """HiGHS's presolve found no answer to this, though equipping nobody is one."""
    people = [Person(key=key, uses={R.LAPTOPS: float(key < 40), R.SUPPORT: 10.0}) for key in range(60)]
    offers = {R.LAPTOPS: [10.0, 30.000001], R.SUPPORT: [300.0, 300.000001]}
    assert len(solve(Problem(weeks=2, people=people, offers=offers)).weeks) == 60


def test_a_plan_made_again_moves_those_it_must() -> None:
    """Ten a week; then two laptops fewer arrive: two move, the others stay where they were."""
    people = [Person(key=key, uses={R.PLACES: 1.0, R.LAPTOPS: float(key < 10)}) for key in range(30)]
    before = solve(Problem(weeks=3, people=people, offers={R.PLACES: [10.0] * 3, R.LAPTOPS: [10.0, 0, 0]}), gap=0.0)
    known = [replace(person, before=before.weeks[person.key]) for person in people]
    fewer = Problem(weeks=3, people=known, offers={R.PLACES: [10.0] * 3, R.LAPTOPS: [0.0, 8.0, 2.0]}, stability=50.0)
    after = solve(fewer, gap=0.0)
    assert verify.faults(fewer, after) == []
    moved = sum(after.weeks.get(key) != week for key, week in before.weeks.items())
    needed = min(
        sum(plan.weeks.get(key) != week for key, week in before.weeks.items())
        for plan in (
            after,
            solve(replace(fewer, stability=0.0), gap=0.0),
            solve(replace(fewer, stability=5.0), gap=0.0),
        )
    )
    assert moved == needed
    same = solve(Problem(weeks=3, people=known, offers={R.PLACES: [10.0] * 3, R.LAPTOPS: [10.0, 0, 0]}), gap=0.0)
    assert same.weeks == before.weeks


def test_the_search_says_how_far_it_is_and_stops_when_told() -> None:
    seen: list[Progress] = []

    def watch(progress: Progress) -> bool:
        seen.append(progress)
        return progress.gap is None  # at the first plan

    problem = authority(600)
    try:
        plan = solve(problem, gap=0.0, watch=watch)
    except TimeoutError:
        pytest.fail("it had a plan when it was stopped")
    assert seen
    assert not plan.is_best
    assert verify.faults(problem, plan) == []
    assert 0 < plan.gap < 10
    assert all(later.seconds >= earlier.seconds for earlier, later in pairwise(seen))


def test_no_time_is_no_plan_or_a_lesser_one() -> None:
    problem = authority(300)
    try:
        plan = solve(problem, gap=0.0, seconds=0.0)
    except TimeoutError:
        return
    assert not plan.is_best
    assert verify.faults(problem, plan) == []


def test_the_number_of_threads_may_change_from_a_search_to_the_next() -> None:
    problem = Problem(weeks=1, people=[Person(key=1)])
    for threads in (1, 2, 0, 1):
        assert solve(problem, threads=threads).weeks == {1: 0}
