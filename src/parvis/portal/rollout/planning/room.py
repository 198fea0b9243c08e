"""The room that a plan leaves, and those it takes in: nobody waits outside a door that is open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import accumulate

from parvis.portal.rollout.planning.problem import LASTING, STANDING, Person, Problem

_TOLERANCE = 1e-9


class Room:
    """What is left of each limit."""

    def __init__(self, problem: Problem, weeks: Mapping[int, int]) -> None:
        self._problem = problem
        self._lines = dict(problem.sites)
        self._left = {
            resource: list(accumulate(offers)) if resource in LASTING else list(offers)
            for resource, offers in problem.offers.items()
        }
        for person in problem.people:
            if (week := weeks.get(person.key)) is not None:
                self.take(person, week)

    def fits(self, person: Person, week: int) -> bool:
        """Whether they could be equipped in this week beside all the others."""
        if person.site is not None and person.site_load > self._lines.get(person.site, float("inf")) + _TOLERANCE:
            return False
        return all(
            units <= min(self._left[resource][week : self._end(resource, week)]) + _TOLERANCE
            for resource, units in person.uses.items()
            if units and resource in self._left
        )

    def take(self, person: Person, week: int) -> None:
        """They are equipped in this week."""
        if person.site in self._lines:
            self._lines[person.site] -= person.site_load
        for resource, units in person.uses.items():
            if resource in self._left:
                for each in range(week, self._end(resource, week)):
                    self._left[resource][each] -= units

    def _end(self, resource: str, week: int) -> int:
        """The week before which what they take is taken: at once, or from then on."""
        return self._problem.weeks if resource in LASTING | STANDING else week + 1


def filled(problem: Problem, weeks: Mapping[int, int]) -> dict[int, int]:
    """The same plan with those who still fit, who count most first, each in the week that is worth most."""
    found, room = dict(weeks), Room(problem, weeks)
    teams: dict[int | None, set[int]] = defaultdict(set)
    for person in problem.people:
        if person.key in found:
            teams[person.team].add(found[person.key])
    waiting = [person for person in problem.people if person.key not in found and person.pinned is None]
    for person in sorted(waiting, key=lambda each: -each.weight):
        free = [week for week in range(problem.weeks) if week not in person.away and room.fits(person, week)]
        gains = {week: _gain(problem, person, week, teams[person.team]) for week in free}
        week = max(gains, key=gains.__getitem__, default=None)
        if week is not None and gains[week] > 0:
            found[person.key] = week
            teams[person.team].add(week)
            room.take(person, week)
    return found


def _gain(problem: Problem, person: Person, week: int, team: set[int]) -> float:
    """What is won, less what it costs, when they join in this week."""
    gain = person.weight * (problem.served + problem.weeks - week)
    if person.before is not None and person.before != week:
        gain -= problem.stability
    if person.team is not None and team and week not in team:
        gain -= problem.cohesion
    return gain
