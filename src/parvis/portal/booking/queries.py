"""Reads of this room. What a user may see starts here."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from parvis.portal.booking.models import Booking, MoveRequest, Pool, Refusal, Resource
from parvis.portal.directory.models import Agent, Role
from parvis.portal.directory.queries import STAFF_ROLES, Someone, agent_of, perimeter, within
from parvis.portal.directory.rules import lineage

WATCHING_ROLES = (*STAFF_ROLES, Role.AUDITOR)
"""Who sees the board and every booking of the pools of their perimeter."""
LIVE = (Booking.State.WAITING, Booking.State.BOOKED, Booking.State.IN_USE)
"""Not over yet."""
KEPT = (Booking.State.BOOKED, Booking.State.IN_USE, Booking.State.DONE, Booking.State.RELEASED)
"""Had a resource; RELEASED until it was released (`free_at`)."""


def pools_run_by(user: Someone) -> QuerySet[Pool]:
    """The pools of the user's perimeter, open or not (IT team, auditors); with entity."""
    return Pool.objects.filter(within(perimeter(user, *WATCHING_ROLES))).select_related("entity")


def pools_visible_to(user: Someone) -> QuerySet[Pool]:
    """Those of `pools_run_by`, and those open to one's own department; with entity."""
    condition = within(perimeter(user, *WATCHING_ROLES))
    agent = agent_of(user) if condition != Q() else None
    if agent is not None:
        condition |= Q(entity__path__in=lineage(agent.entity.path), is_open=True)
    return Pool.objects.filter(condition).select_related("entity")


def pools_for(agent: Agent) -> QuerySet[Pool]:
    """What an agent may book from: open pools of their department or above; with entity."""
    return Pool.objects.filter(entity__path__in=lineage(agent.entity.path), is_open=True).select_related("entity")


def resources_run_by(user: Someone) -> QuerySet[Resource]:
    """The resources of `pools_run_by`, with what belongs to the IT team alone; with pool and site."""
    seen = within(perimeter(user, *WATCHING_ROLES), "pool__entity__path")
    return Resource.objects.filter(seen).select_related("pool__entity", "site", "contract")


def rooms_visible_to(user: Someone) -> QuerySet[Resource]:
    """The physical rooms of `pools_visible_to`; with pool and site."""
    rooms = Resource.objects.filter(pool__kind=Pool.Kind.ROOM, pool__in=pools_visible_to(user).order_by().values("pk"))
    return rooms.select_related("pool__entity", "site")


def bookings_visible_to(user: Someone) -> QuerySet[Booking]:
    """One's own, those one made for others, those of the pools one runs; with pool, resource, holder."""
    condition = within(perimeter(user, *WATCHING_ROLES), "pool__entity__path")
    if condition != Q() and user.is_authenticated and user.is_active:
        condition |= Q(holder__user_id=user.pk) | Q(booked_by_id=user.pk)
    return _whole(Booking.objects.filter(condition))


def bookings_run_by(user: Someone) -> QuerySet[Booking]:
    """Those of the pools of one's perimeter (IT team, auditors); with pool, resource, holder."""
    return _whole(Booking.objects.filter(within(perimeter(user, *WATCHING_ROLES), "pool__entity__path")))


def bookings_of(user: Someone) -> QuerySet[Booking]:
    """One's own and those one made for others, soonest first; with pool, resource, holder."""
    if not user.is_authenticated or not user.is_active:
        return Booking.objects.none()
    return _whole(Booking.objects.filter(Q(holder__user_id=user.pk) | Q(booked_by_id=user.pk)))


def bookings_to_check_in(user: Someone) -> QuerySet[Booking]:
    """Those of `bookings_visible_to`, and those of one's colleagues of the same department: anybody may open the door.

    With pool, resource, holder.
    """
    agent = agent_of(user)
    if agent is None:
        return bookings_visible_to(user)
    seen = Q(pk__in=bookings_visible_to(user).order_by().values("pk")) | Q(holder__entity_id=agent.entity_id)
    return _whole(Booking.objects.filter(seen))


def move_requests_to(user: Someone) -> QuerySet[MoveRequest]:
    """What one is asked to move and has not answered; with both bookings."""
    if not user.is_authenticated or not user.is_active:
        return MoveRequest.objects.none()
    asked = MoveRequest.objects.filter(state=MoveRequest.State.ASKED, booking__state__in=LIVE)
    mine = asked.filter(Q(booking__holder__user_id=user.pk) | Q(booking__booked_by_id=user.pk))
    return mine.select_related("booking__pool", "booking__resource", "booking__holder", "wanted_by__holder__entity")


def moves_to_answer_count(user: Someone) -> int:
    """How many `move_requests_to` are: the menu's badge."""
    return move_requests_to(user).count()


def refusals_run_by(user: Someone) -> QuerySet[Refusal]:
    """The refusals of the pools of one's perimeter; with pool."""
    seen = within(perimeter(user, *WATCHING_ROLES), "pool__entity__path")
    return Refusal.objects.filter(seen).select_related("pool")


def waiting_before(booking: Booking) -> int:
    """How many wait for the same pool and overlapping times, and come first."""
    others = Booking.objects.filter(
        pool_id=booking.pool_id,
        state=Booking.State.WAITING,
        starts_at__lt=booking.ends_at,
        ends_at__gt=booking.starts_at,
    )
    first = Q(priority__gt=booking.priority) | Q(
        Q(booked_at__lt=booking.booked_at) | Q(booked_at=booking.booked_at, pk__lt=booking.pk),
        priority=booking.priority,
    )
    return others.filter(first).count()


def _whole(bookings: QuerySet[Booking]) -> QuerySet[Booking]:
    return bookings.select_related("pool__entity", "resource__site", "holder__entity", "holder__user")
