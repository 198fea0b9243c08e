"""What came of a world, over many draws: means, and between what nine draws in ten lie."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from parvis.portal.rollout.simulation.assumptions import DAY, Assumptions
from parvis.portal.rollout.simulation.people import Somebody, draw
from parvis.portal.rollout.simulation.worlds import CALLS, REASONS, Outcome, by_hand, with_parvis

World = Callable[[Mapping[str, float], Sequence[Somebody]], Outcome]
WORLDS: Mapping[str, World] = {"hand": by_hand, "parvis": with_parvis}
DAYS = (1, 2, 3, 5, 10, 15, 20)
"""Working days at the end of which people who work are counted."""

VARIANTS: Mapping[str, Mapping[str, float]] = {
    "stumble_twice": {"factor_fails": 2, "connection_fails": 2, "computer_fails": 2},
    "nobody_alone": {"factor_alone": 0, "connection_alone": 0, "computer_alone": 0, "hand_alone": 0},
    "help_twice": {"ours_help": 2},
    "hand_half": {"hand_sort": 0.5, "hand_open": 0.5, "hand_guide": 0.5, "hand_help": 0.5},
    "hand_at_once": {"per_week": 100},
    "slow_takeup": {"takeup": 4},
    "more_loans": {"loans": 4},
}
"""What if some numbers are wrong: each is multiplied by this."""
VARIANT_DRAWS = 10
"""At most: they are there to compare, not to quote."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over the draws, and the 5th and 95th of a hundred."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Result:
    """One world: each measure of `measures`, by name."""

    figures: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both worlds under the same numbers, and what changes where some are wrong."""

    given: Assumptions
    draws: int
    seed: int
    results: Mapping[str, Result]
    variants: Mapping[str, Mapping[str, Result]]


def compare(given: Assumptions, *, draws: int, seed: int, vary: bool = True) -> Comparison:
    """Play both worlds `draws` times on the same people, then (`vary`) with other numbers.

    Raises:
        ValueError: numbers nobody can be equipped with.
    """
    if draws < 1:
        raise ValueError(f"runs={draws}")
    settled = given.settled()
    return Comparison(
        given=settled,
        draws=draws,
        seed=seed,
        results=_play(settled, draws, seed),
        variants={
            name: _play(_varied(settled, factors), min(draws, VARIANT_DRAWS), seed)
            for name, factors in VARIANTS.items()
            if vary
        },
    )


def measures(outcome: Outcome) -> Iterator[tuple[str, float]]:
    """What is said of one world played once. Waiting in hours, days in working days."""
    people = len(outcome.working_at)
    waited = sorted(outcome.working_at)
    total = math.fsum(outcome.minutes.values())
    yield "minutes_each", total / people
    yield "hours", total / 60
    for reason in REASONS:
        yield f"minutes_{reason}", outcome.minutes.get(reason, 0.0)
    yield "actions", sum(outcome.jobs.values())
    yield "calls", sum(count for reason, count in outcome.jobs.items() if reason in CALLS)
    yield "without_technician", outcome.without_technician
    yield "answer_slow", quantile(sorted(outcome.waits), 0.95)
    yield "most_waiting", outcome.most_waiting
    yield "wait_half", quantile(waited, 0.5) / 60
    yield "wait_nine", quantile(waited, 0.9) / 60
    yield "wait_all", waited[-1] / 60
    yield "last_day", math.ceil(waited[-1] / DAY)
    for day in DAYS:
        yield f"day_{day}", sum(at <= day * DAY for at in waited)


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value under which this share lies (nearest rank); 0 of nothing."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _play(given: Assumptions, draws: int, seed: int) -> dict[str, Result]:
    found: dict[str, dict[str, list[float]]] = {name: {} for name in WORLDS}
    for number in range(draws):
        people = draw(int(given["people"]), int(given["loans"]), seed + number)
        for name, world in WORLDS.items():
            for measure, value in measures(world(given, people)):
                found[name].setdefault(measure, []).append(value)
    return {name: Result({each: _figure(values) for each, values in every.items()}) for name, every in found.items()}


def _figure(values: Sequence[float]) -> Figure:
    ordered = sorted(values)
    return Figure(math.fsum(ordered) / len(ordered), quantile(ordered, 0.05), quantile(ordered, 0.95))


def _varied(given: Assumptions, factors: Mapping[str, float]) -> Assumptions:
    """The team stays who it is; a share stays one, and there are no more loans than people."""
    values = {name: given[name] * factor for name, factor in factors.items()}
    for name in values:
        if given.numbers[name].unit == "share":
            values[name] = min(1.0, values[name])
    if "loans" in values:
        values["loans"] = min(values["loans"], given["people"])
    return given.but(values)
