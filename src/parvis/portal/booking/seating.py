"""Who sits where: pure. Bookings that were not told their resource may be seated again to make room for one more.

A *demand* wants one of the resources in `fits`, from `starts` to `ends` (half open). A *fixed* one keeps its own.
`seat` finds a resource for the newcomer and, only if none is free as things stand, seats the movable demands again
that the newcomer touches, or that those touch, and so on. It is exact: it says no only where no seating exists, as long
as the search stays within `MOST_STEPS` (it does by far for resources of a few kinds: those alike are tried once).

Times are any ordered values; the rest of the house gives instants.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

MOST_STEPS = 5_000


@dataclass(frozen=True, slots=True)
class Demand:
    """A booking. `at`: where it sits now (None: nowhere yet)."""

    id: int
    starts: datetime
    ends: datetime
    fits: frozenset[int]
    at: int | None = None
    is_fixed: bool = False

    def touches(self, other: Demand) -> bool:
        """Whether they share a moment."""
        return self.starts < other.ends and other.starts < self.ends


Rank = Mapping[int, tuple[int, ...]]
"""How good each resource is when several are free: the smallest first."""


def seat(newcomer: Demand, seated: Sequence[Demand], rank: Rank) -> dict[int, int] | None:
    """Where the newcomer sits, and who else moves where: {demand: resource} of those that change. None: no way."""
    free = free_for(newcomer, seated)
    if free:
        return {newcomer.id: best(newcomer, free, seated, rank)}
    moving = component(newcomer, seated)
    if not moving:
        return None
    ids = {demand.id for demand in moving}
    fixed = [demand for demand in seated if demand.id not in ids and demand.at is not None]
    found = arrange([newcomer, *moving], fixed, rank)
    if found is None:
        return None
    before = {demand.id: demand.at for demand in moving}
    return {pk: resource for pk, resource in found.items() if before.get(pk) != resource}


def free_for(newcomer: Demand, seated: Iterable[Demand]) -> frozenset[int]:
    """The resources that fit and are free as things stand."""
    return newcomer.fits - {demand.at for demand in seated if demand.at is not None and demand.touches(newcomer)}


def best(newcomer: Demand, free: Collection[int], seated: Sequence[Demand], rank: Rank) -> int:
    """The free one that fits best: the smallest, then the one that leaves the shortest idle time before it."""
    ended: dict[int, datetime] = {}
    for demand in seated:
        if demand.at is not None and demand.at in free and demand.ends <= newcomer.starts:
            ended[demand.at] = max(ended.get(demand.at, demand.ends), demand.ends)

    def order(resource: int) -> tuple[tuple[int, ...], float, int]:
        idle = (newcomer.starts - ended[resource]).total_seconds() if resource in ended else float("inf")
        return rank.get(resource, ()), idle, resource

    return min(free, key=order)


def component(newcomer: Demand, seated: Sequence[Demand]) -> list[Demand]:
    """The movable demands that the newcomer touches, those that these touch, and so on."""
    movable = sorted((each for each in seated if not each.is_fixed and each.at is not None), key=lambda d: d.starts)
    found: dict[int, Demand] = {}
    begins, ends = newcomer.starts, newcomer.ends
    grown = True
    while grown:  # intervals: what touches a connected group touches its span or lies in a hole of it
        grown = False
        for demand in movable:
            if demand.id not in found and demand.starts < ends and begins < demand.ends:
                found[demand.id] = demand
                begins, ends = min(begins, demand.starts), max(ends, demand.ends)
                grown = True
    return list(found.values())


def arrange(demands: Sequence[Demand], fixed: Sequence[Demand], rank: Rank) -> dict[int, int] | None:
    """A resource for each demand, none of them twice at a time, around the fixed ones; None: there is no such seating.

    By order of start. A state met twice in the same step (which kinds of resources are busy until when) is looked at
    once.
    """
    search = Search(demands, fixed, rank)
    return search.solve() if search.may_be() else None


class Search:
    """One search. `steps`: how far it went."""

    def __init__(self, demands: Sequence[Demand], fixed: Sequence[Demand], rank: Rank) -> None:
        self.demands = sorted(demands, key=lambda demand: (demand.starts, demand.ends, demand.id))
        self.rank = rank
        self.resources = sorted(set().union(*(demand.fits for demand in demands)))
        taken: dict[int, list[Demand]] = {resource: [] for resource in self.resources}
        for demand in fixed:
            if demand.at in taken:
                taken[demand.at].append(demand)
        # What each demand may have around the fixed ones.
        self.open = [
            [each for each in sorted(demand.fits) if not any(demand.touches(one) for one in taken[each])]
            for demand in self.demands
        ]
        # By resource, the demands that may have it, a bit each: what tells resources apart, and nothing else does.
        self.wanted = {
            resource: sum(1 << number for number, may in enumerate(self.open) if resource in may)
            for resource in self.resources
        }
        self.busy: dict[int, datetime] = {}
        self.chosen: dict[int, int] = {}
        self.dead: set[tuple[object, ...]] = set()
        self.steps = 0

    def may_be(self) -> bool:
        """Whether at each moment those who sit then could all have different resources.

        Necessary, and quickly seen: nearly every refusal is one of these. Somebody's start is when most sit.
        """
        return all(self._matched(moment) for moment in {demand.starts for demand in self.demands})

    def _matched(self, moment: datetime) -> bool:
        sitting = [number for number, each in enumerate(self.demands) if each.starts <= moment < each.ends]
        whose: dict[int, int] = {}

        def give(number: int, tried: set[int]) -> bool:
            for resource in self.open[number]:
                if resource not in tried:
                    tried.add(resource)
                    if resource not in whose or give(whose[resource], tried):
                        whose[resource] = number
                        return True
            return False

        return all(give(number, set()) for number in sitting)

    def solve(self) -> dict[int, int] | None:
        """Depth first, without recursion: a busy week is deeper than Python's stack likes."""
        trail: list[tuple[int, datetime | None]] = []
        choices: list[list[int]] = []
        states: list[tuple[object, ...]] = []
        step = 0
        while step < len(self.demands):
            if len(choices) == step:  # a step reached anew
                state = self.state(step)
                dead = state in self.dead or self.steps >= MOST_STEPS
                self.steps += 1
                states.append(state)
                choices.append([] if dead else self.options(step))
            if choices[step]:
                resource = choices[step].pop()
                trail.append((resource, self.busy.get(resource)))
                self.busy[resource] = self.demands[step].ends
                self.chosen[self.demands[step].id] = resource
                step += 1
                continue
            self.dead.add(states.pop())
            choices.pop()
            step -= 1
            if step < 0:
                return None
            resource, before = trail.pop()
            if before is None:
                del self.busy[resource]
            else:
                self.busy[resource] = before
        return dict(self.chosen)

    def state(self, step: int) -> tuple[object, ...]:
        """What of the past matters from this step on: alike resources are not told apart."""
        starts = self.demands[step].starts
        return step, tuple(sorted(self.look(each, step, starts) for each in self.resources))

    def look(self, resource: int, step: int, starts: datetime) -> tuple[int, float]:
        """What tells a resource from others from this step on: who may still have it, until when it is busy."""
        busy = self.busy.get(resource)
        return self.wanted[resource] >> step, busy.timestamp() if busy is not None and busy > starts else 0.0

    def options(self, step: int) -> list[int]:
        """The resources this demand may have now, one of each look, the best last (they are taken from the end)."""
        demand = self.demands[step]
        free = [each for each in self.open[step] if each not in self.busy or self.busy[each] <= demand.starts]
        looks: dict[tuple[int, float], int] = {}
        for resource in sorted(free, key=lambda each: (each != demand.at, self.rank.get(each, ()), each)):
            looks.setdefault(self.look(resource, step, demand.starts), resource)
        return list(looks.values())[::-1]
