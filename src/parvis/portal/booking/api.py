"""The REST API of this room: pools, what is free, bookings; booking, moving, giving up."""

# No `from __future__ import annotations` here: under `@paginate` Ninja would look for the names in its own module.

from datetime import datetime

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status
from ninja.pagination import paginate

from parvis.portal.accounts.api import require_scope
from parvis.portal.accounts.api_types import Line
from parvis.portal.accounts.paging import Paging
from parvis.portal.booking import availability, queries
from parvis.portal.booking.models import Booking, Pool, Resource
from parvis.portal.booking.services import placing
from parvis.portal.booking.services.placing import Wanted
from parvis.portal.booking.times import check_times
from parvis.portal.directory.access import one
from parvis.portal.directory.models import Agent
from parvis.portal.directory.queries import agent_of, agents_visible_to
from parvis.portal.kernel import clock

router = Router(tags=["booking"])
MOST_EQUIPMENT = 20


class PoolOut(Schema):
    """Things that may stand for one another."""

    id: int
    entity_id: int
    kind: Pool.Kind
    name: str
    description: str
    assignment: Pool.Assignment
    buffer_minutes: int
    max_minutes: int
    horizon_days: int
    is_open: bool


class FreeOut(Schema):
    """What is free of a pool at a time."""

    free: int
    total: int
    next_free_at: datetime | None
    """When the same could be had, if nothing is free."""


class RoomOut(Schema):
    """A meeting room."""

    id: int
    pool_id: int
    name: str
    capacity: int
    equipment: list[str]
    site_id: int | None
    location: str
    is_active: bool


class BookingOut(Schema):
    """A resource, or a place in its pool, for a time."""

    id: int
    pool_id: int
    resource_id: int | None
    """None while it is not sure which one."""
    resource_name: str
    is_final: bool
    title: str
    holder_id: int
    starts_at: datetime
    ends_at: datetime
    people: int
    equipment: list[str]
    priority: int
    state: Booking.State
    booked_at: datetime
    checked_in_at: datetime | None

    @staticmethod
    def resolve_resource_id(booking: Booking) -> int | None:
        """Only once it cannot change any more."""
        return booking.resource_id if booking.is_final else None

    @staticmethod
    def resolve_resource_name(booking: Booking) -> str:
        """The same."""
        return str(booking.resource) if booking.is_final and booking.resource else ""


class FreeFilters(Schema):
    """A time, and what is needed."""

    starts_at: datetime
    ends_at: datetime
    people: int = Field(2, ge=1, le=100_000)
    equipment: list[str] = Field(default_factory=list, max_length=MOST_EQUIPMENT)


class BookingFilters(Schema):
    """What a list may be narrowed by."""

    state: Booking.State | None = None
    pool_id: int | None = Field(None, ge=0, le=2**62)
    starts_after: datetime | None = None
    starts_before: datetime | None = None


class BookingIn(Schema):
    """A booking to make."""

    pool_id: int = Field(ge=0, le=2**62)
    resource_id: int | None = Field(None, ge=0, le=2**62)
    """This one and no other; None: any that fits."""
    holder_id: int | None = Field(None, ge=0, le=2**62)
    """None: oneself."""
    title: Line = Field(min_length=1, max_length=200)
    starts_at: datetime
    ends_at: datetime
    people: int = Field(2, ge=1, le=100_000)
    equipment: list[Line] = Field(default_factory=list, max_length=MOST_EQUIPMENT)
    waits: bool = False
    """Stand in the waiting list where nothing is free."""


class TimesIn(Schema):
    """Other times."""

    starts_at: datetime
    ends_at: datetime


@router.get("/booking-pools", response=list[PoolOut], operation_id="list_booking_pools", summary="Pools")
@paginate(Paging)
def list_pools(request: HttpRequest) -> QuerySet[Pool]:
    """What the caller may book from, and for the IT team all of its perimeter, by name. Scope `read`."""
    return queries.pools_visible_to(require_scope(request, "read")).order_by("name", "pk")


@router.get("/booking-pools/{pool_id}/free", response=FreeOut, operation_id="free_of_pool", summary="What is free when")
def free(request: HttpRequest, pool_id: int, filters: Query[FreeFilters]) -> availability.Availability:
    """422 for times that cannot be asked for. Scope `read`."""
    pool = one(queries.pools_visible_to(require_scope(request, "read")), pool_id)
    starts_at, ends_at = _aware(filters.starts_at), _aware(filters.ends_at)
    check_times(pool, starts_at, ends_at, now=clock.now())
    return availability.free(pool, starts_at, ends_at, people=filters.people, equipment=tuple(filters.equipment))


@router.get("/meeting-rooms", response=list[RoomOut], operation_id="list_meeting_rooms", summary="Meeting rooms")
@paginate(Paging)
def list_rooms(request: HttpRequest) -> QuerySet[Resource]:
    """The physical rooms the caller may book, by name. Scope `read`."""
    return queries.rooms_visible_to(require_scope(request, "read")).order_by("name", "pk")


@router.get("/bookings", response=list[BookingOut], operation_id="list_bookings", summary="Bookings")
@paginate(Paging)
def list_bookings(request: HttpRequest, filters: Query[BookingFilters]) -> QuerySet[Booking]:
    """One's own, those one made for others, one's perimeter's (IT team); latest first. Scope `read`."""
    bookings = queries.bookings_visible_to(require_scope(request, "read"))
    if filters.state is not None:
        bookings = bookings.filter(state=filters.state)
    if filters.pool_id is not None:
        bookings = bookings.filter(pool_id=filters.pool_id)
    if filters.starts_after is not None:
        bookings = bookings.filter(starts_at__gte=_aware(filters.starts_after))
    if filters.starts_before is not None:
        bookings = bookings.filter(starts_at__lt=_aware(filters.starts_before))
    return bookings.order_by("-starts_at", "-pk")


@router.get("/bookings/{booking_id}", response=BookingOut, operation_id="get_booking", summary="One booking")
def get_booking(request: HttpRequest, booking_id: int) -> Booking:
    """Scope `read`."""
    return one(queries.bookings_visible_to(require_scope(request, "read")), booking_id)


@router.post("/bookings", response={201: BookingOut}, operation_id="book", summary="Book")
def book(request: HttpRequest, body: BookingIn) -> Status[Booking]:
    """409 `pool_full` (its advice is the next free time), `does_not_fit`, `resource_out`; 422 for times that cannot be
    had. Scope `write`.
    """
    user = require_scope(request, "write")
    pool = one(queries.pools_visible_to(user), body.pool_id)
    own = agent_of(user) if body.holder_id is None else None
    holder: Agent = own if own is not None else one(agents_visible_to(user), body.holder_id)
    wanted = Wanted(
        pool=pool,
        starts_at=_aware(body.starts_at),
        ends_at=_aware(body.ends_at),
        holder=holder,
        title=body.title,
        people=body.people,
        equipment=tuple(body.equipment),
        resource=one(pool.resources.all(), body.resource_id) if body.resource_id is not None else None,
    )
    return Status(201, placing.book(actor=user, wanted=wanted, now=clock.now(), wait=body.waits))


@router.post("/bookings/{booking_id}/move", response=BookingOut, operation_id="move_booking", summary="Move a booking")
def move(request: HttpRequest, booking_id: int, body: TimesIn) -> Booking:
    """409 `pool_full`: it stays as it was. Scope `write`."""
    user = require_scope(request, "write")
    booking = one(queries.bookings_visible_to(user), booking_id)
    return placing.move(
        actor=user, booking=booking, starts_at=_aware(body.starts_at), ends_at=_aware(body.ends_at), now=clock.now()
    )


@router.post(
    "/bookings/{booking_id}/cancel", response=BookingOut, operation_id="cancel_booking", summary="Give up a booking"
)
def cancel(request: HttpRequest, booking_id: int) -> Booking:
    """Its place goes to who waits. Scope `write`."""
    user = require_scope(request, "write")
    booking = one(queries.bookings_visible_to(user), booking_id)
    placing.cancel(actor=user, booking=booking, now=clock.now())
    return booking


def _aware(at: datetime) -> datetime:
    """What says no zone is Paris's wall clock."""
    return at.replace(tzinfo=clock.PARIS) if at.tzinfo is None else at
