"""Who is absent a whole week: what plans that call people together ask. Never why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, timedelta

from django.db.models import Q

from parvis.portal.directory.models import Agent
from parvis.portal.presence import loading, queries, rules
from parvis.portal.presence.loading import NAMED_IDS, Calendar
from parvis.portal.presence.models import Day
from parvis.portal.presence.rules import Half, Source

WEEK = timedelta(days=7)


def whole_weeks(agents: Sequence[Agent], mondays: Collection[date]) -> dict[int, list[date]]:
    """The Mondays of the weeks in which an agent has declared to be absent whenever they work, by the agent's key.

    What waits for the head's word counts. A week that nobody works is nobody's absence. Six queries, with their
    entities (`select_related`).
    """
    if not agents or not mondays:
        return {}
    starts, ends = min(mondays), max(mondays) + WEEK - timedelta(days=1)
    absent = {code for code, status in queries.statuses().items() if status.place is rules.Place.ABSENT}
    asked = {(agent.pk, monday) for agent in agents for monday in mondays}
    somewhere = asked & _weeks_with(absent, agents, starts, ends)
    if not somewhere:
        return {}
    keys = {pk for pk, _monday in somewhere}
    calendar = loading.of_agents([agent for agent in agents if agent.pk in keys], starts, ends)
    found: dict[int, list[date]] = defaultdict(list)
    for pk, monday in sorted(somewhere):
        if _never_there(calendar, absent, pk, monday):
            found[pk].append(monday)
    return dict(found)


def _weeks_with(codes: Collection[str], agents: Sequence[Agent], starts: date, ends: date) -> set[tuple[int, date]]:
    """Agents and Mondays of the weeks in which one of these codes was declared for a half-day."""
    days = Day.objects.filter(Q(am__in=codes) | Q(pm__in=codes), date__range=(starts, ends))
    days = days.exclude(state=rules.State.REFUSED).order_by()
    if len(agents) <= NAMED_IDS:
        days = days.filter(agent_id__in=[agent.pk for agent in agents])
    return {(pk, rules.monday_of(day)) for pk, day in days.values_list("agent_id", "date")}


def _never_there(calendar: Calendar, absent: Collection[str], pk: int, monday: date) -> bool:
    worked = [
        (day, half)
        for day in (monday + timedelta(days=n) for n in range(7))
        for half in (Half.AM, Half.PM)
        if calendar.is_worked(pk, day, half)
    ]
    for day, half in worked:
        found = calendar.at(pk, day)
        resolved = found.am if half is Half.AM else found.pm
        if resolved.source is not Source.DECLARED or resolved.code not in absent:
            return False
    return bool(worked)
