"""What may be asked of the planner."""

from __future__ import annotations

import pytest

from parvis.portal.rollout.planning.problem import MOST_WEEKS, Person, Problem
from tests.unit.rollout.problems import R


@pytest.mark.parametrize("weeks", [0, -1, MOST_WEEKS + 1])
def test_weeks_are_between_one_and_a_year(weeks: int) -> None:
    with pytest.raises(ValueError, match="weeks"):
        Problem(weeks=weeks, people=[])


@pytest.mark.parametrize("units", [[1.0], [1.0, 2.0, 3.0], [1.0, -1.0]])
def test_offers_have_a_figure_for_each_week_and_none_below_zero(units: list[float]) -> None:
    with pytest.raises(ValueError, match="offers"):
        Problem(weeks=2, people=[], offers={R.LAPTOPS: units})


def test_a_line_carries_something_or_nothing() -> None:
    with pytest.raises(ValueError, match="sites"):
        Problem(weeks=1, people=[], sites={1: -1.0})


def test_nobody_is_there_twice() -> None:
    with pytest.raises(ValueError, match="a person twice"):
        Problem(weeks=1, people=[Person(key=1), Person(key=1)])


@pytest.mark.parametrize("week", [-1, 2])
def test_a_published_week_is_one_of_the_campaign(week: int) -> None:
    with pytest.raises(ValueError, match="pinned"):
        Problem(weeks=2, people=[Person(key=1, pinned=week)])


@pytest.mark.parametrize("person", [Person(key=1, weight=0.0), Person(key=1, uses={R.SUPPORT: -5.0})])
def test_everybody_is_worth_something_and_uses_what_there_is(person: Person) -> None:
    with pytest.raises(ValueError, match="a person worth nothing"):
        Problem(weeks=1, people=[person])
