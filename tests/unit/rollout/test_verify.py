"""The reading that every plan must pass says what is wrong."""

from __future__ import annotations

import pytest

from parvis.portal.rollout.planning import verify
from parvis.portal.rollout.planning.problem import Person, Problem
from tests.unit.rollout.problems import R, plan_of

PEOPLE = [
    Person(key=1, team=1, site=7, site_load=300.0, uses={R.LAPTOPS: 1.0, R.SUPPORT: 30.0, R.SESSIONS: 0.6}),
    Person(key=2, team=1, site=7, site_load=300.0, uses={R.LAPTOPS: 1.0, R.SUPPORT: 30.0, R.SESSIONS: 0.6}, weight=2.0),
    Person(key=3, away=frozenset({1}), before=2),
    Person(key=4, pinned=1, away=frozenset({1})),
]
PROBLEM = Problem(
    weeks=3,
    people=PEOPLE,
    offers={R.LAPTOPS: [0, 1, 1], R.SUPPORT: [60, 30, 60], R.SESSIONS: [1.2, 1.2, 0.6]},
    sites={7: 300.0},
)


@pytest.mark.parametrize(
    ("weeks", "wrong"),
    [
        ({4: 1}, []),
        ({4: 1, 1: 1}, []),
        ({4: 1, 1: 2}, []),  # the laptop that came in week 1 is still there
        ({4: 1, 1: 0}, ["laptops in week 0: 1 of 0"]),
        (
            {4: 1, 1: 1, 2: 1},
            ["laptops in week 1: 2 of 1", "support in week 1: 60 of 30", "sessions in week 2: 1.2 of 0.6",
             "site 7: 600 of 300"],
        ),
        # Sessions are of all who are equipped by then.
        ({4: 1, 1: 1, 2: 2}, ["sessions in week 2: 1.2 of 0.6", "site 7: 600 of 300"]),
        ({4: 1, 3: 1}, ["3 cannot in week 1"]),
        ({4: 1, 3: 3}, ["3 is in week 3, which is not there"]),
        ({4: 2}, ["4 has moved from its published week"]),
        ({}, ["4 has left its published week"]),
        ({4: 1, 5: 1}, ["5 is nobody"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(weeks: dict[int, int], wrong: list[str]) -> None:
    assert verify.faults(PROBLEM, plan_of(weeks)) == wrong


@pytest.mark.parametrize(
    ("weeks", "worth"),
    [
        ({}, 0.0),
        ({1: 0}, 13.0),
        ({1: 2}, 11.0),
        ({2: 0}, 26.0),
        ({1: 0, 2: 0}, 39.0),
        ({1: 0, 2: 1}, 35.0),  # a week later for one who counts twice, and the team apart
        ({3: 2}, 11.0),
        ({3: 0}, 12.0),  # earlier, and moved
    ],
)
def test_what_a_plan_is_worth(weeks: dict[int, int], worth: float) -> None:
    assert verify.value(PROBLEM, plan_of(weeks)) == worth


def test_no_plan_is_worth_more_than_all_in_their_first_week() -> None:
    assert verify.most(PROBLEM) == 13.0 + 26.0 + 13.0 + 12.0
    assert verify.most(Problem(weeks=1, people=[Person(key=1, away=frozenset({0}))])) == 0.0


def test_adding_up_many_floats_breaks_no_limit() -> None:
    people = [Person(key=key, uses={R.SESSIONS: 0.1}) for key in range(1000)]
    problem = Problem(weeks=1, people=people, offers={R.SESSIONS: [100.0]})
    assert sum([0.1] * 1000) != 100.0
    assert verify.faults(problem, plan_of({person.key: 0 for person in people})) == []
