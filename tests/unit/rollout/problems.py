"""Small problems for the planner, and the best answer by trying them all."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from itertools import product

from hypothesis import strategies as st

from parvis.portal.rollout.planning import verify
from parvis.portal.rollout.planning.problem import Person, Plan, Problem, Resource

R = Resource


def plan_of(weeks: Mapping[int, int]) -> Plan:
    return Plan(weeks=weeks, value=0.0, bound=0.0, gap=0.0, seconds=0.0, is_best=True)


def every_plan(problem: Problem) -> Iterator[Plan]:
    """All that keep the limits, found without the programme."""
    choices = [[None, *range(problem.weeks)] for _ in problem.people]
    for picked in product(*choices):
        weeks = {person.key: week for person, week in zip(problem.people, picked, strict=True) if week is not None}
        plan = plan_of(weeks)
        if not verify.faults(problem, plan):
            yield plan


def best_by_trying(problem: Problem) -> float | None:
    """What the best plan is worth; None: no plan keeps the limits."""
    return max((verify.value(problem, plan) for plan in every_plan(problem)), default=None)


@st.composite
def people(draw: st.DrawFn, key: int, weeks: int) -> Person:
    pinned = draw(st.one_of(st.none(), st.none(), st.none(), st.integers(0, weeks - 1)))
    return Person(
        key=key,
        team=draw(st.sampled_from([None, 1, 1, 2])),
        site=draw(st.sampled_from([None, 7, 8])),
        weight=draw(st.sampled_from([1.0, 1.0, 2.0, 4.0])),
        uses={
            R.LAPTOPS: draw(st.sampled_from([0.0, 1.0])),
            R.SUPPORT: draw(st.sampled_from([5.0, 10.0, 25.0])),
            R.SESSIONS: 0.6,
            R.PLACES: 1.0,
        },
        site_load=draw(st.sampled_from([0.0, 300.0])),
        away=draw(st.frozensets(st.integers(0, weeks), max_size=2)),
        pinned=pinned,
        before=draw(st.sampled_from([None, 0, 1, 9])),
    )


@st.composite
def problems(draw: st.DrawFn, most_people: int = 5) -> Problem:
    """Tiny: at most 4^5 ways. Every kind of limit, some of them absent."""
    weeks = draw(st.integers(1, 3))
    count = draw(st.integers(0, most_people))

    def offer(units: list[float]) -> st.SearchStrategy[list[float]]:
        return st.lists(st.sampled_from(units), min_size=weeks, max_size=weeks)

    offers = {
        R.LAPTOPS: draw(offer([0.0, 1.0, 2.0])),
        R.SUPPORT: draw(offer([0.0, 20.0, 45.0])),
        R.SESSIONS: draw(offer([0.0, 1.2, 3.0])),
        R.PLACES: draw(offer([0.0, 1.0, 3.0])),
    }
    kept = draw(st.sets(st.sampled_from(list(offers))))
    return Problem(
        weeks=weeks,
        people=[draw(people(key, weeks)) for key in range(count)],
        offers={resource: units for resource, units in offers.items() if resource in kept},
        sites=draw(st.sampled_from([{}, {7: 300.0}, {7: 600.0, 8: 0.0}])),
        cohesion=draw(st.sampled_from([0.0, 2.0])),
        stability=draw(st.sampled_from([0.0, 1.0])),
    )


def authority(people: int, *, weeks: int = 6, seed: int = 1, cohesion: float = 2.0) -> Problem:
    """A believable one: teams of 3 to 24, 25 sites, a quarter without computer, laptops and support that bind."""
    chance = random.Random(seed)
    found: list[Person] = []
    team, left = 0, 0
    for key in range(people):
        if not left:
            team, left = team + 1, chance.randint(3, 24)
        left -= 1
        uses = {R.SUPPORT: chance.choice([10.0, 15.0, 30.0]), R.PLACES: 1.0, R.SESSIONS: 0.6, R.BANDWIDTH: 300.0}
        if chance.random() < 0.25:
            uses[R.LAPTOPS] = 1.0
        found.append(
            Person(
                key=key,
                team=team,
                site=team % 25,
                weight=chance.choice([1.0, 1.0, 1.0, 2.0, 4.0]),
                uses=uses,
                site_load=300.0,
                away=frozenset(week for week in range(weeks) if chance.random() < 0.12),
            )
        )
    share = people / 2200
    return Problem(
        weeks=weeks,
        people=found,
        offers={
            R.LAPTOPS: [round(60 * share)] * weeks, R.SUPPORT: [4200 * share] * weeks,
            R.PLACES: [round(400 * share)] * weeks, R.SESSIONS: [1000 * share] * weeks,
            R.BANDWIDTH: [500_000 * share] * weeks,
        },
        sites={site: (20_000 + 1_000 * site) * share for site in range(25)},
        cohesion=cohesion,
    )  # fmt: skip
