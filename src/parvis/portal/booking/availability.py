"""What is free when: reads for pages and suggestions. What decides is `services.placing`, under its guard."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from parvis.portal.booking import occupation as occupied
from parvis.portal.booking import rules
from parvis.portal.booking.models import Booking, Pool
from parvis.portal.booking.occupation import Occupation
from parvis.portal.booking.seating import Demand, free_for, seat
from parvis.portal.kernel import clock

LOOK_AHEAD = timedelta(days=14)
"""How far the next free time is looked for."""


@dataclass(frozen=True, slots=True)
class Availability:
    """How many more bookings there is room for, of how many resources that fit."""

    free: int
    total: int
    next_free_at: datetime | None
    """Where none is free: when one will be, for as long as asked; None: not within `LOOK_AHEAD`, or one is free."""
    resources: tuple[int, ...] = ()
    """The resources free as things stand, the best first: what one may choose from."""


def free(
    pool: Pool,
    starts_at: datetime,
    ends_at: datetime,
    *,
    people: int = 1,
    equipment: Iterable[str] = (),
    excluding: Booking | None = None,
    now: datetime | None = None,
) -> Availability:
    """What is free in a pool from one instant to another. See `free_many`."""
    many = free_many([pool], starts_at, ends_at, people=people, equipment=equipment, excluding=excluding, now=now)
    return many[pool.pk]


def free_many(
    pools: Iterable[Pool],
    starts_at: datetime,
    ends_at: datetime,
    *,
    people: int = 1,
    equipment: Iterable[str] = (),
    excluding: Booking | None = None,
    now: datetime | None = None,
) -> dict[int, Availability]:
    """`free` of several pools, by pool. Two queries; one more where some are full.

    Where nothing is free as things stand but others can be seated again, one is: the booking will be had.
    """
    now, needs = now or clock.now(), tuple(equipment)
    left_out = excluding.pk if excluding is not None else None
    around = occupied.AROUND
    found = occupied.read(list(pools), starts_at - around, ends_at + around, now=now, excluding=left_out)
    answers: dict[int, Availability] = {}
    full: dict[int, Occupation] = {}
    for pk, each in found.items():
        newcomer = each.newcomer(starts_at, ends_at, people=people, equipment=needs)
        places = free_for(newcomer, each.seated)
        rank = each.rank
        best_first = tuple(sorted(places, key=lambda one: (rank[one], one)))
        count = len(places) or int(_can_be_seated(newcomer, each, starts_at - around, ends_at + around))
        answers[pk] = Availability(count, len(newcomer.fits), None, best_first)
        if not count and newcomer.fits:
            full[pk] = each
    if full:
        occupied.fill(full, starts_at, starts_at + LOOK_AHEAD, now=now, excluding=left_out)
        for pk, each in full.items():
            newcomer = each.newcomer(starts_at, ends_at, people=people, equipment=needs)
            at = next_free(
                newcomer, each.seated, until=starts_at + LOOK_AHEAD, length=ends_at - starts_at, like=starts_at
            )
            answers[pk] = Availability(0, len(newcomer.fits), at)
    return answers


def _can_be_seated(newcomer: Demand, occupation: Occupation, begins: datetime, ends: datetime) -> bool:
    # Who is not whole in what was read stays where they are: then the answer may be « no » where « yes » is true.
    known = [
        each
        if each.is_fixed or (begins <= each.starts - occupied.LONGEST and each.ends + occupied.LONGEST <= ends)
        else Demand(each.id, each.starts, each.ends, each.fits, each.at, is_fixed=True)
        for each in occupation.seated
    ]
    return seat(newcomer, known, occupation.rank) is not None


def next_free(
    newcomer: Demand, seated: Sequence[Demand], *, until: datetime, length: timedelta, like: datetime
) -> datetime | None:
    """The first start, not before the newcomer's, at which a resource that fits is free as long as it needs.

    `length`: without the buffer. Within working hours if `like` is: see `rules.in_hours_from`.
    """
    start = newcomer.starts
    while True:
        found = _first_gap(start, newcomer, seated, until)
        if found is None:
            return None
        start = rules.in_hours_from(found, length, like, clock.PARIS)
        if start == found:
            return found


def _first_gap(begins: datetime, newcomer: Demand, seated: Sequence[Demand], until: datetime) -> datetime | None:
    wanted = newcomer.ends - newcomer.starts
    gaps: list[datetime] = []
    for resource in newcomer.fits:
        start = begins
        for each in sorted((one for one in seated if one.at == resource), key=lambda one: one.starts):
            if each.starts - start >= wanted:
                break
            start = max(start, each.ends)
        if start + wanted <= until:
            gaps.append(start)
    return min(gaps, default=None)


def free_starts(
    pool: Pool,
    starts_at: datetime,
    ends_at: datetime,
    *,
    people: int,
    equipment: Collection[str],
    now: datetime,
    like: datetime | None = None,
) -> datetime | None:
    """When the same could be had from `starts_at` on; None: not within `LOOK_AHEAD`. Two queries.

    `like`: the time it stands for, if it is not `starts_at`.
    """
    until = starts_at + LOOK_AHEAD
    found = occupied.read([pool], starts_at, until, now=now)[pool.pk]
    newcomer = found.newcomer(starts_at, ends_at, people=people, equipment=equipment)
    return next_free(newcomer, found.seated, until=until, length=ends_at - starts_at, like=like or starts_at)
