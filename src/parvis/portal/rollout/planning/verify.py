"""Does a plan keep its problem's limits? Read person by person, without the model: the two must agree."""

from __future__ import annotations

from collections import defaultdict
from itertools import accumulate

from parvis.portal.rollout.planning.problem import LASTING, STANDING, Plan, Problem

_TOLERANCE = 1e-6


def faults(problem: Problem, plan: Plan) -> list[str]:
    """What is wrong, in plain words; empty when nothing is."""
    found: list[str] = []
    people = {person.key: person for person in problem.people}
    for key, week in plan.weeks.items():
        person = people[key]
        if week in person.away or not 0 <= week < problem.weeks:
            found.append(f"{key} cannot in week {week}")
        if person.pinned is not None and week != person.pinned:
            found.append(f"{key} has moved from its published week")
    found += [f"{key} has left its published week" for key, person in people.items()
              if person.pinned is not None and key not in plan.weeks]  # fmt: skip
    for resource, offers in problem.offers.items():
        used = [0.0] * problem.weeks
        for key, week in plan.weeks.items():
            used[week] += people[key].uses.get(resource, 0.0)
        total = list(accumulate(used)) if resource in LASTING | STANDING else used
        limit = list(accumulate(offers)) if resource in LASTING else offers
        found += [
            f"{resource} in week {week}: {total[week]:g} of {limit[week]:g}"
            for week in range(problem.weeks)
            if total[week] > limit[week] + _TOLERANCE
        ]
    loads: dict[int, float] = defaultdict(float)
    for key in plan.weeks:
        if (site := people[key].site) is not None:
            loads[site] += people[key].site_load
    found += [f"site {site}: {load:g}" for site, load in loads.items()
              if site in problem.sites and load > problem.sites[site] + _TOLERANCE]  # fmt: skip
    return found


def value(problem: Problem, plan: Plan) -> float:
    """The plan's worth by the definition of the objective."""
    total, weeks_of_team = 0.0, defaultdict(set)
    for person in problem.people:
        week = plan.weeks.get(person.key)
        if week is None:
            continue
        total += person.weight * (problem.served + problem.weeks - week)
        if person.before is not None and person.before != week:
            total -= problem.stability
        if person.team is not None:
            weeks_of_team[person.team].add(week)
    return total - problem.cohesion * sum(len(weeks) - 1 for weeks in weeks_of_team.values())
