"""What a live room is made of, and how it is told to those in it: `Room` and `Person` of the protocol."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from parvis.voice.grants import Role, RoomGrant
from parvis.voice.people import Message, Person

Note = Callable[..., None]


class RoomState:
    """Who is in the room and where it stands; what changes it is `room.Room`."""

    def __init__(self, grant: RoomGrant, note: Note) -> None:
        self.grant = grant
        self.key = grant.key
        self.people: dict[str, Person] = {}
        self.is_locked = grant.is_locked
        self.cameras_allowed = grant.allows_video
        self.ends_at = grant.ends_at
        self._locked_at = float("-inf")
        self.floor: Person | None = None
        self.floor_since: float | None = None
        self.talking: set[str] = set()
        self.is_over = False
        self._told_talking: list[str] = []
        self._told_soon = False
        self._ranks = itertools.count(1)
        self._note = note

    def listed(self) -> Iterator[Person]:
        """Who is in and seen by the others."""
        return (person for person in list(self.people.values()) if person.is_in and not person.is_public)

    def lobby(self) -> list[Person]:
        """Who waits to be let in, the first first."""
        return [person for person in self.people.values() if not person.is_in]

    def hands(self) -> list[Person]:
        """Raised hands in order."""
        return sorted((p for p in self.listed() if p.hand is not None), key=lambda p: p.hand or 0)

    def tell(self, message: Message, *, but: Person | None = None) -> None:
        """To all who are in."""
        for person in list(self.people.values()):
            if person.is_in and person is not but and person.lost_at is None:
                person.line.send(message)

    def describe(self) -> Message:
        """`Room` of the protocol."""
        return {
            "key": self.key,
            "title": self.grant.title,
            "mode": "sitting" if self.grant.is_sitting else "meeting",
            "has_lobby": self.grant.has_lobby,
            "locked": self.is_locked,
            "cameras": self.cameras_allowed,
            "ends_at": moment(self.ends_at),
            "listeners": sum(person.is_public for person in self.people.values()),
        }

    def person(self, person: Person) -> Message:
        """`Person` of the protocol."""
        hand = None
        if person.hand is not None:
            hand = next((place for place, other in enumerate(self.hands(), 1) if other is person), None)
        return {
            "id": person.id,
            "name": person.name,
            "role": str(person.role),
            "via": person.line.via,
            "muted": person.muted,
            "held": person.held,
            "hand": hand,
            "camera": person.camera,
            "sound": person.sound,
        }

    def _may_be_heard(self, person: Person) -> bool:
        if person.role is Role.LISTENER:
            return False
        return not self.grant.is_sitting or person.is_host or person is self.floor

    def _set_muted(self, person: Person, on: bool, *, force: bool = False) -> None:
        if person.muted == on and not force:
            return
        person.muted = on
        if on:
            self.talking.discard(person.id)
        person.media.mute(on)
        if not person.is_public:
            self.tell({"type": "person", "person": self.person(person)})

    def _tell_room(self) -> None:
        self.tell({"type": "room", "room": self.describe()})

    def _tell_lobby(self) -> None:
        people = [{"id": p.id, "name": p.name, "via": p.line.via} for p in self.lobby()]
        for person in self.listed():
            if person.is_host and person.lost_at is None:
                person.line.send({"type": "lobby", "people": people})

    def _tell_hands(self, now: float) -> None:
        """Places have changed for those behind."""
        for person in self.hands():
            self.tell({"type": "person", "person": self.person(person)})
        if self.grant.is_sitting:
            self.tell(self._floor_message(now))

    def _floor_message(self, now: float) -> Message:
        return {
            "type": "floor",
            "who": self.floor and self.floor.id,
            "seconds": None if self.floor_since is None else round(now - self.floor_since, 1),
            "list": [{"id": p.id, "name": p.name} for p in self.hands()],
        }

    def _noted_left(self, person: Person, now: float, reason: str) -> None:
        if person.heard_since is not None:
            seconds = round(max(0.0, (person.lost_at or now) - person.heard_since))
            self._note("left", person, seconds=seconds, reason=reason)
            person.heard_since = None
        if not self.people:
            self._note("emptied", None)


def moment(wall: float) -> str:
    """ISO 8601, as the protocol says it."""
    return datetime.fromtimestamp(wall, UTC).isoformat().replace("+00:00", "Z")
