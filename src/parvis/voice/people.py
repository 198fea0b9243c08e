"""Somebody in a room, and the two things that tie them to it: what they are told by, what they are heard by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import uuid4

from parvis.voice.grants import End, Role, SeatGrant
from parvis.voice.limits import Bucket

Message = dict[str, Any]


class Line(Protocol):
    """How somebody is told things: a WebSocket, or a telephone’s prompts. Calls never block and never fail."""

    via: str

    def send(self, message: Message) -> None:
        """Tell them."""

    def close(self, end: End) -> None:
        """Tell them why it is over, and hang up."""


class Media(Protocol):
    """How somebody is heard. Calls never block and never fail; work is done in order, later."""

    def enter(self, room: str, person: str, *, muted: bool) -> None:
        """They are let into the room’s sound."""

    def mute(self, on: bool) -> None:
        """Out of the mix, or back."""

    def command(self, message: Message) -> None:
        """An offer, an answer, a candidate."""

    def cameras_changed(self) -> None:
        """Somebody’s camera went on or off."""

    def close(self) -> None:
        """Out for good."""


def _chat_bucket() -> Bucket:
    return Bucket(0.5, 5)


def _acts_bucket() -> Bucket:
    """What one does is told to everybody in the room: forty times a second would be the end of it."""
    return Bucket(2, 20)


@dataclass(slots=True, eq=False)
class Person:
    """One seat that is taken."""

    id: str
    name: str
    role: Role
    seat: str
    """The portal’s name of the seat; the same as `id`, except for the public, who share theirs."""
    line: Line
    media: Media
    since: float
    """Monotonic: when they came to the door."""
    stay: str = field(default_factory=lambda: str(uuid4()))
    is_public: bool = False
    is_in: bool = False
    """False: still in the lobby."""
    muted: bool = False
    held: bool = False
    """Muted by a host, who alone can release."""
    hand: int | None = None
    """Rank of asking; the lowest is the first."""
    camera: bool = False
    """One of the few places is theirs."""
    showing: bool = False
    """Their picture has arrived."""
    sound: bool = False
    heard_since: float | None = None
    chosen_at: float = float("-inf")
    """When a host last chose their role here: what the portal says may be older."""
    lost_at: float | None = None
    """The line was cut; the place is kept for a while."""
    chat: Bucket = field(default_factory=_chat_bucket)
    acts: Bucket = field(default_factory=_acts_bucket)

    @classmethod
    def of(cls, grant: SeatGrant, line: Line, media: Media, now: float) -> Person:
        """A newcomer."""
        person = cls(
            id=grant.seat,
            name=grant.name,
            role=grant.role,
            seat=grant.seat,
            line=line,
            media=media,
            since=now,
            is_public=grant.is_public,
        )
        if grant.is_public:
            person.id = f"p{person.stay}"
        return person

    @property
    def is_host(self) -> bool:
        """May run the room."""
        return self.role is Role.HOST
