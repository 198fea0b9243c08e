"""Who still fits in a plan is taken in."""

from __future__ import annotations

from hypothesis import given, settings

from parvis.portal.rollout.planning import verify
from parvis.portal.rollout.planning.problem import Person, Problem
from parvis.portal.rollout.planning.room import filled
from parvis.portal.rollout.planning.solve import DoesNotFit, solve
from tests.unit.rollout.problems import R, plan_of, problems


def waiting_at_an_open_door(problem: Problem, weeks: dict[int, int]) -> list[tuple[int, int]]:
    """Who could be equipped when, all others staying where they are."""
    before = verify.worth(problem, weeks)
    return [
        (person.key, week)
        for person in problem.people
        if person.key not in weeks and person.pinned is None
        for week in range(problem.weeks)
        if not verify.faults(problem, plan_of(weeks | {person.key: week}))
        and verify.worth(problem, weeks | {person.key: week}) > before
    ]


@settings(deadline=None, max_examples=200)
@given(problems(most_people=8))
def test_whoever_fits_is_taken_in_and_no_limit_breaks(problem: Problem) -> None:
    published = {person.key: person.pinned for person in problem.people if person.pinned is not None}
    if verify.faults(problem, plan_of(published)):
        return
    weeks = filled(problem, published)
    assert published.items() <= weeks.items()
    assert verify.faults(problem, plan_of(weeks)) == []
    assert waiting_at_an_open_door(problem, weeks) == []


@settings(deadline=None, max_examples=60)
@given(problems(most_people=8))
def test_a_plan_that_may_be_far_from_the_best_leaves_nobody_out_who_fits(problem: Problem) -> None:
    try:
        plan = solve(problem, gap=0.5)
    except DoesNotFit:
        return
    assert verify.faults(problem, plan) == []
    assert waiting_at_an_open_door(problem, dict(plan.weeks)) == []


def test_who_counts_most_has_the_last_place_and_mates_stay_together() -> None:
    people = [Person(key=key, team=1, weight=weight, uses={R.PLACES: 1.0}) for key, weight in ((1, 1), (2, 1), (3, 4))]
    problem = Problem(weeks=2, people=people, offers={R.PLACES: [1.0, 2.0]})
    assert filled(problem, {1: 1}) == {1: 1, 3: 0, 2: 1}
    roomy = Problem(weeks=2, people=people[:2], offers={R.PLACES: [1.0, 2.0]})
    assert filled(roomy, {1: 1}) == {1: 1, 2: 1}  # a week earlier is worth less than being with one's team
