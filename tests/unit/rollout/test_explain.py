"""What binds, what one more buys, what lacks: against solving again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from parvis.portal.rollout.planning import explain
from parvis.portal.rollout.planning.explain import Bought, Lack
from parvis.portal.rollout.planning.problem import Person, Problem, Resource
from parvis.portal.rollout.planning.solve import DoesNotFit, solve
from tests.unit.rollout.problems import R, authority, plan_of, problems

slow = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


def with_more(problem: Problem, lacks: Sequence[Lack]) -> Problem:
    offers: dict[Resource, list[float]] = {resource: list(units) for resource, units in problem.offers.items()}
    sites = dict(problem.sites)
    for lack in lacks:
        if lack.resource is not None and lack.week is not None:
            offers[lack.resource][lack.week] += lack.units + 1e-6
        elif lack.site is not None:
            sites[lack.site] += lack.units + 1e-6
    return replace(problem, offers=offers, sites=sites)


def crowd() -> list[Person]:
    """Sixty people, the first forty of whom need a laptop."""
    return [Person(key=key, uses={R.LAPTOPS: float(key < 40), R.SUPPORT: 10.0}) for key in range(60)]


def bought(found: list[Bought], resource: Resource, week: int) -> Bought | None:
    return next((each for each in found if each.resource == resource and each.week == week), None)


def test_uses_are_those_of_the_plan() -> None:
    people = [Person(key=1, site=7, site_load=300.0, uses={R.LAPTOPS: 1.0, R.SUPPORT: 30.0, R.SESSIONS: 0.6})]
    problem = Problem(
        weeks=2,
        people=people,
        offers={R.LAPTOPS: [1.0, 1.0], R.SUPPORT: [60.0, 60.0], R.SESSIONS: [1.2, 0.6]},
        sites={7: 600.0},
    )
    found = explain.uses(problem, plan_of({1: 0}))
    assert {(each.resource, each.week): (each.used, each.offered, each.share) for each in found} == {
        (R.LAPTOPS, 0): (1.0, 1.0, 1.0),
        (R.LAPTOPS, 1): (1.0, 2.0, 0.5),  # of those that have come by then
        (R.SUPPORT, 0): (30.0, 60.0, 0.5),
        (R.SUPPORT, 1): (0.0, 60.0, 0.0),
        (R.SESSIONS, 0): (0.6, 1.2, 0.5),
        (R.SESSIONS, 1): (0.6, 0.6, 1.0),
        (None, None): (300.0, 600.0, 0.5),
    }
    assert [each.site for each in found if each.resource is None] == [7]


def test_one_more_laptop_is_one_more_person_and_the_earlier_the_better() -> None:
    problem = Problem(weeks=3, people=crowd(), offers={R.LAPTOPS: [10.0, 5.0, 5.0], R.SUPPORT: [600.0] * 3})
    found = explain.one_more(problem)
    for week in range(3):
        gain = bought(found, R.LAPTOPS, week)
        assert gain is not None
        assert (gain.people, gain.weeks, gain.step) == (pytest.approx(1.0), pytest.approx(3.0 - week), 1.0)
        richer = [10.0, 5.0, 5.0]
        richer[week] += 10
        again = solve(replace(problem, offers=problem.offers | {R.LAPTOPS: richer}), gap=0.0)
        assert len(again.weeks) - len(solve(problem, gap=0.0).weeks) == 10 * gain.people
    assert not any(each.resource == R.SUPPORT for each in found)  # 600 minutes are enough for all in a week
    assert found[0].week == 0


def test_one_more_hour_serves_six() -> None:
    problem = Problem(weeks=2, people=crowd(), offers={R.LAPTOPS: [40.0, 0.0], R.SUPPORT: [100.0, 100.0]})
    found = explain.one_more(problem, steps=1)
    gain = bought(found, R.SUPPORT, 1)
    assert gain is not None
    assert (gain.step, gain.people, gain.weeks) == (60.0, pytest.approx(6.0), pytest.approx(6.0))


def test_what_completes_nobodys_set_buys_nothing() -> None:
    """Laptops and places both bind: one more of either alone equips nobody."""
    people = [Person(key=key, uses={R.LAPTOPS: 1.0, R.PLACES: 1.0}) for key in range(30)]
    problem = Problem(weeks=1, people=people, offers={R.LAPTOPS: [10.0], R.PLACES: [10.0]})
    assert explain.one_more(problem) == []


def test_the_estimate_for_a_crowd_is_close_to_solving_again() -> None:
    problem = authority(200, cohesion=0.0)
    before = solve(problem, gap=0.002)
    found = explain.one_more(problem, steps=10)
    assert found
    for gain in [each for each in found if each.resource is not None][:2]:
        assert gain.resource is not None
        assert gain.week is not None
        units = list(problem.offers[gain.resource])
        units[gain.week] += 10 * gain.step
        after = solve(replace(problem, offers=problem.offers | {gain.resource: units}), gap=0.002)
        assert len(after.weeks) - len(before.weeks) == pytest.approx(10 * gain.people, abs=3)


def test_one_more_says_nothing_where_what_is_published_does_not_fit() -> None:
    people = [Person(key=key, pinned=0, uses={R.PLACES: 1.0}) for key in range(3)]
    assert explain.one_more(Problem(weeks=1, people=people, offers={R.PLACES: [2.0]})) == []


def test_what_lacks_is_said_with_its_week_and_how_much() -> None:
    problem = Problem(weeks=2, people=crowd(), offers={R.LAPTOPS: [10.0, 5.0], R.SUPPORT: [300.0, 240.0]})
    assert explain.lacking(problem) == [
        Lack(resource=R.LAPTOPS, site=None, week=1, units=pytest.approx(25.0)),  # the later week is soon enough
        Lack(resource=R.SUPPORT, site=None, week=1, units=pytest.approx(60.0)),
    ]
    assert len(solve(with_more(problem, explain.lacking(problem))).weeks) == 60


def test_what_lacks_counts_people_whole() -> None:
    """Three times twenty minutes in two weeks of thirty: sixty minutes in all, and still one who does not fit."""
    people = [Person(key=key, uses={R.SUPPORT: 20.0}) for key in range(3)]
    problem = Problem(weeks=2, people=people, offers={R.SUPPORT: [30.0, 30.0]})
    assert len(solve(problem, gap=0.0).weeks) == 2
    (lack,) = explain.lacking(problem)
    assert lack.units == pytest.approx(10.0)
    assert len(solve(with_more(problem, [lack]), gap=0.0).weeks) == 3


def test_what_lacks_for_those_who_are_published() -> None:
    people = [Person(key=key, pinned=0, uses={R.PLACES: 1.0}) for key in range(3)]
    people += [Person(key=9, uses={R.PLACES: 1.0})]
    problem = Problem(weeks=1, people=people, offers={R.PLACES: [2.0]})
    assert [each.units for each in explain.lacking(problem, everybody=False)] == [pytest.approx(1.0)]
    assert [each.units for each in explain.lacking(problem)] == [pytest.approx(2.0)]


def test_nothing_lacks_for_who_is_away_all_the_time() -> None:
    away = Person(key=1, uses={R.PLACES: 1.0}, away=frozenset({0, 1}))
    assert explain.lacking(Problem(weeks=2, people=[away], offers={R.PLACES: [0.0, 0.0]})) == []
    # Weeks that are not there are no absence.
    other = replace(away, away=frozenset({0, 7}))
    assert [each.week for each in explain.lacking(Problem(weeks=2, people=[other], offers={R.PLACES: [0.0] * 2}))] == [
        1
    ]


@slow
@given(problems())
def test_with_what_lacks_everybody_fits(problem: Problem) -> None:
    lacks = explain.lacking(problem)
    able = {
        person.key for person in problem.people if person.pinned is not None or set(range(problem.weeks)) - person.away
    }
    assert solve(with_more(problem, lacks), gap=0.0).weeks.keys() == able
    try:
        fits = solve(problem, gap=0.0).weeks.keys() == able
    except DoesNotFit:
        fits = False
    assert fits == (lacks == [])
