"""A commune with a pool of telephone rooms, people who book, and somebody who heads each thing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from parvis.portal.accounts.models import User
from parvis.portal.booking.models import Booking, Pool, Resource
from parvis.portal.booking.services import placing
from parvis.portal.directory.models import Agent, Entity, Role
from tests.integration.authority import make_agent, make_entity, make_member

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""A Monday, nine o’clock in Paris."""


def at(hour: float, day: int = 0) -> datetime:
    """That hour in UTC, so many days after `NOW`'s."""
    return NOW.replace(hour=0) + timedelta(days=day, hours=hour)


@dataclass
class Hall:
    root: Entity
    department: Entity
    pool: Pool
    rooms: list[Resource]
    agent: Agent
    user: User
    colleague: User
    head: User
    head_of_it: User
    technician: User
    director: User
    others: list[Agent] = field(default_factory=list)

    def wanted(self, starts: float = 10, ends: float = 11, *, day: int = 3, **fields: object) -> placing.Wanted:
        values: dict[str, object] = {
            "pool": self.pool,
            "starts_at": at(starts, day),
            "ends_at": at(ends, day),
            "holder": self.agent,
            "title": "Point hebdomadaire",
            **fields,
        }
        return placing.Wanted(**values)  # type: ignore[arg-type]

    def book(self, starts: float = 10, ends: float = 11, *, wait: bool = False, **fields: object) -> Booking:
        now = fields.pop("now", NOW)
        assert isinstance(now, datetime)
        return placing.book(actor=self.user, wanted=self.wanted(starts, ends, **fields), now=now, wait=wait)  # type: ignore[arg-type]

    def set_pool(self, **fields: object) -> None:
        Pool.objects.filter(pk=self.pool.pk).update(**fields)
        self.pool.refresh_from_db()


def make_hall(rooms: int = 2, **fields: object) -> Hall:
    root = make_entity("Rivemarine", kind=Entity.Kind.COMMUNE)
    department = make_entity("Finances", root)
    pool = Pool.objects.create(
        **{"entity": root, "kind": Pool.Kind.PHONE_ROOM, "name": "Salles téléphoniques", "buffer_minutes": 0, **fields}
    )
    agent = make_agent(department, account=True)
    assert agent.user is not None
    return Hall(
        root,
        department,
        pool,
        [add_room(pool, f"Salle {number}") for number in range(1, rooms + 1)],
        agent,
        agent.user,
        make_member(department),
        make_member(department, Role.HEAD_OF_DEPARTMENT),
        make_member(root, Role.HEAD_OF_IT),
        make_member(root, Role.TECHNICIAN),
        make_member(root, Role.HEAD_OF_DEPARTMENT),
    )


def add_room(pool: Pool, name: str, **fields: object) -> Resource:
    return Resource.objects.create(pool=pool, name=name, **fields)


def overlapping() -> int:
    """Pairs of bookings that hold one resource at one moment."""
    held = list(Booking.objects.filter(state__in=("booked", "in_use", "done"), resource__isnull=False))
    return sum(
        one.resource_id == other.resource_id and one.starts_at < other.free_at and other.starts_at < one.free_at
        for number, one in enumerate(held)
        for other in held[:number]
    )
