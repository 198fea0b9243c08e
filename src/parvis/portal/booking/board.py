"""The board of pools: a day as rows of resources and columns of a quarter of an hour; a week as hours taken a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Q

from parvis.portal.booking.models import Booking, Pool, Refusal, Resource
from parvis.portal.booking.queries import KEPT
from parvis.portal.kernel.clock import PARIS

STEP = 15
PER_HOUR = 60 // STEP
FIRST_HOUR, LAST_HOUR = 7, 20
"""Shown at least."""
WORKED = range(8, 18)
"""The hours a share of the week's board is of."""
LETTERS_PER_COLUMN = 1.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A cell: free from some time, past, a booking, the buffer after it."""

    kind: str
    """`free`, `past`, `booking`, `buffer`."""
    columns: int
    at: time
    booking: Booking | None = None

    @property
    def short(self) -> str:
        """The holder's name as far as it fits."""
        if self.booking is None:
            return ""
        name, room = self.booking.holder.last_name, max(int(self.columns * LETTERS_PER_COLUMN), 2)
        return name if len(name) <= room else name[: room - 1] + "…"

    @property
    def colour(self) -> str:
        """The class of its state."""
        if self.booking is None:
            return ""
        if self.booking.priority:
            return "red"
        return {"in_use": "green", "booked": "blue", "done": "secondary", "released": "purple"}.get(
            self.booking.state, "secondary"
        )

    @property
    def is_loose(self) -> bool:
        """Whether the resource may still change."""
        return self.booking is not None and not self.booking.is_final and self.booking.state == Booking.State.BOOKED


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A resource's day."""

    resource: Resource
    slots: Sequence[Slot]
    bookings: Sequence[Booking]
    """For a phone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolDay:
    """A pool's day."""

    pool: Pool
    rows: Sequence[Row]
    waiting: Sequence[Booking]
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The day of several pools, on the same columns."""

    day: date
    hours: Sequence[int]
    pools: Sequence[PoolDay]

    @property
    def columns(self) -> int:
        """How many there are."""
        return len(self.hours) * PER_HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """How full a resource is on a day."""

    day: date
    minutes: int
    bookings: int

    @property
    def percent(self) -> int:
        """Of the worked hours; at most 100."""
        return min(100, round(100 * self.minutes / (60 * len(WORKED))))

    @property
    def colour(self) -> str:
        """Three steps: quiet, busy, full."""
        return "green" if self.percent < 50 else "orange" if self.percent < 85 else "red"


def of_day(pools: Sequence[Pool], day: date, now: datetime) -> Day:
    """The day of `pools`, in three queries."""
    first, after = midnight(day), midnight(day + timedelta(days=1))
    bookings = _bookings(pools, first, after)
    kept = [each for each in bookings if each.resource_id and each.state in KEPT]
    starts = [_minutes(each.starts_at, day) for each in kept]
    ends = [_minutes(min(each.ends_at, after), day) for each in kept]
    opens = min([FIRST_HOUR * 60, *starts]) // 60
    closes = -(-max([LAST_HOUR * 60, *ends]) // 60)
    by_resource: dict[int, list[Booking]] = defaultdict(list)
    for each in kept:
        by_resource[each.resource_id or 0].append(each)
    refused: dict[int, int] = defaultdict(int)
    missed = Refusal.objects.filter(pool__in=pools, starts_at__gte=first, starts_at__lt=after)
    for pool_id in missed.values_list("pool_id", flat=True):
        refused[pool_id] += 1
    hours = range(opens, closes)
    resources: dict[int, list[Row]] = defaultdict(list)
    for resource in _resources(pools):
        theirs = by_resource[resource.pk]
        if resource.is_active or theirs:
            slots = list(_slots(theirs, day, hours, now))
            resources[resource.pool_id].append(Row(resource=resource, slots=slots, bookings=theirs))
    return Day(
        day=day,
        hours=list(hours),
        pools=[
            PoolDay(
                pool=pool,
                rows=resources[pool.pk],
                waiting=[each for each in bookings if each.pool_id == pool.pk and each.state == Booking.State.WAITING],
                refused=refused[pool.pk],
            )
            for pool in pools
        ],
    )


def of_week(pools: Sequence[Pool], monday: date) -> list[tuple[Pool, list[tuple[Resource, list[Filled]]]]]:
    """How full each resource is, day by day, in two queries."""
    days = [monday + timedelta(days=at) for at in range(7)]
    bookings = _bookings(pools, midnight(days[0]), midnight(days[-1] + timedelta(days=1)))
    minutes: dict[tuple[int, date], int] = defaultdict(int)
    counts: dict[tuple[int, date], int] = defaultdict(int)
    for each in bookings:
        if not each.resource_id or each.state not in KEPT:
            continue
        day = each.starts_at.astimezone(PARIS).date()
        until = min(each.ends_at, each.ended_at or each.ends_at)
        minutes[each.resource_id, day] += max(int((until - each.starts_at).total_seconds() // 60), 0)
        counts[each.resource_id, day] += 1
    rows: dict[int, list[tuple[Resource, list[Filled]]]] = defaultdict(list)
    for resource in _resources(pools):
        filled = [Filled(day=day, minutes=minutes[resource.pk, day], bookings=counts[resource.pk, day]) for day in days]
        if resource.is_active or any(each.bookings for each in filled):
            rows[resource.pool_id].append((resource, filled))
    return [(pool, rows[pool.pk]) for pool in pools]


def midnight(day: date) -> datetime:
    """The day's first instant in Paris."""
    return datetime.combine(day, time(), PARIS)


def _bookings(pools: Sequence[Pool], first: datetime, after: datetime) -> list[Booking]:
    asked = Booking.objects.filter(
        Q(state__in=(*KEPT, Booking.State.WAITING)), pool__in=pools, starts_at__lt=after, ends_at__gt=first
    )
    return list(asked.select_related("holder", "pool").order_by("starts_at", "pk"))


def _resources(pools: Sequence[Pool]) -> list[Resource]:
    found = Resource.objects.filter(pool__in=pools).select_related("site")
    return sorted(found, key=lambda each: natural(each.name))


def natural(name: str) -> tuple[str, int, str]:
    """So that « Salle 2 » comes before « Salle 10 »."""
    head = name.rstrip("0123456789")
    number = name[len(head) :]
    return (head, int(number) if number else -1, name)


def _minutes(at: datetime, day: date) -> int:
    """Since midnight on the wall clock; before the day 0, after it all of it."""
    local = at.astimezone(PARIS)
    if local.date() < day:
        return 0
    return 24 * 60 if local.date() > day else local.hour * 60 + local.minute


def _slots(bookings: Sequence[Booking], day: date, hours: range, now: datetime) -> Iterator[Slot]:
    """The cells of a row. Times are widened to whole columns: what is free there is free for sure."""
    column, last = hours.start * PER_HOUR, hours.stop * PER_HOUR
    for each in bookings:
        until = min(each.ends_at, each.ended_at or each.ends_at)
        begins = max(_minutes(each.starts_at, day) // STEP, column)
        ends = min(-(-_minutes(until, day) // STEP), last)
        if ends <= begins:
            continue
        yield from _free(column, begins, day, now)
        yield Slot(kind="booking", columns=ends - begins, at=_time(begins), booking=each)
        column = ends
        buffer = min(-(-_minutes(each.free_at, day) // STEP), last)
        following = next((other for other in bookings if other.starts_at >= each.free_at), None)
        room = _minutes(following.starts_at, day) // STEP if following is not None else last
        if min(buffer, room) > column and each.free_at > until:
            yield Slot(kind="buffer", columns=min(buffer, room) - column, at=_time(column))
            column = min(buffer, room)
    yield from _free(column, last, day, now)


def _free(column: int, until: int, day: date, now: datetime) -> Iterator[Slot]:
    """Free cells, cut at whole hours so that each leads to a booking of that hour."""
    while column < until:
        stop = min((column // PER_HOUR + 1) * PER_HOUR, until)
        ended = datetime.combine(day, time(), PARIS) + timedelta(minutes=stop * STEP)
        yield Slot(kind="past" if ended <= now else "free", columns=stop - column, at=_time(column))
        column = stop


def _time(column: int) -> time:
    minutes = min(column * STEP, 24 * 60 - 1)
    return time(minutes // 60, minutes % 60)
