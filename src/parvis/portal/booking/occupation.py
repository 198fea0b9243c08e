"""Who holds what when, read for `seating`: a bounded number of queries, whatever the pools."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q

from parvis.portal.booking.models import Booking, Pool, Resource
from parvis.portal.booking.rules import HOLDING
from parvis.portal.booking.seating import Demand, component

LONGEST = timedelta(hours=28)
"""No booking holds its resource longer: the longest duration and buffer of a pool."""
AROUND = timedelta(days=2)
"""How far around a time one looks at first."""
NOBODY = 0
"""The id of a demand that is no booking yet."""


def holding(starts_at: datetime, until: datetime) -> Q:
    """The condition on `Booking`: it keeps a resource from others at some moment between the two."""
    # The first condition says what the index needs to know: nothing that began earlier can still hold.
    window = Q(starts_at__gt=starts_at - LONGEST, starts_at__lt=until, free_at__gt=starts_at)
    return window & Q(state__in=HOLDING, resource__isnull=False)


@dataclass(frozen=True, slots=True)
class Thing:
    """A resource, as far as seating goes."""

    id: int
    capacity: int
    equipment: frozenset[str]

    def suits(self, people: int, equipment: Collection[str]) -> bool:
        """Whether it is large enough and has what is asked for."""
        return self.capacity >= people and self.equipment.issuperset(equipment)


@dataclass(slots=True)
class Occupation:
    """The resources of a pool in service, and what holds them in a stretch of time."""

    pool: Pool
    things: list[Thing]
    seated: list[Demand] = field(default_factory=list)

    @property
    def rank(self) -> dict[int, tuple[int, ...]]:
        """The smallest and plainest first: what is large or well equipped stays for who needs it."""
        return {thing.id: (thing.capacity, len(thing.equipment)) for thing in self.things}

    def fits(self, people: int, equipment: Collection[str]) -> frozenset[int]:
        """The resources that suit."""
        return frozenset(thing.id for thing in self.things if thing.suits(people, equipment))

    def newcomer(
        self,
        starts_at: datetime,
        ends_at: datetime,
        *,
        people: int,
        equipment: Collection[str],
        only: int | None = None,
    ) -> Demand:
        """Somebody who comes; `only`: they want this resource and no other."""
        fits = self.fits(people, equipment)
        if only is not None:
            fits &= {only}
        return Demand(NOBODY, starts_at, ends_at + buffer_of(self.pool), fits)


def buffer_of(pool: Pool) -> timedelta:
    """Time kept free after each of its bookings."""
    return timedelta(minutes=pool.buffer_minutes)


def things_of(pools: Iterable[Pool]) -> dict[int, list[Thing]]:
    """By pool, its resources in service. One query."""
    found: dict[int, list[Thing]] = defaultdict(list)
    active = Resource.objects.filter(pool__in=[pool.pk for pool in pools], is_active=True).order_by("name", "pk")
    for pk, pool_id, capacity, equipment in active.values_list("pk", "pool_id", "capacity", "equipment"):
        found[pool_id].append(Thing(pk, capacity, frozenset(equipment)))
    return found


def read(
    pools: Collection[Pool], starts_at: datetime, until: datetime, *, now: datetime, excluding: int | None = None
) -> dict[int, Occupation]:
    """By pool, who holds what between the two instants. Two queries, whatever the number of pools."""
    things = things_of(pools)
    found = {pool.pk: Occupation(pool, things.get(pool.pk, [])) for pool in pools}
    fill(found, starts_at, until, now=now, excluding=excluding)
    return found


def fill(
    occupations: dict[int, Occupation],
    starts_at: datetime,
    until: datetime,
    *,
    now: datetime,
    excluding: int | None = None,
) -> None:
    """Read again who holds what, between other instants. One query."""
    for occupation in occupations.values():
        occupation.seated.clear()
    suited: dict[tuple[int, int, frozenset[str]], frozenset[int]] = {}
    held = Booking.objects.filter(holding(starts_at, until), pool__in=list(occupations)).order_by("starts_at", "pk")
    columns = ("pk", "pool_id", "starts_at", "free_at", "resource_id", "is_final", "state", "people", "equipment")
    for pk, pool_id, starts, free_at, resource_id, is_final, state, people, equipment in held.values_list(*columns):
        if pk == excluding:
            continue
        occupation = occupations[pool_id]
        needs = (pool_id, people, frozenset(equipment))
        if needs not in suited:
            suited[needs] = occupation.fits(people, equipment)
        is_fixed = is_final or state != Booking.State.BOOKED or starts <= now or resource_id not in suited[needs]
        occupation.seated.append(Demand(pk, starts, free_at, suited[needs], resource_id, is_fixed))


def read_around(
    pool: Pool, newcomer_starts: datetime, newcomer_ends: datetime, *, now: datetime, excluding: int | None = None
) -> Occupation:
    """Who holds what around a time, far enough that all whom seating may move are there whole."""
    begins, ends = newcomer_starts, newcomer_ends
    occupations = read([pool], begins - AROUND, ends + AROUND, now=now, excluding=excluding)
    occupation = occupations[pool.pk]
    probe = Demand(NOBODY, newcomer_starts, newcomer_ends, frozenset())
    margin = AROUND
    while True:
        group = component(probe, occupation.seated)
        first = min((each.starts for each in group), default=begins)
        last = max((each.ends for each in group), default=ends)
        if first - LONGEST >= begins - margin and last + LONGEST <= ends + margin:
            return occupation
        margin *= 2
        fill(occupations, begins - margin, ends + margin, now=now, excluding=excluding)
