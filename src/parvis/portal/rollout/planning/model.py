"""The integer programme of a problem, and where each of its columns and rows comes from.

n[g,w]  how many of group g are equipped in week w                          integer
y[t,w]  whether anybody of team t is, for teams of more than one person     binary
z[t]    whether anybody of team t is at all: the first week costs nothing   0 to 1
u[r,w]  how much of r all use who are equipped by the end of week w         at least 0

maximise  Σ weight·(served + weeks - w)·n[g,w]  -  stability·(moved)  -  cohesion·Σ (Σ y[t,w] - z[t])
people    Σ_w n[g,w] ≤ size of g (= where pinned)
team      n[g,w] ≤ size·y[t,w]          z[t] ≤ Σ_w y[t,w]
by then   u[r,w] = u[r,w-1] + used(w): a row as long as a week, not as all weeks so far
lasting   u[r,w] ≤ Σ_{v≤w} arrived(v)
of a week used(w) ≤ offered(w)
standing  u[r,w] ≤ offered(w)
site      Σ load ≤ what its line carries
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

import highspy
import numpy as np

from parvis.portal.rollout.planning.classes import Group, groups_of
from parvis.portal.rollout.planning.problem import LASTING, STANDING, Problem, Resource

_INFINITY = highspy.kHighsInf


@dataclass(frozen=True, slots=True)
class Limit:
    """A row that somebody can do something about: a resource in a week, or a site's line (`week` None)."""

    row: int
    resource: Resource | None
    site: int | None
    week: int | None
    offered: float
    typical: float
    """Units that one person takes, on average over those who take any."""


@dataclass(slots=True)
class Model:
    """What HiGHS is given. `columns[i]` is the (group, week) of column i, for the first `len(columns)` columns."""

    groups: list[Group]
    columns: list[tuple[int, int]] = field(default_factory=list)
    team_columns: list[tuple[int, int]] = field(default_factory=list)
    """(team, week) of the columns y, which follow."""
    limits: list[Limit] = field(default_factory=list)
    cost: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    row_lower: list[float] = field(default_factory=list)
    row_upper: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])
    index: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)

    def column(self, cost: float, upper: float, *, whole: bool) -> int:
        """A new column; its number."""
        self.cost.append(cost)
        self.upper.append(upper)
        self.whole.append(whole)
        return len(self.cost) - 1

    def row(self, terms: Sequence[tuple[int, float]], upper: float, lower: float = -_INFINITY) -> int:
        """A new row `lower ≤ Σ value·column ≤ upper`; its number."""
        self.index.extend(column for column, _ in terms)
        self.value.extend(value for _, value in terms)
        self.starts.append(len(self.index))
        self.row_lower.append(lower)
        self.row_upper.append(upper)
        return len(self.row_upper) - 1

    def counts(self, weeks: Mapping[int, int]) -> list[float]:
        """What a plan makes of the columns n and y; the others follow from them."""
        column_of = {place: column for column, place in enumerate(self.columns)}
        team_column_of = {place: column for column, place in enumerate(self.team_columns, len(self.columns))}
        counts = [0.0] * (len(self.columns) + len(self.team_columns))
        for number, group in enumerate(self.groups):
            for key in group.keys:
                if (week := weeks.get(key)) is None:
                    continue
                counts[column_of[number, week]] += 1.0
                if (team := group.like.team) is not None:
                    counts[team_column_of[team, week]] = 1.0
        return counts

    def lp(self, *, whole: bool = True) -> highspy.HighsLp:
        """For HiGHS; not `whole`: the relaxation."""
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self.cost), len(self.row_upper)
        lp.sense_ = highspy.ObjSense.kMaximize
        lp.col_cost_ = np.array(self.cost)
        lp.col_lower_ = np.zeros(len(self.cost))
        lp.col_upper_ = np.array(self.upper)
        lp.row_lower_, lp.row_upper_ = np.array(self.row_lower), np.array(self.row_upper)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.array(self.starts)
        lp.a_matrix_.index_ = np.array(self.index)
        lp.a_matrix_.value_ = np.array(self.value)
        if whole:
            kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
            lp.integrality_ = [kinds[each] for each in self.whole]
        return lp


def build(problem: Problem, groups: list[Group] | None = None) -> Model:
    """The programme of a problem. `groups`: other than `classes.groups_of`, to compare."""
    model = Model(groups_of(problem) if groups is None else groups)
    by_group = _people(model, problem)
    _teams(model, problem, by_group)
    for resource, offers in problem.offers.items():
        _resource(model, resource, offers)
    _sites(model, problem)
    return model


def _people(model: Model, problem: Problem) -> list[dict[int, int]]:
    """Columns n and the rows « people »; by group, the column of each week."""
    by_group: list[dict[int, int]] = []
    for number, group in enumerate(model.groups):
        like, columns = group.like, {}
        for week in group.weeks:
            worth = like.weight * (problem.served + problem.weeks - week)
            if like.before is not None and like.before != week:
                worth -= problem.stability
            columns[week] = model.column(worth, group.size, whole=True)
            model.columns.append((number, week))
        by_group.append(columns)
    for group, columns in zip(model.groups, by_group, strict=True):
        pinned = group.like.pinned is not None
        model.row([(each, 1.0) for each in columns.values()], group.size, group.size if pinned else -_INFINITY)
    return by_group


def _teams(model: Model, problem: Problem, by_group: list[dict[int, int]]) -> None:
    if not problem.cohesion:
        return
    members: dict[int, list[int]] = defaultdict(list)
    for number, group in enumerate(model.groups):
        if group.like.team is not None:
            members[group.like.team].append(number)
    present: dict[int, list[int]] = {}
    for team, numbers in members.items():
        present[team] = []
        for week in sorted({week for number in numbers for week in by_group[number]}):
            y = model.column(-problem.cohesion, 1.0, whole=True)
            model.team_columns.append((team, week))
            present[team].append(y)
            for number in numbers:
                if week in by_group[number]:
                    model.row([(by_group[number][week], 1.0), (y, -float(model.groups[number].size))], 0.0)
    for columns in present.values():
        z = model.column(problem.cohesion, 1.0, whole=False)
        model.row([(z, 1.0), *((y, -1.0) for y in columns)], 0.0)


def _resource(model: Model, resource: Resource, offers: Sequence[float]) -> None:
    used: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for column, (group, week) in enumerate(model.columns):
        if units := model.groups[group].like.uses.get(resource, 0.0):
            used[week].append((column, units))
    if not used:
        return
    typical = _mean([units for terms in used.values() for _, units in terms])
    limits = list(accumulate(offers)) if resource in LASTING else offers
    total: int | None = None
    for week, limit in enumerate(limits):
        terms = used[week]
        if resource in LASTING or resource in STANDING:
            total = _total(model, total, terms)
            terms = [(total, 1.0)]
        if terms:
            model.limits.append(Limit(model.row(terms, limit), resource, None, week, limit, typical))


def _total(model: Model, before: int | None, terms: Sequence[tuple[int, float]]) -> int:
    """A column that is what was used before, and these terms."""
    total = model.column(0.0, _INFINITY, whole=False)
    known = [] if before is None else [(before, 1.0)]
    model.row([*terms, *known, (total, -1.0)], 0.0, 0.0)
    return total


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _sites(model: Model, problem: Problem) -> None:
    loads: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for column, (group, _) in enumerate(model.columns):
        like = model.groups[group].like
        if like.site is not None and like.site in problem.sites and like.site_load:
            loads[like.site].append((column, like.site_load))
    for site, terms in loads.items():
        limit, typical = problem.sites[site], _mean([load for _, load in terms])
        model.limits.append(Limit(model.row(terms, limit), None, site, None, limit, typical))
