"""What binds, in which week, what one more unit buys, and what lacks when not everybody fits.

What one more unit buys is read from the linear relaxation, which a small change leaves solvable in a fraction of a
second: an estimate for crowds, not a promise for one person. What lacks is exact.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate

import highspy
import numpy as np

from parvis.portal.rollout.planning.model import Limit, Model, build
from parvis.portal.rollout.planning.problem import LASTING, STANDING, Plan, Problem, Resource
from parvis.portal.rollout.planning.solve import quiet, run

_TOLERANCE = 1e-6
_BOUGHT = 0.05
"""People, or person-weeks, below which more of a thing buys nothing worth saying."""
_NEAR = 0.01
"""Share that may be added beyond the relaxation for an answer to be taken at once."""
_LATE_IS_EASIER = 1e-3
"""Share by which a unit that comes a week later is cheaper: of two equal ways out, the later one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How much of a limit a plan uses. `week` None: a site's line."""

    resource: Resource | None
    site: int | None
    week: int | None
    used: float
    offered: float

    @property
    def share(self) -> float:
        """0 to 1."""
        return self.used / self.offered if self.offered else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """What `step` more units of a resource in a week (or on a site's line) would buy."""

    resource: Resource | None
    site: int | None
    week: int | None
    step: float
    people: float
    """People more equipped by the end."""
    weeks: float
    """Weeks won in all, by those who go earlier and those who go at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """What lacks at least of a resource in a week (or on a site's line) for everybody to fit."""

    resource: Resource | None
    site: int | None
    week: int | None
    units: float


STEPS = {
    Resource.LAPTOPS: 1.0, Resource.PHONES: 1.0, Resource.LICENCES: 1.0, Resource.SUPPORT: 60.0,
    Resource.PLACES: 1.0, Resource.SESSIONS: 1.0, Resource.BANDWIDTH: 1000.0,
}  # fmt: skip
"""One more, in the units people count in: a laptop, an hour, a session, a megabit a second."""
SITE_STEP = 1000.0
IN_ONES = frozenset({Resource.LAPTOPS, Resource.PHONES, Resource.LICENCES, Resource.PLACES})
"""What there is no half of."""


def uses(problem: Problem, plan: Plan) -> list[Use]:
    """How full each limit is."""
    used, loads = _used(problem, plan)
    return [
        Use(
            resource=limit.resource,
            site=limit.site,
            week=limit.week,
            used=loads[limit.site] if limit.resource is None else used[limit.resource][limit.week or 0],
            offered=limit.offered,
        )
        for limit in build(problem).limits
    ]


def _used(problem: Problem, plan: Plan) -> tuple[dict[Resource, list[float]], dict[int | None, float]]:
    """What each resource and each line are used for, person by person: by then, or in the week."""
    used = {resource: [0.0] * problem.weeks for resource in problem.offers}
    loads: dict[int | None, float] = defaultdict(float)
    for person in problem.people:
        if (week := plan.weeks.get(person.key)) is None:
            continue
        loads[person.site] += person.site_load
        for resource in used:
            used[resource][week] += person.uses.get(resource, 0.0)
    for resource in used.keys() & (LASTING | STANDING):
        used[resource] = list(accumulate(used[resource]))
    return used, loads


def one_more(problem: Problem, *, steps: int = 10) -> list[Bought]:
    """What one more unit buys, for each limit that binds; the most useful first.

    Measured with `steps` units and divided: one unit alone may complete nobody's set.
    """
    model = build(problem)
    highs = quiet()
    highs.passModel(model.lp(whole=False))
    if not run(highs) or highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return []
    before, duals = _figures(model, highs, problem), list(highs.getSolution().row_dual)
    found = []
    for limit, rows in _widened(model):
        if all(abs(duals[row.row]) < _TOLERANCE for row in rows):
            continue
        step = STEPS[limit.resource] if limit.resource is not None else SITE_STEP
        for row in rows:
            highs.changeRowBounds(row.row, -highspy.kHighsInf, row.offered + steps * step)
        highs.run()
        after = _figures(model, highs, problem)
        for row in rows:
            highs.changeRowBounds(row.row, -highspy.kHighsInf, row.offered)
        people, weeks = ((new - old) / steps for new, old in zip(after, before, strict=True))
        if people > _BOUGHT or weeks > _BOUGHT:
            found.append(
                Bought(resource=limit.resource, site=limit.site, week=limit.week, step=step, people=people, weeks=weeks)
            )
    return sorted(found, key=lambda each: (-round(each.people, 2), -each.weeks))


def lacking(problem: Problem, *, everybody: bool = True, seconds: float = 10.0) -> list[Lack]:
    """The least that must be added for everybody (else: for those pinned) to fit; empty when they do.

    Exact: with that much more, `solve` leaves nobody out. Beyond `seconds`, the relaxation's estimate, which may be a
    little less. Who is away all weeks is left out: nothing that is bought helps them.
    """
    weeks = frozenset(range(problem.weeks))
    people = [each for each in problem.people if each.pinned is not None or weeks - each.away]
    model = build(replace(problem, people=people, cohesion=0.0, stability=0.0))
    model.cost = [0.0] * len(model.cost)
    for number, group in enumerate(model.groups):
        if everybody or group.like.pinned is not None:
            model.row_lower[number] = float(group.size)  # the rows « people » come first, in the groups' order
    if not model.columns:
        return []
    added = _let_more(model, problem.weeks)
    values = _values(model, [column for column, _ in added], seconds)
    return [
        Lack(resource=limit.resource, site=limit.site, week=limit.week, units=values[column])
        for column, limit in added
        if values[column] > _TOLERANCE * max(1.0, limit.offered)
    ]


def _values(model: Model, added: list[int], seconds: float) -> list[float]:
    """What the columns are worth in the best answer; of the relaxation, when there is none in time.

    First near the relaxation, as `solve` does: only what it adds already, so that no trifle is added elsewhere.
    """
    began = time.monotonic()
    relaxed, most = _answer(model.lp(whole=False))
    if relaxed is None or most is None:
        raise TimeoutError
    values = np.array(relaxed)
    stays = np.zeros(len(values), dtype=bool)
    stays[: len(model.columns)] = np.abs(values - np.round(values))[: len(model.columns)] < _TOLERANCE
    stays[added] = values[added] < _TOLERANCE
    near = model.lp()
    near.col_lower_ = np.where(stays, np.round(values), 0.0)
    near.col_upper_ = np.where(stays, np.round(values), np.array(model.upper))
    found, worth = _answer(near, seconds)
    if found is not None and worth is not None and worth >= most - _NEAR * abs(most):
        return found
    found, _ = _answer(model.lp(), seconds - (time.monotonic() - began))
    return relaxed if found is None else found


def _answer(lp: highspy.HighsLp, seconds: float = math.inf) -> tuple[list[float] | None, float | None]:
    """The columns and what they are worth; none when there is no answer, or not in time."""
    highs = quiet()
    for name, value in {"mip_rel_gap": 0.001, "time_limit": max(0.0, seconds)}.items():
        highs.setOptionValue(name, value)
    highs.passModel(lp)
    run(highs)
    info = highs.getInfo()
    if info.primal_solution_status != 2:  # kSolutionStatusFeasible
        return None, None
    return list(highs.getSolution().col_value), info.objective_function_value


def _let_more(model: Model, weeks: int) -> list[tuple[int, Limit]]:
    """A column « more of it » for each limit; its cost is what it stands for, in people."""
    added: list[tuple[int, Limit]] = []
    widens: dict[int, list[int]] = defaultdict(list)
    rows = _rows(model)
    for limit, widened in _widened(model):
        cost = 1.0 / limit.typical
        if limit.week is not None:
            cost *= 1.0 + _LATE_IS_EASIER * (weeks - limit.week)
        column = model.column(-cost, highspy.kHighsInf, whole=limit.resource in IN_ONES)
        added.append((column, limit))
        for row in widened:
            widens[row.row].append(column)
    model.starts, model.index, model.value = [0], [], []
    for number, terms in enumerate(rows):
        model.index += [column for column, _ in terms] + widens[number]
        model.value += [value for _, value in terms] + [-1.0] * len(widens[number])
        model.starts.append(len(model.index))
    return added


def _widened(model: Model) -> Iterator[tuple[Limit, list[Limit]]]:
    """Each limit, and the rows that more of it widens: what arrives in a week is there in the later ones too."""
    for limit in model.limits:
        rows = [limit]
        if limit.resource in LASTING and limit.week is not None:
            week = limit.week
            rows = [
                each
                for each in model.limits
                if each.resource == limit.resource and each.week is not None and each.week >= week
            ]
        yield limit, rows


def _rows(model: Model) -> list[list[tuple[int, float]]]:
    pairs = list(zip(model.index, model.value, strict=True))
    return [pairs[start:end] for start, end in zip(model.starts, model.starts[1:], strict=False)]


def _figures(model: Model, highs: highspy.Highs, problem: Problem) -> tuple[float, float]:
    """People equipped, and the weeks they have it for."""
    values = list(highs.getSolution().col_value)
    people = math.fsum(values[: len(model.columns)])
    weeks = math.fsum(value * (problem.weeks - week) for value, (_, week) in zip(values, model.columns, strict=False))
    return people, weeks
