"""Does a plan keep its problem's limits? Read person by person, without the model: the two must agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import accumulate

from parvis.portal.rollout.planning.problem import LASTING, STANDING, Person, Plan, Problem

_TOLERANCE = 1e-6
"""Of a limit, as a share: what adding up many floats may lose."""


def faults(problem: Problem, plan: Plan) -> list[str]:
    """What is wrong, in plain words; empty when nothing is."""
    people = {person.key: person for person in problem.people}
    found = [f"{key} is nobody" for key in plan.weeks if key not in people]
    found += [fault for key, person in people.items() if (fault := _misplaced(person, plan.weeks.get(key), problem))]
    placed = [(people[key], week) for key, week in plan.weeks.items() if key in people and 0 <= week < problem.weeks]
    for resource, offers in problem.offers.items():
        used = [0.0] * problem.weeks
        for person, week in placed:
            used[week] += person.uses.get(resource, 0.0)
        total = list(accumulate(used)) if resource in LASTING | STANDING else used
        limit = list(accumulate(offers)) if resource in LASTING else offers
        found += [
            f"{resource} in week {week}: {total[week]:g} of {limit[week]:g}"
            for week in range(problem.weeks)
            if _exceeds(total[week], limit[week])
        ]
    return found + _crowded(problem, [person for person, _ in placed])


def value(problem: Problem, plan: Plan) -> float:
    """The plan's worth by the definition of the objective."""
    return worth(problem, plan.weeks)


def worth(problem: Problem, weeks: Mapping[int, int]) -> float:
    """What equipping these people in these weeks is worth, by the definition of the objective."""
    total, weeks_of_team = 0.0, defaultdict(set)
    for person in problem.people:
        week = weeks.get(person.key)
        if week is None:
            continue
        total += person.weight * (problem.served + problem.weeks - week)
        if person.before is not None and person.before != week:
            total -= problem.stability
        if person.team is not None:
            weeks_of_team[person.team].add(week)
    return total - problem.cohesion * sum(len(each) - 1 for each in weeks_of_team.values())


def most(problem: Problem) -> float:
    """What no plan can be worth more than, were nothing limited."""
    best = 0.0
    for person in problem.people:
        week = min(set(range(problem.weeks)) - person.away, default=None) if person.pinned is None else person.pinned
        if week is not None:
            best += person.weight * (problem.served + problem.weeks - week)
    return best


def _misplaced(person: Person, week: int | None, problem: Problem) -> str:
    if week is None:
        return f"{person.key} has left its published week" if person.pinned is not None else ""
    if not 0 <= week < problem.weeks:
        return f"{person.key} is in week {week}, which is not there"
    if person.pinned is not None:  # what is published stands, also where they are away since
        return f"{person.key} has moved from its published week" if week != person.pinned else ""
    return f"{person.key} cannot in week {week}" if week in person.away else ""


def _crowded(problem: Problem, equipped: list[Person]) -> list[str]:
    loads: dict[int, float] = defaultdict(float)
    for person in equipped:
        if person.site is not None:
            loads[person.site] += person.site_load
    return [
        f"site {site}: {load:g} of {problem.sites[site]:g}"
        for site, load in loads.items()
        if site in problem.sites and _exceeds(load, problem.sites[site])
    ]


def _exceeds(used: float, limit: float) -> bool:
    return used > limit + _TOLERANCE * max(1.0, limit)
