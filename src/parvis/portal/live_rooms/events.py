"""What happens in this room that others may want to hear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from parvis.portal.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomOpened(Event):
    """The first person came in."""

    room_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatJoined(Event):
    """Somebody came in, for the first time or again."""

    room_id: int
    seat_id: int
    user_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomClosed(Event):
    """A room is over: a host ended it, its time was up, its meeting was cancelled."""

    room_id: int
    at: datetime
