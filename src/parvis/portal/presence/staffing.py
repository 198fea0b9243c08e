"""Minimum staff on site: what is asked, where it is not met, who is told.

Who is on site is read from the counts (`DayCount`, a row an entity and date) where everybody counts, and from the
days themselves where only some jobs do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from parvis.portal.directory.models import Agent, Entity
from parvis.portal.presence import loading, queries, rules
from parvis.portal.presence.models import DayCount, Policy
from parvis.portal.presence.rules import Half, Place
from parvis.portal.presence.staffing_models import Minimum
from parvis.portal.ui.search import fold

AHEAD = timedelta(days=28)
"""How far ahead shortages are looked for."""
MOST_OF_A_JOB = 2000
"""More agents of one job than this are not counted one by one."""

Totals = Mapping[str, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Need:
    """So many on site, on some half-days, of some people."""

    least: int
    weekday: int = Minimum.Weekday.EVERY
    half: str = ""
    job: str = ""

    def asks(self, day: date, half: Half) -> bool:
        """Whether it speaks of this half-day. « Each day » is Monday to Friday: a duty on Saturday is no short day."""
        on_day = day.weekday() < 5 if self.weekday == Minimum.Weekday.EVERY else self.weekday == day.weekday()
        return on_day and self.half in ("", half)


@dataclass(frozen=True, slots=True)
class Shortage:
    """Too few on site, one half-day."""

    entity: Entity
    date: date
    half: Half
    job: str
    present: int
    least: int


def needs_in(entities: Iterable[Entity]) -> dict[int, list[Need]]:
    """What is asked, by entity id; those that ask nothing are left out. Two queries."""
    ids = [entity.pk for entity in entities]
    found: dict[int, list[Need]] = defaultdict(list)
    for pk, least in Policy.objects.filter(entity__in=ids, minimum_on_site__gt=0).values_list(
        "entity_id", "minimum_on_site"
    ):
        found[pk].append(Need(least))
    rows = Minimum.objects.filter(entity__in=ids).values_list("entity_id", "least", "weekday", "half", "job")
    for pk, least, weekday, half, job in rows:
        found[pk].append(Need(least, weekday, half, job))
    return dict(found)


def shortages(entities: Sequence[Entity], starts: date, ends: date) -> list[Shortage]:
    """Where and when too few are on site, by date then entity. A few queries, plus five for each job named."""
    needs = needs_in(entities)
    asking = [entity for entity in entities if entity.pk in needs]
    if not asking:
        return []
    found = _of_everybody(asking, needs, starts, ends) + _of_jobs(asking, needs, starts, ends)
    return sorted(found, key=lambda each: (each.date, each.entity.path, each.job, each.half))


def on_site(totals: Totals, statuses: Mapping[str, rules.Status], half: Half) -> int:
    """How many are on site, of the counts of a date."""
    return of_place(totals, statuses, half, Place.ON_SITE)


def of_place(totals: Totals, statuses: Mapping[str, rules.Status], half: Half, place: Place) -> int:
    """How many are at a place, of the counts of a date."""
    rank = 1 if half is Half.PM else 0
    return sum(both[rank] for code, both in totals.items() if code in statuses and statuses[code].place is place)


def is_worked(totals: Totals, half: Half) -> bool:
    """Whether anybody was to work that half-day: else no minimum is asked (weekend, holiday, closure)."""
    rank = 1 if half is Half.PM else 0
    return any(both[rank] for code, both in totals.items() if code not in (rules.OFF, rules.CLOSED))


def least_of(needs: Iterable[Need], day: date, half: Half, job: str = "") -> int:
    """The highest minimum that speaks of this half-day and these people; 0: none."""
    return max((need.least for need in needs if need.job == job and need.asks(day, half)), default=0)


def _of_everybody(
    entities: Sequence[Entity], needs: Mapping[int, list[Need]], starts: date, ends: date
) -> list[Shortage]:
    by_id = {entity.pk: entity for entity in entities if any(not need.job for need in needs[entity.pk])}
    statuses = queries.statuses()
    found = []
    rows = DayCount.objects.filter(entity__in=by_id, date__range=(starts, ends))
    for pk, day, totals in rows.values_list("entity_id", "date", "total").order_by():
        for half in Half:
            least = least_of(needs[pk], day, half)
            present = on_site(totals, statuses, half)
            if present < least and is_worked(totals, half):
                found.append(Shortage(by_id[pk], day, half, "", present, least))
    return found


def _of_jobs(entities: Sequence[Entity], needs: Mapping[int, list[Need]], starts: date, ends: date) -> list[Shortage]:
    found = []
    for entity in entities:
        for job in sorted({need.job for need in needs[entity.pk] if need.job}):
            found += _of_job(entity, job, needs[entity.pk], starts, ends)
    return found


def _of_job(entity: Entity, job: str, needs: Iterable[Need], starts: date, ends: date) -> list[Shortage]:
    agents = Agent.objects.filter(entity__path__startswith=entity.path, is_active=True).exclude(job_title="")
    titles = agents.order_by("pk").values_list("pk", "entity__path", "job_title")
    persons = [(pk, path) for pk, path, title in titles if fold(job) in fold(title)][:MOST_OF_A_JOB]
    calendar = loading.load(persons, starts, ends)
    found = []
    for day in rules.days_between(starts, ends):
        days = [calendar.at(pk, day) for pk, _path in persons]
        for half in Half:
            halves = [one.pm if half is Half.PM else one.am for one in days]
            worked = any(each.code or each.source is rules.Source.UNKNOWN for each in halves)
            codes = [each.code for each in halves if each.code in calendar.statuses]
            present = sum(calendar.statuses[code].place is Place.ON_SITE for code in codes)
            least = least_of(needs, day, half, job)
            if present < least and worked:
                found.append(Shortage(entity, day, half, job, present, least))
    return found


@dataclass(frozen=True, slots=True)
class Preview:
    """What a declaration for a whole department would do."""

    agents: int
    worked_days: int
    closed: list[tuple[date, str]]
    """Holidays and closures on weekdays of the span: left alone."""
    weekend_days: int
    short: list[Shortage]


def preview(entity: Entity, starts: date, ends: date, status: str, half: Half | None) -> Preview:
    """What would happen, before it does. Some ten queries, whatever the number of agents."""
    days = rules.days_between(starts, ends)
    agents = Agent.objects.filter(entity__path__startswith=entity.path, is_active=True).count()
    calendar = loading.load([(0, entity.path)], starts, ends)
    closed = [(day, why.label) for day in days if day.weekday() < 5 and (why := calendar.closed(0, day))]
    weekend = sum(day.weekday() > 4 for day in days)
    worked = [day for day in days if day.weekday() < 5 and calendar.closed(0, day) is None]
    kind = calendar.statuses.get(status)
    leaves = kind is not None and kind.place is not Place.ON_SITE
    short = _short_after(entity, starts, ends, half, set(worked)) if leaves else []
    return Preview(agents, len(worked), closed, weekend, short)


def _short_after(entity: Entity, starts: date, ends: date, half: Half | None, worked: set[date]) -> list[Shortage]:
    """Where too few would be left if everybody of `entity` were away: it, what is below, what is above."""
    above = Entity.objects.filter(pk__in=queries.ancestor_ids(entity.path))
    below = Entity.objects.filter(path__startswith=entity.path)
    concerned = {each.pk: each for each in (above | below).distinct()}
    needs = needs_in(concerned.values())
    if not needs:
        return []
    statuses = queries.statuses()
    rows = DayCount.objects.filter(entity__in={entity.pk, *needs}, date__range=(starts, ends))
    totals = {(pk, day): total for pk, day, total in rows.values_list("entity_id", "date", "total")}
    found = []
    for (pk, day), total in totals.items():
        for each in Half:
            if pk not in needs or day not in worked or half not in (None, each) or not is_worked(total, each):
                continue
            left = on_site(total, statuses, each) - on_site(totals.get((entity.pk, day), {}), statuses, each)
            present = max(left, 0) if not concerned[pk].path.startswith(entity.path) else 0
            least = least_of(needs[pk], day, each)
            if present < least:
                found.append(Shortage(concerned[pk], day, each, "", present, least))
    return sorted(found, key=lambda one: (one.date, one.entity.path, one.half))
