"""What happens in this room that others may want to hear. `booking_id` names a row of `models.Booking`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from parvis.portal.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingAssigned(Event):
    """A booking has its resource for good: number and PIN may be told.

    Also published by `book` itself where the resource is known at once: then nothing refers to the booking yet.
    """

    booking_id: int
    resource_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingPlaced(Event):
    """A booking that waited has a place now."""

    booking_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingMoved(Event):
    """A booking has other times, or another resource than the one it was told (`resource_changed`)."""

    booking_id: int
    starts_at: datetime
    ends_at: datetime
    resource_changed: bool
    actor_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingCancelled(Event):
    """A booking was given up. `reason`: a word (`rules` of who did it), or what was typed."""

    booking_id: int
    reason: str
    actor_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingReleased(Event):
    """Nobody came: the resource is free again."""

    booking_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingUnseated(Event):
    """Its resource is out of service and no other fits: the booking waits, before all others."""

    booking_id: int
    resource_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveAsked(Event):
    """A crisis cell asks somebody to move their booking: `models.MoveRequest`."""

    request_id: int
    booking_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveAnswered(Event):
    """They said yes or no."""

    request_id: int
    booking_id: int
    accepted: bool
    at: datetime
