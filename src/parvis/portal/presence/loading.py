"""The calendar of some agents between two days: five queries, then `rules.resolve` in memory.

Its size is agents × days: a department's month, everybody's day. Longer spans of many agents are read from
`DayCount`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from django.db.models import Q, QuerySet

from parvis.portal.directory.models import Agent
from parvis.portal.presence import calendars, queries, rules
from parvis.portal.presence.models import Closure, Day, Pattern
from parvis.portal.presence.rules import Closed, Declared, Half, Policy, Resolved, Source, Status, Week

Person = tuple[int, str]
"""An agent's id, and the path of their entity."""

NAMED_IDS = 500
"""More agents than this are not named in the query: all rows of the dates are read."""
CHUNK = 5000
"""Rows fetched at once."""
IN_FORCE = (rules.State.DECLARED, rules.State.CONFIRMED)


@dataclass(frozen=True, slots=True)
class DayOf:
    """One agent's day, resolved."""

    agent_id: int
    date: date
    am: Resolved
    pm: Resolved
    declared: Declared | None

    @property
    def whole(self) -> bool:
        """Whether morning and afternoon are the same."""
        return self.am == self.pm


@dataclass(slots=True)
class Calendar:
    """Everything needed to answer for these agents between these days."""

    starts: date
    ends: date
    statuses: dict[str, Status]
    policies: tuple[Policy, ...]
    _paths: dict[int, str]
    _weeks: dict[int, tuple[Week, ...]]
    _declared: dict[tuple[int, date], Declared]
    _closures: list[tuple[str, date, date, str]]
    _policy_of: dict[str, Policy] = field(default_factory=dict)
    _closed: dict[tuple[str, date], Closed | None] = field(default_factory=dict)
    _usual: dict[int, tuple[Week, ...]] = field(default_factory=dict)

    def at(self, agent_id: int, day: date) -> DayOf:
        """What holds for an agent on a day of this calendar."""
        closed = self.closed(agent_id, day)
        declared = self._declared.get((agent_id, day))
        weeks = self.weeks(agent_id)
        am = rules.resolve(day, Half.AM, declared=declared, weeks=weeks, closed=closed)
        pm = rules.resolve(day, Half.PM, declared=declared, weeks=weeks, closed=closed)
        return DayOf(agent_id, day, am, pm, declared)

    def of(self, agent_id: int) -> Iterator[DayOf]:
        """Each day of this calendar, for one agent."""
        return (self.at(agent_id, day) for day in rules.days_between(self.starts, self.ends))

    def closed(self, agent_id: int, day: date) -> Closed | None:
        """The holiday or closure of that day where the agent works."""
        path = self._paths[agent_id]
        key = (path, day)
        if key not in self._closed:
            self._closed[key] = self._why_closed(path, day)
        return self._closed[key]

    def weeks(self, agent_id: int) -> tuple[Week, ...]:
        """The agent's patterns, then their department's usual week."""
        found = self._usual.get(agent_id)
        if found is None:
            found = self._weeks.get(agent_id, ())
            if week := self.policy(agent_id).week:
                found = (*found, Week(date.min, None, week))
            self._usual[agent_id] = found
        return found

    def policy(self, agent_id: int) -> Policy:
        """The policy in force for the agent."""
        path = self._paths[agent_id]
        if path not in self._policy_of:
            self._policy_of[path] = rules.inherited(path, self.policies)
        return self._policy_of[path]

    def is_worked(self, agent_id: int, day: date, half: Half) -> bool:
        """Whether the agent usually works then: no holiday, no closure, no weekend, no part-time day."""
        if self.closed(agent_id, day) is not None:
            return False
        usual = rules.usual_code(day, half, self.weeks(agent_id))
        return day.weekday() < 5 if usual is None else bool(usual)

    def _why_closed(self, path: str, day: date) -> Closed | None:
        if path not in self._policy_of:
            self._policy_of[path] = rules.inherited(path, self.policies)
        alsace = bool(self._policy_of[path].alsace_moselle)
        if name := calendars.holiday_name(day, alsace_moselle=alsace):
            return Closed(Source.HOLIDAY, name)
        for prefix, starts, ends, label in self._closures:
            if starts <= day <= ends and path.startswith(prefix):
                return Closed(Source.CLOSURE, label)
        return None


def of_agents(agents: Iterable[Agent], starts: date, ends: date) -> Calendar:
    """The calendar of these agents; their entities should be there (`select_related`)."""
    return load([(agent.pk, agent.entity.path) for agent in agents], starts, ends)


def people(agents: QuerySet[Agent]) -> list[Person]:
    """What `load` wants, in one query, without making objects."""
    return list(agents.values_list("pk", "entity__path"))


def load(persons: Sequence[Person], starts: date, ends: date) -> Calendar:
    """The calendar of these agents between two days, both included. Five queries."""
    some = Q(agent_id__in=[pk for pk, _path in persons]) if len(persons) <= NAMED_IDS else Q()
    closures = Closure.objects.filter(starts_date__lte=ends, ends_date__gte=starts)
    return Calendar(
        starts,
        ends,
        queries.statuses(),
        queries.policies(),
        dict(persons),
        _weeks(some, starts, ends),
        _declared(some, starts, ends),
        list(closures.values_list("entity__path", "starts_date", "ends_date", "label")),
    )


def _declared(some: Q, starts: date, ends: date) -> dict[tuple[int, date], Declared]:
    days = Day.objects.filter(some, date__range=(starts, ends)).order_by()
    columns = ("am", "pm", "state", "despite_closure", "revision", "agreed_am", "agreed_pm")
    if starts == ends:  # reading 5,000 times the same date takes longer than all the rest
        rows = days.values_list("agent_id", *columns).iterator(CHUNK)
        return {(agent, starts): _said(*said) for agent, *said in rows}
    several = days.values_list("agent_id", "date", *columns).iterator(CHUNK)
    return {(agent, day): _said(*said) for agent, day, *said in several}


def _weeks(some: Q, starts: date, ends: date) -> dict[int, tuple[Week, ...]]:
    patterns = Pattern.objects.filter(some, Q(ends_date=None) | Q(ends_date__gte=starts))
    patterns = patterns.filter(state__in=IN_FORCE, starts_date__lte=ends).order_by("-starts_date", "-pk")
    found: dict[int, list[Week]] = defaultdict(list)
    if starts == ends:  # all of these cover the only day
        for agent, halves in patterns.values_list("agent_id", "halves").iterator(CHUNK):
            found[agent].append(_always(halves))
    else:
        rows = patterns.values_list("agent_id", "starts_date", "ends_date", "halves")
        for agent, first, last, halves in rows.iterator(CHUNK):
            found[agent].append(Week(first, last, _halves(halves)))
    return {agent: tuple(several) for agent, several in found.items()}


# Thousands of agents have the same few weeks and say the same few things: each is made once.

_halves = lru_cache(maxsize=4096)(rules.parse_halves)


@lru_cache(maxsize=4096)
def _always(halves: str) -> Week:
    return Week(date.min, None, _halves(halves))


@lru_cache(maxsize=4096)
def _said(
    am: str, pm: str, state: str, despite: bool, revision: int, agreed_am: str | None, agreed_pm: str | None
) -> Declared:
    agreed = None if agreed_am is None else (agreed_am, agreed_pm or "")
    return Declared(am, pm, state, despite, revision, agreed)
