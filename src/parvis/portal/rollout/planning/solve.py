"""HiGHS at work: an exact answer, or the best found in the time given and how far it may be from the best.

The relaxation, where people may be cut in pieces, is solved in a second and is within some hundredths of a percent of
the best plan: it gives the bound. A plan is then looked for near it, among the columns it uses. Only where that is not
close enough to the bound does the search go through the whole programme.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import highspy
import numpy as np

from parvis.portal.rollout.planning import verify
from parvis.portal.rollout.planning.classes import Group, spread
from parvis.portal.rollout.planning.model import Model, build
from parvis.portal.rollout.planning.problem import Plan, Problem
from parvis.portal.rollout.planning.room import filled

WANTED_GAP = 0.001
_WHOLE = 1e-6
"""How far from a whole number still is one."""
_CLOSE = 1e-9
_IMPOSSIBLE = (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible)
_TELL_EVERY = 0.1
"""Seconds."""


class DoesNotFit(Exception):
    """What is published already does not fit its limits; `explain.lacking` says what lacks."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the search is: seconds so far, and the gap (None: no plan found yet)."""

    seconds: float
    gap: float | None


Watch = Callable[[Progress], bool]
"""Told now and then; False stops the search, which then gives the best it has."""


def solve(
    problem: Problem,
    *,
    gap: float = WANTED_GAP,
    seconds: float = 60.0,
    threads: int = 0,
    watch: Watch | None = None,
    groups: list[Group] | None = None,
) -> Plan:
    """The best plan. `threads` 0: as HiGHS thinks best. `groups`: other than `classes.groups_of`, to compare.

    Raises:
        DoesNotFit: pinned people alone exceed a limit.
        TimeoutError: no plan at all within `seconds`, or before `watch` stopped it.
    """
    began = time.monotonic()
    model = build(problem, groups)
    if not model.columns:
        return Plan(weeks={}, value=0.0, bound=0.0, gap=0.0, seconds=0.0, is_best=True)
    if threads:
        # One pool of threads for the whole process: HiGHS refuses another number of them until it is given up.
        highspy.Highs.resetGlobalScheduler(True)
    search = _Search(problem, model, gap, seconds, threads, watch, began)
    relaxed = search.relax()
    if not search.is_over():
        search.look_near(relaxed)
    if not search.is_over():
        search.look_everywhere()
    return search.plan()


@dataclass(slots=True)
class _Search:
    """The best plan so far, and the bound."""

    problem: Problem
    model: Model
    gap: float
    seconds: float
    threads: int
    watch: Watch | None
    began: float
    bound: float = math.inf
    value: float = -math.inf
    weeks: Mapping[int, int] = field(default_factory=dict)
    is_stopped: bool = False
    told: float = -math.inf

    def relax(self) -> Sequence[float]:
        """The bound, and a first plan: whole people of the relaxation, then whoever fits."""
        highs = self._solver({})
        highs.passModel(self.model.lp(whole=False))
        if self.watch is not None:
            highs.cbSimplexInterrupt += self._look
        if not run(highs):
            raise DoesNotFit
        if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise TimeoutError
        values = list(highs.getSolution().col_value)
        self.bound = min(highs.getInfo().objective_function_value, verify.most(self.problem))
        self._found(_weeks(self.model, [math.floor(each + _WHOLE) for each in values]))
        return values

    def look_near(self, relaxed: Sequence[float]) -> None:
        """Only the columns that the relaxation uses, and what is whole in it stays."""
        values = np.array(relaxed)
        counted = np.array(self.model.whole)
        is_whole = counted & (np.abs(values - np.round(values)) < _WHOLE)
        lp = self.model.lp()
        lp.col_lower_ = np.where(is_whole, np.round(values), 0.0)
        lp.col_upper_ = np.where((values > _WHOLE) | ~counted, np.array(self.model.upper), lp.col_lower_)
        highs = self._solver(
            {"mip_rel_gap": self.gap / 4, "objective_target": self.bound - abs(self.bound) * self.gap / 2}
        )
        highs.passModel(lp)
        self._run(highs)

    def look_everywhere(self) -> None:
        """The whole programme, from the best plan so far."""
        highs = self._solver({"mip_rel_gap": self.gap})
        highs.passModel(self.model.lp())
        self._begin_with_the_best(highs)
        if self._run(highs):
            self.bound = min(self.bound, highs.getInfo().mip_dual_bound)

    def is_over(self) -> bool:
        """Close enough, stopped, or out of time."""
        return self.is_stopped or _gap(self.value, self.bound) <= self.gap or self._seconds_left() <= 0

    def plan(self) -> Plan:
        """The best so far."""
        bound = max(self.value, self.bound)
        gap = _gap(self.value, bound)
        return Plan(
            weeks=self.weeks,
            value=self.value,
            bound=bound,
            gap=gap,
            seconds=time.monotonic() - self.began,
            is_best=gap <= self.gap + _CLOSE,
        )

    def _solver(self, options: Mapping[str, float]) -> highspy.Highs:
        highs = quiet()
        for name, value in {"time_limit": self._seconds_left(), "threads": self.threads, **options}.items():
            highs.setOptionValue(name, value)
        return highs

    def _seconds_left(self) -> float:
        return max(0.0, self.seconds - (time.monotonic() - self.began))

    def _run(self, highs: highspy.Highs) -> bool:
        if self.watch is not None:
            highs.cbMipInterrupt += self._look
        has_answers = run(highs)
        if highs.getInfo().primal_solution_status == 2:  # kSolutionStatusFeasible
            self._found(_weeks(self.model, list(highs.getSolution().col_value)))
        return has_answers

    def _found(self, weeks: Mapping[int, int]) -> None:
        weeks = filled(self.problem, weeks)
        value = verify.worth(self.problem, weeks)
        if value > self.value:
            self.weeks, self.value = weeks, value

    def _begin_with_the_best(self, highs: highspy.Highs) -> None:
        counts = np.array(self.model.counts(self.weeks))
        highs.setSolution(len(counts), np.arange(len(counts), dtype=np.int32), counts)

    def _look(self, event: Any) -> None:
        now = time.monotonic() - self.began
        if self.watch is None or now < self.told + _TELL_EVERY:
            return
        self.told = now
        found = event.data_out.mip_primal_bound
        value = max(self.value, found) if abs(found) < highspy.kHighsInf else self.value
        gap = None if math.isinf(self.bound) else _gap(value, self.bound)
        if not self.watch(Progress(now, gap)):
            self.is_stopped = event.data_in.user_interrupt = True


def _gap(value: float, bound: float) -> float:
    """How far at most from the best, as a share of the value; 1 where the value is none."""
    if bound <= value:
        return 0.0
    return (bound - value) / value if value > 0 else 1.0


def quiet() -> highspy.Highs:
    """A solver that prints nothing."""
    highs = highspy.Highs()  # type: ignore[no-untyped-call]  # HiGHS gives no types for it
    highs.setOptionValue("output_flag", False)
    return highs


def run(highs: highspy.Highs) -> bool:
    """Solve; whether there may be an answer at all.

    What presolve finds impossible is tried again without it: limits that differ by a millionth have misled it.
    """
    for presolve in ("choose", "off"):
        highs.setOptionValue("presolve", presolve)
        highs.run()
        if highs.getModelStatus() not in _IMPOSSIBLE:
            return True
    return False


def _weeks(model: Model, values: Sequence[float]) -> dict[int, int]:
    counts: dict[int, dict[int, int]] = defaultdict(dict)
    for (group, week), value in zip(model.columns, values, strict=False):
        if how_many := round(value):
            counts[group][week] = how_many
    return spread(model.groups, [counts[number] for number in range(len(model.groups))])
