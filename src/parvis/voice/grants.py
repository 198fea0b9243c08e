"""What the portal says a ticket or a PIN is worth, and why somebody’s stay ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any


class Role(StrEnum):
    """What one may do in a room."""

    HOST = "host"
    SPEAKER = "speaker"
    LISTENER = "listener"


class End(Enum):
    """Why a connection is closed: WebSocket code and word (docs/reference/voice-protocol.md)."""

    LEFT = (1000, "left")
    RESTARTING = (1001, "server_restarting")
    TICKET_REFUSED = (4001, "ticket_refused")
    SENT_AWAY = (4003, "sent_away")
    ROOM_FULL = (4004, "room_full")
    ROOM_LOCKED = (4005, "room_locked")
    ROOM_CLOSED = (4006, "room_closed")
    ENDED_BY_HOST = (4008, "ended_by_host")
    ACCESS_REVOKED = (4009, "access_revoked")
    PROTOCOL_ERROR = (4010, "protocol_error")
    REPLACED = (4011, "replaced")
    PORTAL_UNREACHABLE = (4012, "portal_unreachable")
    MEDIA_UNAVAILABLE = (4013, "media_unavailable")
    SILENT = (4014, "silent")
    TOO_MANY = (4015, "too_many")

    @property
    def code(self) -> int:
        """The close code."""
        return self.value[0]

    @property
    def word(self) -> str:
        """The reason sent with it."""
        return self.value[1]


REFUSALS = {
    "ticket_refused": End.TICKET_REFUSED,
    "ticket_used": End.TICKET_REFUSED,
    "sent_away": End.SENT_AWAY,
    "room_closed": End.ROOM_CLOSED,
    "room_locked": End.ROOM_LOCKED,
    "full": End.ROOM_FULL,
    "access_revoked": End.ACCESS_REVOKED,
    "ended_by_host": End.ENDED_BY_HOST,
}
"""The portal’s words, as the browser is told them."""


@dataclass(frozen=True, slots=True)
class RoomGrant:
    """The room as the portal has it."""

    key: str
    title: str
    is_sitting: bool
    has_lobby: bool
    allows_video: bool
    is_locked: bool
    ends_at: float
    """Unix seconds."""
    max_people: int
    max_public: int


@dataclass(frozen=True, slots=True)
class SeatGrant:
    """Somebody’s seat."""

    seat: str
    name: str
    role: Role
    waits: bool
    is_public: bool


def parse_room(room: dict[str, Any]) -> RoomGrant:
    """Read a `RoomGrant`.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it is not one.
    """
    return RoomGrant(
        key=str(room["key"])[:64],
        title=str(room["title"])[:200],
        is_sitting=room["mode"] == "sitting",
        has_lobby=bool(room["has_lobby"]),
        allows_video=bool(room["allows_video"]),
        is_locked=bool(room.get("is_locked", False)),
        ends_at=datetime.fromisoformat(room["ends_at"]).timestamp(),
        max_people=int(room["max_people"]),
        max_public=int(room.get("max_public", 100)),
    )


def parse(answer: dict[str, Any]) -> tuple[RoomGrant, SeatGrant]:
    """Read the answer to `redeem` or `pin`.

    Raises:
        ValueError: it is not one.
    """
    try:
        room, seat = answer["room"], answer["seat"]
        is_public = seat.get("public") is True
        return (
            parse_room(room),
            SeatGrant(
                seat=str(seat["id"])[:64],
                name=str(seat["name"])[:120],
                role=Role.LISTENER if is_public else Role(seat["role"]),
                waits=bool(seat["waits"]) and not is_public,
                is_public=is_public,
            ),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"malformed grant: {type(error).__name__}") from None
