"""Interchangeable people: who is, who is not, and each in one week at most."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from parvis.portal.rollout.planning.classes import Group, apart, groups_of, spread
from parvis.portal.rollout.planning.problem import Person, Problem
from tests.unit.rollout.problems import R, problems

ANN = Person(key=1, team=3, site=7, uses={R.SUPPORT: 10.0}, site_load=300.0, away=frozenset({0}), before=1)


def groups(*people: Person, **more: object) -> list[Group]:
    asked: dict[str, object] = {"offers": {R.SUPPORT: [60.0] * 3}, "sites": {7: 900.0}} | more
    return groups_of(Problem(weeks=3, people=people, **asked))  # type: ignore[arg-type]


@given(problems())
def test_everybody_is_in_one_group(problem: Problem) -> None:
    for found in (groups_of(problem), apart(problem)):
        assert sorted(key for group in found for key in group.keys) == sorted(person.key for person in problem.people)
    assert all(group.size == 1 for group in apart(problem))


def test_people_who_are_alike_are_counted_together() -> None:
    assert [group.keys for group in groups(ANN, replace(ANN, key=2), replace(ANN, key=3, weight=2.0))] == [(1, 2), (3,)]


@pytest.mark.parametrize(
    "other",
    [
        replace(ANN, key=2, weight=4.0),
        replace(ANN, key=2, uses={R.SUPPORT: 20.0}),
        replace(ANN, key=2, away=frozenset({1})),
        replace(ANN, key=2, site=None),
        replace(ANN, key=2, site_load=600.0),
        replace(ANN, key=2, before=2),
        replace(ANN, key=2, before=None),
        replace(ANN, key=2, pinned=1),
        replace(ANN, key=2, team=None),
    ],
)
def test_what_the_problem_counts_tells_people_apart(other: Person) -> None:
    mate = replace(ANN, key=3)  # so that the team is more than one person
    assert [group.keys for group in groups(ANN, mate, other)] == [(1, 3), (2,)]


@pytest.mark.parametrize(
    "other",
    [
        replace(ANN, key=2, uses={R.SUPPORT: 10.0, R.PHONES: 1.0}),  # phones are not limited here
        replace(ANN, key=2, away=frozenset({0, 8})),  # there is no week 8
    ],
)
def test_what_the_problem_does_not_count_tells_nobody_apart(other: Person) -> None:
    assert [group.keys for group in groups(ANN, other)] == [(1, 2)]


def test_teams_sites_and_weeks_before_matter_only_where_they_cost() -> None:
    assert len(groups(ANN, replace(ANN, key=2, team=4))) == 1  # each alone in their team
    assert len(groups(ANN, replace(ANN, key=2, team=4), cohesion=0.0)) == 1
    assert len(groups(ANN, replace(ANN, key=2, site=9), sites={})) == 1
    assert len(groups(ANN, replace(ANN, key=2, before=0), stability=0.0)) == 1
    assert len(groups(replace(ANN, pinned=1), replace(ANN, key=2, pinned=1, away=frozenset({1})))) == 1


def test_a_group_keeps_a_team_only_if_it_has_mates() -> None:
    alone, mate = replace(ANN, key=2, team=4), replace(ANN, key=3)
    assert {group.keys: group.like.team for group in groups(ANN, alone, mate)} == {(1, 3): 3, (2,): None}


def test_published_people_have_their_week_alone() -> None:
    (group,) = groups(replace(ANN, pinned=0))
    assert group.weeks == (0,)
    (group,) = groups(ANN)
    assert group.weeks == (1, 2)


def test_each_gets_one_week() -> None:
    found = groups(ANN, replace(ANN, key=2), replace(ANN, key=3), replace(ANN, key=4, weight=2.0))
    assert spread(found, [{2: 1, 1: 1}, {}]) == {1: 1, 2: 2}
    assert spread(found, [{1: 3}, {2: 1}]) == {1: 1, 2: 1, 3: 1, 4: 2}
