"""Finding a resource and writing who sits where. Whoever calls holds the pool: see `services.guard`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from parvis.portal.booking import occupation, rules
from parvis.portal.booking.errors import DoesNotFit
from parvis.portal.booking.models import Booking, Pool
from parvis.portal.booking.occupation import NOBODY
from parvis.portal.booking.seating import seat


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What somebody needs, when."""

    pool: Pool
    starts_at: datetime
    ends_at: datetime
    people: int
    equipment: tuple[str, ...]
    only: int | None = None
    """This resource and no other."""
    excluding: int | None = None
    """The booking that moves: it is not in its own way."""


def need_of(booking: Booking, *, only: int | None = None) -> Need:
    """What a booking needs at its times."""
    return Need(
        pool=booking.pool,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        people=booking.people,
        equipment=tuple(booking.equipment),
        only=only,
        excluding=booking.pk,
    )


def find(need: Need, *, now: datetime) -> dict[int, int] | None:
    """Where the newcomer sits (`NOBODY`) and who sits elsewhere from now on; None: there is no way. Writes nothing.

    Raises:
        DoesNotFit: no resource in service would do, free or not.
    """
    around = occupation.read_around(
        need.pool,
        need.starts_at,
        need.ends_at + occupation.buffer_of(need.pool),
        now=now,
        excluding=need.excluding,
    )
    newcomer = around.newcomer(
        need.starts_at, need.ends_at, people=need.people, equipment=need.equipment, only=need.only
    )
    if not newcomer.fits:
        raise DoesNotFit(need.pool)
    return seat(newcomer, around.seated, around.rank)


def take(found: Mapping[int, int]) -> int:
    """Write the moves of those already seated; the newcomer's resource."""
    for pk, resource in found.items():
        if pk != NOBODY:
            Booking.objects.filter(pk=pk, is_final=False, state=Booking.State.BOOKED).update(resource_id=resource)
    return found[NOBODY]


def is_assigned_at_once(pool: Pool, starts_at: datetime, now: datetime) -> bool:
    """Whether a place given now in this pool is for good."""
    return rules.is_assigned_at_once(
        is_fixed=pool.assignment == Pool.Assignment.FIXED,
        starts_at=starts_at,
        assign_hours=pool.assign_hours,
        now=now,
    )


__all__ = ["NOBODY", "Need", "find", "is_assigned_at_once", "need_of", "take"]
