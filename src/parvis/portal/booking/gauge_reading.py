"""What the gauge measures, read from the tables: two queries and one for costs, however many pools."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Q

from parvis.portal.booking import gauge
from parvis.portal.booking.gauge import Gauge, Span
from parvis.portal.booking.models import Booking, Pool, Refusal, Resource
from parvis.portal.booking.queries import KEPT
from parvis.portal.kernel.clock import PARIS, today

WEEKS = (4, 12, 26, 52)
"""What may be chosen."""
USUAL = 12
FAR = timedelta(weeks=gauge.AHEAD + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A pool, its gauge, what one of its rooms costs a year (None: no contract says)."""

    pool: Pool
    gauge: Gauge
    each_costs: Decimal | None


def measure(pools: Sequence[Pool], *, now: datetime, weeks: int = USUAL) -> list[Measured]:
    """The gauges of several pools over so many whole weeks."""
    day = today(now)
    first = day - timedelta(days=day.weekday()) - timedelta(weeks=weeks)
    begins = datetime.combine(first, datetime.min.time(), PARIS)
    spans: dict[int, list[Span]] = defaultdict(list)
    coming: dict[int, list[Span]] = defaultdict(list)
    absent: dict[int, int] = defaultdict(int)
    this_monday = datetime.combine(day - timedelta(days=day.weekday()), datetime.min.time(), PARIS)
    kept = Booking.objects.filter(pool__in=pools, state__in=KEPT, starts_at__gte=begins, starts_at__lt=now + FAR)
    for pool_id, starts, free_at, state in kept.values_list("pool_id", "starts_at", "free_at", "state"):
        span = Span(starts, max(free_at, starts))
        (spans if starts < this_monday else coming)[pool_id].append(span)
        absent[pool_id] += state == Booking.State.RELEASED
    refusals: dict[int, list[tuple[datetime, Span]]] = defaultdict(list)
    missed = Refusal.objects.filter(pool__in=pools, starts_at__gte=begins, starts_at__lt=this_monday)
    buffers = {pool.pk: timedelta(minutes=pool.buffer_minutes) for pool in pools}
    for pool_id, at, starts, ends in missed.values_list("pool_id", "at", "starts_at", "ends_at"):
        refusals[pool_id].append((at, Span(starts, ends + buffers[pool_id])))
    rooms, costs = _rooms_and_costs(pools)
    return [
        Measured(
            pool=pool,
            gauge=gauge.measure(
                rooms=rooms[pool.pk], spans=spans[pool.pk], refusals=refusals[pool.pk], coming=coming[pool.pk],
                absent=absent[pool.pk], first=first, today=day,
            ),
            each_costs=costs.get(pool.pk),
        )
        for pool in pools
    ]  # fmt: skip


def first_monday(now: datetime, weeks: int) -> date:
    """The first day measured."""
    day = today(now)
    return day - timedelta(days=day.weekday()) - timedelta(weeks=weeks)


def _rooms_and_costs(pools: Sequence[Pool]) -> tuple[dict[int, int], dict[int, Decimal]]:
    """Rooms in service, and what one costs: a contract's yearly cost shared by all that it covers."""
    covered = Count("pk", filter=Q(is_active=True))
    rows = Resource.objects.filter(pool__in=pools).order_by().values("pool_id", "contract_id", "contract__yearly_cost")
    rooms: dict[int, int] = defaultdict(int)
    paid: dict[int, Decimal] = defaultdict(Decimal)
    under: dict[int, int] = defaultdict(int)
    shared = list(rows.annotate(covered=covered))
    contracts = [row["contract_id"] for row in shared if row["contract__yearly_cost"] is not None]
    everywhere = dict(
        Resource.objects.filter(contract__in=contracts, is_active=True)
        .order_by()
        .values_list("contract_id")
        .annotate(Count("pk"))
    )
    for row in shared:
        rooms[row["pool_id"]] += row["covered"]
        if row["contract__yearly_cost"] is not None and row["covered"]:
            paid[row["pool_id"]] += row["contract__yearly_cost"] * row["covered"] / everywhere[row["contract_id"]]
            under[row["pool_id"]] += row["covered"]
    return rooms, {pool_id: paid[pool_id] / under[pool_id] for pool_id in under}
