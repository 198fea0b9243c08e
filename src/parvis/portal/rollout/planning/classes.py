"""People who are interchangeable, counted together.

Two people of one team with the same needs, wishes and weeks give the same objective whichever of them goes first. An
integer column for the group replaces a binary one for each: the branching over their permutations disappears. What the
problem does not limit or reward does not tell people apart either: the site of somebody whose line is not limited, the
team of somebody who is alone in it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from parvis.portal.rollout.planning.problem import Person, Problem, Resource


@dataclass(frozen=True, slots=True)
class Group:
    """Interchangeable people. `keys` in the problem's order."""

    like: Person
    """One of them, with no more than what matters in this problem."""
    keys: tuple[int, ...]
    weeks: tuple[int, ...]
    """The weeks any of them may have."""

    @property
    def size(self) -> int:
        """How many."""
        return len(self.keys)


def groups_of(problem: Problem) -> list[Group]:
    """Every person in exactly one group, in a stable order; pinned people have their week alone."""
    together = _teams(problem)
    found: dict[tuple[object, ...], list[Person]] = defaultdict(list)
    for person in problem.people:
        found[_likeness(person, problem, together)].append(person)
    return [_group(problem, people, together) for people in found.values()]


def apart(problem: Problem) -> list[Group]:
    """A group for each person: what the programme would be without interchangeable people, to compare."""
    together = _teams(problem)
    return [_group(problem, [person], together) for person in problem.people]


def spread(groups: Sequence[Group], counts: Sequence[Mapping[int, int]]) -> dict[int, int]:
    """The week of each person, when `counts[i]` of group i go in each week. Who is in one is not in another."""
    weeks: dict[int, int] = {}
    for group, by_week in zip(groups, counts, strict=True):
        keys = iter(group.keys)
        for week in sorted(by_week):
            for _ in range(by_week[week]):
                weeks[next(keys)] = week
    return weeks


def _group(problem: Problem, people: Sequence[Person], together: frozenset[int]) -> Group:
    first = people[0]
    like = replace(
        first,
        team=_team(first, together),
        site=first.site if _on_a_line(first, problem) else None,
        uses=dict(_uses(first, problem)),
    )
    return Group(like, tuple(each.key for each in people), _weeks(first, problem.weeks))


def _likeness(person: Person, problem: Problem, together: frozenset[int]) -> tuple[object, ...]:
    line = (person.site, person.site_load) if _on_a_line(person, problem) else None
    before = person.before if problem.stability else None
    return (
        _team(person, together), line, person.weight, _uses(person, problem), _weeks(person, problem.weeks),
        person.pinned, before
    )  # fmt: skip


def _teams(problem: Problem) -> frozenset[int]:
    """The teams there is something to keep together of."""
    if not problem.cohesion:
        return frozenset()
    sizes = Counter(person.team for person in problem.people if person.team is not None)
    return frozenset(team for team, size in sizes.items() if size > 1)


def _team(person: Person, together: frozenset[int]) -> int | None:
    return person.team if person.team in together else None


def _on_a_line(person: Person, problem: Problem) -> bool:
    return bool(person.site_load) and person.site in problem.sites


def _uses(person: Person, problem: Problem) -> tuple[tuple[Resource, float], ...]:
    return tuple(sorted((name, units) for name, units in person.uses.items() if units and name in problem.offers))


def _weeks(person: Person, weeks: int) -> tuple[int, ...]:
    if person.pinned is not None:
        return (person.pinned,)
    return tuple(week for week in range(weeks) if week not in person.away)
