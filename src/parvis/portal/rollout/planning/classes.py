"""People who are interchangeable, counted together.

Two people of one team with the same needs, wishes and weeks give the same objective whichever of them goes first. An
integer column for the group replaces a binary one for each: the branching over their permutations disappears.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from parvis.portal.rollout.planning.problem import Person, Problem


@dataclass(frozen=True, slots=True)
class Group:
    """Interchangeable people. `keys` in the problem's order."""

    like: Person
    keys: tuple[int, ...]
    weeks: tuple[int, ...]
    """The weeks any of them may have."""

    @property
    def size(self) -> int:
        """How many."""
        return len(self.keys)


def groups_of(problem: Problem) -> list[Group]:
    """Every person in exactly one group, in a stable order; pinned people have their week alone."""
    found: dict[tuple[object, ...], list[Person]] = defaultdict(list)
    for person in problem.people:
        found[_likeness(person)].append(person)
    return [
        Group(people[0], tuple(each.key for each in people), _weeks(people[0], problem.weeks))
        for people in found.values()
    ]


def spread(groups: Sequence[Group], counts: Sequence[Mapping[int, int]]) -> dict[int, int]:
    """The week of each person, when `counts[i]` of group i go in each week. Who is in one is not in another."""
    weeks: dict[int, int] = {}
    for group, by_week in zip(groups, counts, strict=True):
        keys = iter(group.keys)
        for week in sorted(by_week):
            for _ in range(by_week[week]):
                weeks[next(keys)] = week
    return weeks


def _likeness(person: Person) -> tuple[object, ...]:
    uses = tuple(sorted((name, units) for name, units in person.uses.items() if units))
    away = tuple(sorted(person.away))
    return (
        person.team, person.site, person.weight, uses, person.site_load, away, person.pinned, person.before
    )  # fmt: skip


def _weeks(person: Person, weeks: int) -> tuple[int, ...]:
    if person.pinned is not None:
        return (person.pinned,)
    return tuple(week for week in range(weeks) if week not in person.away)
