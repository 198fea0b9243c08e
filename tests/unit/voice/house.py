"""People without lines: what they are told is kept, what is asked of their sound too."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import Any

from parvis.voice.commands import Moment, is_valid, obey
from parvis.voice.grants import End, Role, RoomGrant, SeatGrant
from parvis.voice.people import Message, Person
from parvis.voice.room import Refused, Room

GRANT = RoomGrant(
    key="r1",
    title="Point",
    is_sitting=False,
    has_lobby=False,
    allows_video=True,
    is_locked=False,
    ends_at=10_000.0,
    max_people=20,
    max_public=3,
)


@dataclass
class FakeLine:
    via: str = "browser"
    told: list[Message] = field(default_factory=list)
    end: End | None = None

    def send(self, message: Message) -> None:
        assert self.end is None, "told after the end"
        self.told.append(message)

    def close(self, end: End) -> None:
        self.end = end

    def last(self, kind: str) -> Message:
        return next(message for message in reversed(self.told) if message["type"] == kind)

    def kinds(self) -> list[str]:
        return [message["type"] for message in self.told]


@dataclass
class FakeMedia:
    entered: tuple[str, str, bool] | None = None
    muted: bool | None = None
    closed: bool = False
    commands: list[Message] = field(default_factory=list)
    cameras: int = 0

    def enter(self, room: str, person: str, *, muted: bool) -> None:
        self.entered, self.muted = (room, person, muted), muted

    def mute(self, on: bool) -> None:
        self.muted = on

    def command(self, message: Message) -> None:
        self.commands.append(message)

    def cameras_changed(self) -> None:
        self.cameras += 1

    def close(self) -> None:
        self.closed = True


class House:
    """One room, its guests, and what the portal was told."""

    def __init__(self, **changes: Any) -> None:
        self.noted: list[tuple[str, str | None, dict[str, Any]]] = []
        self.room = Room(replace(GRANT, **changes), self._note)
        self.now = 100.0
        self._seats = itertools.count(1)

    def _note(self, kind: str, person: Person | None, *, by: Person | None = None, **fields: Any) -> None:
        self.noted.append((kind, person and person.seat, fields))

    def kinds(self) -> list[str]:
        return [kind for kind, _, _ in self.noted]

    def enter(
        self, name: str, role: Role = Role.SPEAKER, *, seat: str = "", waits: bool = False, public: bool = False
    ) -> Guest:
        grant = SeatGrant(seat or str(next(self._seats)), name, role, waits, public)
        line, media = FakeLine(), FakeMedia()
        return Guest(self, self.room.enter(grant, line, media, self.now), line, media)

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.room.tick(self.now, self.now)


@dataclass
class Guest:
    house: House
    person: Person
    line: FakeLine
    media: FakeMedia

    @property
    def id(self) -> str:
        return self.person.id

    def say(self, kind: str, **fields: Any) -> str:
        """Do what a message asks; the error's code, or nothing."""
        message = {"type": kind, **fields}
        assert is_valid(message), message
        try:
            obey(self.house.room, self.person, message, Moment(self.house.now, "2026-11-23T09:00:00Z"))
        except Refused as refused:
            return refused.code
        return ""

    def sees(self, other: Guest) -> dict[str, Any]:
        """The last that was told of somebody."""
        for message in reversed(self.line.told):
            if message["type"] == "person" and message["person"]["id"] == other.id:
                return dict(message["person"])
            if message["type"] == "admitted":
                return next(each for each in message["people"] if each["id"] == other.id)
        raise AssertionError("never heard of")
