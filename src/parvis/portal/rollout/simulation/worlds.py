"""The two worlds: by hand, as the interview tells it, and with Parvis. Same people, same team, same laptops."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from parvis.portal.rollout.simulation.assumptions import DAY, STAGES, WEEK
from parvis.portal.rollout.simulation.engine import Clock, Desk
from parvis.portal.rollout.simulation.people import Somebody

REASONS = ("open", "loan", "guiding", "help")
CALLS = frozenset({"guiding", "help"})
"""Reasons for work that are a telephone call."""


@dataclass(slots=True)
class Outcome:
    """What came of one world. Times are working minutes since the need."""

    working_at: list[float]
    minutes: Mapping[str, float]
    """Of technicians, by reason: one of `REASONS`."""
    jobs: Mapping[str, int]
    waits: Sequence[float]
    most_waiting: int
    without_technician: int
    """People nobody had to do anything for, but what is done for all at once."""


@dataclass(slots=True)
class _World:
    given: Mapping[str, float]
    people: Sequence[Somebody]
    clock: Clock = field(default_factory=Clock)
    desk: Desk = field(init=False)
    working_at: list[float] = field(init=False)
    touched: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.desk = Desk(self.clock, int(self.given["technicians"]))
        self.working_at = [math.nan] * len(self.people)

    def work(self, number: int, reason: str, minutes: float, then: Callable[[], None]) -> None:
        """Technicians' work on one person."""
        if minutes > 0:
            self.touched.add(number)
        self.desk.do(reason, minutes, then, call=reason in CALLS)

    def stage(self, number: int, place: int, stumbled: Callable[[str, Callable[[], None]], None]) -> None:
        """From this stage on; `stumbled` is asked what happens to who stumbles."""
        if place == len(STAGES):
            self.working_at[number] = self.clock.now
            return
        name, person = STAGES[place], self.people[number]
        minutes = self.given[f"{name}_time"] / 60 * math.exp(self.given["stage_spread"] * person.slow[name])

        def on() -> None:
            self.stage(number, place + 1, stumbled)

        def tried() -> None:
            if person.stumbles[name] < self.given[f"{name}_fails"]:
                stumbled(name, on)
            else:
                on()

        self.clock.after(minutes, tried)

    def taken_up(self, person: Somebody) -> float:
        """Minutes until they follow what they were sent; the late ones a day after, when they are reminded."""
        minutes = self.given["takeup"] * math.exp(self.given["takeup_spread"] * person.takeup)
        return minutes + (DAY if person.late < self.given["takeup_late"] else 0.0)

    def outcome(self) -> Outcome:
        """Play to the end."""
        self.clock.run()
        return Outcome(
            working_at=self.working_at,
            minutes=dict(self.desk.minutes),
            jobs=dict(self.desk.jobs),
            waits=self.desk.waits,
            most_waiting=self.desk.most_waiting,
            without_technician=len(self.people) - len(self.touched),
        )


def by_hand(given: Mapping[str, float], people: Sequence[Somebody]) -> Outcome:
    """So many a week: each is sorted, opened, lent what they need; most are guided by telephone, who stumbles calls."""
    world = _World(given, people)

    def begin(number: int) -> None:
        person = people[number]

        def enrol() -> None:
            world.stage(number, 0, stumbled)

        def stumbled(stage: str, on: Callable[[], None]) -> None:
            if person.alone[stage] < given["hand_alone"]:
                on()
            else:
                world.work(number, "help", given["hand_help"], on)

        def opened() -> None:
            if person.guided < given["hand_guided"]:
                world.work(number, "guiding", given["hand_guide"], enrol)
            else:
                world.clock.after(world.taken_up(person), enrol)

        def lent() -> None:
            loan = given["loan_prepare"] + given["hand_loan"] if person.needs_loan else 0.0
            world.work(number, "loan", loan, opened)

        world.work(number, "open", given["hand_sort"] + given["hand_open"], lent)

    _release(world, begin, int(given["per_week"]), WEEK)
    return world.outcome()


def with_parvis(given: Mapping[str, float], people: Sequence[Somebody]) -> Outcome:
    """The wave opens by itself: people follow the path alone, the diagnosis gets most of those who stumble out."""
    world = _World(given, people)

    def begin(number: int) -> None:
        person = people[number]

        def enrol() -> None:
            world.stage(number, 0, stumbled)

        def stumbled(stage: str, on: Callable[[], None]) -> None:
            def still() -> None:
                if person.alone[stage] < given[f"{stage}_alone"]:
                    on()
                else:
                    world.work(number, "help", given["ours_help"], on)

            world.clock.after(given["ours_repair"], still)  # what the diagnosis tries takes its time either way

        def invited() -> None:
            world.clock.after(world.taken_up(person), enrol)

        def lent() -> None:
            loan = given["loan_prepare"] + given["ours_loan"] if person.needs_loan else 0.0
            world.work(number, "loan", loan, invited)

        world.work(number, "open", given["ours_open"], lent)

    def prepared() -> None:
        _release(world, begin, int(given["ours_per_day"]), DAY)

    world.desk.do("open", given["ours_prepare"], prepared)
    return world.outcome()


def _release(world: _World, begin: Callable[[int], None], at_once: int, every: float) -> None:
    for number in range(len(world.people)):
        world.clock.after(number // at_once * every, lambda who=number: begin(who))  # type: ignore[misc]
