"""HiGHS at work: an exact answer, or the best found in the time given and how far it may be from the best."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import highspy

from parvis.portal.rollout.planning import verify
from parvis.portal.rollout.planning.classes import Group, spread
from parvis.portal.rollout.planning.model import Model, build
from parvis.portal.rollout.planning.problem import Plan, Problem

WANTED_GAP = 0.001


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
    highs = quiet()
    for name, value in {"mip_rel_gap": gap, "time_limit": seconds, "threads": threads}.items():
        highs.setOptionValue(name, value)
    highs.passModel(model.lp())
    if watch is not None:
        _report_to(watch, highs, began)
    highs.run()
    status = highs.getModelStatus()
    if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
        raise DoesNotFit
    info = highs.getInfo()
    if info.primal_solution_status != 2:  # kSolutionStatusFeasible
        raise TimeoutError
    weeks = _weeks(model, list(highs.getSolution().col_value))
    value = verify.worth(problem, weeks)
    bound = max(value, min(info.mip_dual_bound, verify.most(problem)))  # finite, also when stopped at once
    return Plan(
        weeks=weeks,
        value=value,
        bound=bound,
        gap=_gap(value, bound),
        seconds=time.monotonic() - began,
        is_best=status == highspy.HighsModelStatus.kOptimal,
    )


def _gap(value: float, bound: float) -> float:
    if value <= 0:
        return 0.0 if bound <= value else 1.0
    return (bound - value) / value


def quiet() -> highspy.Highs:
    """A solver that prints nothing."""
    highs = highspy.Highs()  # type: ignore[no-untyped-call]  # HiGHS gives no types for it
    highs.setOptionValue("output_flag", False)
    return highs


def _report_to(watch: Watch, highs: highspy.Highs, began: float) -> None:
    def look(event: Any) -> None:
        found = event.data_out.mip_gap
        going_on = watch(Progress(time.monotonic() - began, found if found < 1e6 else None))
        event.data_in.user_interrupt = not going_on

    highs.cbMipInterrupt += look


def _weeks(model: Model, values: list[float]) -> dict[int, int]:
    counts: dict[int, dict[int, int]] = defaultdict(dict)
    for (group, week), value in zip(model.columns, values, strict=False):
        if how_many := round(value):
            counts[group][week] = how_many
    return spread(model.groups, [counts[number] for number in range(len(model.groups))])
