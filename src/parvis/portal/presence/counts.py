"""Counts per entity and date, made from the resolved days: what curves over years read, a row a date.

Who changes a day writes a `Stale` row in the same transaction and goes on; `refresh` makes the counts again seconds
later, in one process at a time. `recount` for everybody, each night, moves the horizon on and mends what no event
told (an entity moved in the tree).
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from django.db import transaction
from django.db.models import F, Q

from parvis.portal.directory.models import Agent, Entity
from parvis.portal.presence import loading, rules
from parvis.portal.presence.models import CountsTurn, DayCount, Stale
from parvis.portal.presence.queries import ancestor_ids, path_depth
from parvis.portal.presence.rules import Source

AHEAD = timedelta(days=183)
"""How far ahead days are counted."""
BEHIND = timedelta(days=31)
"""How far back the nightly run looks."""
AT_ONCE = 200
"""Stale rows taken by one refresh."""
AGENTS_AT_ONCE = 500

Counts = dict[str, list[int]]
Span = tuple[date, date]


def mark_stale(entity_ids: Iterable[int], starts: date, ends: date | None, *, today: date) -> None:
    """The counts of these entities (their own agents) between these days are to be made again."""
    last = min(ends or date.max, today + AHEAD)
    if last >= starts:
        Stale.objects.bulk_create(
            Stale(entity_id=pk, starts_date=starts, ends_date=last) for pk in sorted(set(entity_ids))
        )


def mark_subtree_stale(path: str, starts: date, ends: date | None, *, today: date) -> None:
    """`mark_stale` for an entity and all below it."""
    inside = Entity.objects.filter(path__startswith=path)
    mark_stale(inside.values_list("pk", flat=True), starts, ends, today=today)


def is_stale() -> bool:
    """Whether there is something to count again."""
    return Stale.objects.exists()


@transaction.atomic
def refresh() -> int:
    """Make the oldest stale counts again; how many stale rows are gone. Call until it says 0."""
    _take_turn()
    rows = list(Stale.objects.order_by("pk")[:AT_ONCE])
    spans: dict[int, Span] = {}
    for row in rows:
        first, last = spans.get(row.entity_id, (row.starts_date, row.ends_date))
        spans[row.entity_id] = (min(first, row.starts_date), max(last, row.ends_date))
    by_span: dict[Span, list[int]] = defaultdict(list)
    for pk, span in spans.items():
        by_span[span].append(pk)
    for (first, last), entity_ids in by_span.items():
        _recount(entity_ids, first, last)
    Stale.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def recount_all(starts: date, ends: date, *, pause: float = 0.0) -> None:
    """Make every count of a span again, a week at a time so that no transaction lasts.

    `pause` seconds between two: on SQLite those who wait for the write lock get it then, and not an error.
    """
    while starts <= ends:
        last = min(starts + timedelta(days=6), ends)
        with transaction.atomic():
            _take_turn()
            _replace(starts, last)
        time.sleep(pause)
        starts = last + timedelta(days=1)


def _replace(starts: date, ends: date) -> None:
    paths = dict(Entity.objects.values_list("pk", "path"))
    direct = _direct(list(paths), starts, ends)
    totals: dict[tuple[int, date], Counts] = defaultdict(dict)
    for (pk, day), counts in direct.items():
        for above in ancestor_ids(paths[pk]):
            _add(totals[above, day], counts)
    DayCount.objects.filter(date__range=(starts, ends)).delete()
    DayCount.objects.bulk_create(
        [
            DayCount(entity_id=pk, date=day, direct=direct.get((pk, day), {}), total=counts)
            for (pk, day), counts in totals.items()
        ],
        batch_size=500,
    )


def _take_turn() -> None:
    # PostgreSQL: the second waits here until the first has committed, then reads the days as they are by then.
    # SQLite: the transaction already holds the write lock.
    if not CountsTurn.objects.filter(pk=1).update(number=F("number") + 1):
        CountsTurn.objects.bulk_create([CountsTurn(pk=1)], ignore_conflicts=True)
        CountsTurn.objects.filter(pk=1).update(number=F("number") + 1)


def _recount(entity_ids: list[int], starts: date, ends: date) -> None:
    direct = _direct(entity_ids, starts, ends)
    touched = dict(Entity.objects.filter(pk__in=entity_ids).values_list("pk", "path"))
    _save_direct(direct, touched, starts, ends)
    _sum_up(touched, starts, ends)


def _direct(entity_ids: list[int], starts: date, ends: date) -> dict[tuple[int, date], Counts]:
    """From the agents of these very entities: what they were on each date they were in post."""
    agents = (
        Agent.objects.filter(entity_id__in=entity_ids)
        .filter(Q(is_active=True) | Q(ends_date__gte=starts))
        .order_by("pk")
        .values_list("pk", "entity_id", "entity__path", "starts_date", "ends_date")
    )
    found: dict[tuple[int, date], Counts] = defaultdict(dict)
    rows = list(agents)
    days = rules.days_between(starts, ends)
    for at in range(0, len(rows), AGENTS_AT_ONCE):
        piece = rows[at : at + AGENTS_AT_ONCE]
        calendar = loading.load([(pk, path) for pk, _entity, path, _first, _last in piece], starts, ends)
        for pk, entity, _path, first, last in piece:
            for day in days:
                if (first and day < first) or (last and day > last):
                    continue
                one = calendar.at(pk, day)
                counts = found[entity, day]
                counts.setdefault(code_of(one.am), [0, 0])[0] += 1
                counts.setdefault(code_of(one.pm), [0, 0])[1] += 1
    return found


def code_of(resolved: rules.Resolved) -> str:
    """Under which code a half-day is counted."""
    if resolved.code:
        return resolved.code
    if resolved.source in (Source.HOLIDAY, Source.CLOSURE):
        return rules.CLOSED
    return rules.OFF if resolved.source is Source.OFF else rules.UNKNOWN


def _save_direct(
    direct: Mapping[tuple[int, date], Counts], entities: Mapping[int, str], starts: date, ends: date
) -> None:
    rows = [DayCount(entity_id=pk, date=day, direct=counts) for (pk, day), counts in direct.items()]
    _upsert(rows, "direct")
    # Where nobody works any more, nothing is left of those who did.
    counted = DayCount.objects.filter(entity_id__in=entities, date__range=(starts, ends)).exclude(direct={})
    emptied = [row for row in counted.only("pk", "entity_id", "date") if (row.entity_id, row.date) not in direct]
    DayCount.objects.filter(pk__in=[row.pk for row in emptied]).update(direct={})


def _sum_up(touched: Mapping[int, str], starts: date, ends: date) -> None:
    """The totals of these entities and of all above them, the deepest first."""
    ids = {int(part) for path in touched.values() for part in path.split(".") if part}
    levels: dict[int, list[int]] = defaultdict(list)
    for pk, path in Entity.objects.filter(pk__in=ids).values_list("pk", "path"):
        levels[path_depth(path)].append(pk)
    for depth in sorted(levels, reverse=True):
        totals: dict[tuple[int, date], Counts] = defaultdict(dict)
        own = DayCount.objects.filter(entity_id__in=levels[depth], date__range=(starts, ends))
        for pk, day, counts in own.values_list("entity_id", "date", "direct").iterator(2000):
            _add(totals[pk, day], counts)
        below = DayCount.objects.filter(entity__parent_id__in=levels[depth], date__range=(starts, ends))
        for parent, day, counts in below.values_list("entity__parent_id", "date", "total").iterator(2000):
            _add(totals[parent or 0, day], counts)
        _upsert([DayCount(entity_id=pk, date=day, total=counts) for (pk, day), counts in totals.items()], "total")


def _add(total: Counts, counts: Mapping[str, list[int]]) -> None:
    for code, (mornings, afternoons) in counts.items():
        both = total.setdefault(code, [0, 0])
        both[0] += mornings
        both[1] += afternoons


def _upsert(rows: list[DayCount], column: str) -> None:
    DayCount.objects.bulk_create(
        rows, batch_size=500, update_conflicts=True, unique_fields=["entity", "date"], update_fields=[column]
    )
