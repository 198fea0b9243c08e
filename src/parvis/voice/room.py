"""A room while it lives: who is there, who is heard, who asks to speak. In memory only; no I/O, no clock of its own.

Every change goes out at once through the people’s lines and media (`people`), and to the portal through `note`.
"""

from __future__ import annotations

from collections.abc import Callable

from parvis.voice.grants import End, Role, RoomGrant, SeatGrant
from parvis.voice.people import Line, Media, Person
from parvis.voice.room_state import RoomState, moment

MOST_CAMERAS = 8
GRACE_SECONDS = 30.0
SETTLE_SECONDS = 15.0
"""What a host has just changed here is not undone by a portal that does not know it yet."""
SOON_SECONDS = 300.0


class Refused(Exception):
    """A command that is not done; `code` is told to who asked."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Room(RoomState):
    """One live room."""

    # Coming and going

    def enter(
        self,
        grant: SeatGrant,
        line: Line,
        media: Media,
        now: float,
        seated: Callable[[Room, Person], None] = lambda room, person: None,
    ) -> Person:
        """Give somebody their seat, in the room or in its lobby; who held it already gives way.

        `seated` is called once they have it, before they are told anything.

        Raises:
            Refused: `room_locked`, `room_full`, `room_closed`.
        """
        if self.is_over:
            raise Refused("room_closed")
        former = None if grant.is_public else self.people.get(grant.seat)
        was_in = former is not None and former.is_in
        if former is None:
            if self.is_locked and grant.role is not Role.HOST:
                raise Refused("room_locked")
            if sum(p.is_public is grant.is_public for p in self.people.values()) >= (
                self.grant.max_public if grant.is_public else self.grant.max_people
            ):
                raise Refused("room_full")
        person = Person.of(grant, line, media, now)
        if former is not None:
            self._take_over(former, person)
        waits = grant.waits and not was_in
        self.people[person.id] = person
        seated(self, person)
        state = "lobby" if waits else "in"
        line.send({"type": "welcome", "stay": person.stay, "you": person.id, "state": state, "room": self.describe()})
        if waits:
            self._tell_lobby()
        else:
            self._let_in(person, now)
        return person

    def _take_over(self, former: Person, person: Person) -> None:
        """A new connection of the same seat: same hand, same floor, still muted if they were."""
        person.muted, person.held, person.hand = former.muted, former.held, former.hand
        person.chat, person.acts = former.chat, former.acts
        if self.floor is former:
            self.floor = person
        if former.is_in:  # the same stay goes on
            person.stay, person.heard_since = former.stay, former.heard_since
        former.is_in = False
        if former.lost_at is None:
            former.line.close(End.REPLACED)
        former.media.close()

    def _let_in(self, person: Person, now: float) -> None:
        person.is_in = True
        if not self._may_be_heard(person):
            person.muted = True
        if person.heard_since is None:
            person.heard_since = now
            self._note("joined", person, via=person.line.via)
        person.line.send(
            {
                "type": "admitted",
                "you": person.id,
                "room": self.describe(),
                "people": [self.person(other) for other in self.listed()],
                "first": sum(other.is_in and not other.is_public for other in self.people.values()) == 1,
            }
        )
        person.media.enter(self.key, person.id, muted=person.muted)
        if self.grant.is_sitting:
            person.line.send(self._floor_message(now))
        if person.is_host:
            self._tell_lobby()
        if person.is_public:
            self._tell_room()
        else:
            self.tell({"type": "person", "person": self.person(person)}, but=person)

    def lost(self, person: Person, now: float) -> None:
        """The line was cut: the place is kept for a while, silent."""
        if self.people.get(person.id) is not person or person.lost_at is not None:
            return
        if not person.is_in or person.is_public:
            self.leave(person, now, reason="lost")
            return
        person.lost_at = now
        person.media.close()
        person.sound = False
        self.set_camera(person, False)
        self.talking.discard(person.id)

    def leave(self, person: Person, now: float, reason: str = "left") -> None:
        """They are gone; safe to call twice."""
        if self.people.get(person.id) is not person:
            return
        self.set_showing(person, False)
        del self.people[person.id]
        self.talking.discard(person.id)
        person.media.close()
        if self.floor is person:
            self._end_floor(None, now)
        self._noted_left(person, now, reason)
        was_in, person.is_in = person.is_in, False
        if not was_in:
            self._tell_lobby()
        elif person.is_public:
            self._tell_room()
        else:
            self.tell({"type": "gone", "id": person.id, "reason": reason})
            if person.hand is not None:
                self._tell_hands(now)

    def end(self, why: End, now: float) -> None:
        """Everybody out."""
        self.is_over = True
        for person in list(self.people.values()):
            if person.lost_at is None:
                person.line.close(why)
            self.leave(person, now)

    def send_away(self, person: Person, why: End, now: float, reason: str = "kicked") -> None:
        """One person out."""
        if person.lost_at is None:
            person.line.close(why)
        self.leave(person, now, reason)

    def tick(self, now: float, wall: float) -> None:
        """Once in a while: who talks, who does not come back, what time it is."""
        talking = sorted(self.talking)
        if talking != self._told_talking:
            self._told_talking = talking
            self.tell({"type": "talking", "ids": talking})
        for person in list(self.people.values()):
            if person.lost_at is not None and now - person.lost_at >= GRACE_SECONDS:
                self.leave(person, now, reason="lost")
        if wall >= self.ends_at:
            self.end(End.ROOM_CLOSED, now)
        elif not self._told_soon and wall >= self.ends_at - SOON_SECONDS:
            self._told_soon = True
            self.tell({"type": "ends_soon", "at": moment(self.ends_at)})

    def follow(self, grant: RoomGrant, now: float) -> None:
        """What the portal has changed."""
        before = self.describe()
        if grant.ends_at != self.ends_at:
            self.ends_at, self._told_soon = grant.ends_at, False
        if now - self._locked_at >= SETTLE_SECONDS:
            self.is_locked = grant.is_locked
        self.grant = grant
        if self.describe() != before:
            self._tell_room()

    def follow_seat(self, seat: str, role: Role, name: str, now: float) -> None:
        """What the portal has changed of a seat."""
        person = self.people.get(seat)
        if person is None or person.is_public or now - person.chosen_at < SETTLE_SECONDS:
            return
        if person.name != name:
            person.name = name
            if person.is_in:
                self.tell({"type": "person", "person": self.person(person)})
        if person.role is not role:
            self._change_role(person, role, None, now)

    def media_lost(self) -> None:
        """Janus is gone: every sound path must be made again."""
        self.talking.clear()
        for person in list(self.people.values()):
            if person.is_in and person.lost_at is None:
                person.sound = person.camera = person.showing = False
                person.line.send({"type": "media", "leg": "audio", "up": False})

    # What everybody may do

    def mute(self, person: Person, on: bool) -> None:
        """One’s own microphone.

        Raises:
            Refused: to open it: `not_allowed`, `muted_by_host`, `not_your_turn`.
        """
        if not on:
            if person.role is Role.LISTENER:
                raise Refused("not_allowed")
            if person.held:
                raise Refused("muted_by_host")
            if not self._may_be_heard(person):
                raise Refused("not_your_turn")
        self._set_muted(person, on)

    def raise_hand(self, person: Person, up: bool, now: float) -> None:
        """Ask to speak, or give it up.

        Raises:
            Refused: `not_allowed` to listeners.
        """
        if person.is_public or (person.role is Role.LISTENER and self.grant.is_sitting):
            raise Refused("not_allowed")
        if up == (person.hand is not None):
            return
        person.hand = next(self._ranks) if up else None
        if self.grant.is_sitting:
            self._note("floor_asked" if up else "floor_withdrawn", person)
        self.tell({"type": "person", "person": self.person(person)})
        self._tell_hands(now)

    def say(self, person: Person, text: str, at: str, now: float) -> None:
        """A written word to those who are in; kept nowhere.

        Raises:
            Refused: `not_allowed`, `too_fast`.
        """
        if person.is_public or person.role is Role.LISTENER:
            raise Refused("not_allowed")
        if not person.chat.take(now):
            raise Refused("too_fast")
        self.tell({"type": "chat", "from": person.id, "name": person.name, "text": text, "at": at})

    def set_camera(self, person: Person, on: bool) -> None:
        """Note that a camera is shown or no more.

        Raises:
            Refused: `not_allowed`, `no_cameras`, `too_many_cameras`.
        """
        if on and not person.camera:
            if person.role is Role.LISTENER:
                raise Refused("not_allowed")
            if not self.cameras_allowed:
                raise Refused("no_cameras")
            if sum(other.camera for other in self.people.values()) >= MOST_CAMERAS:
                raise Refused("too_many_cameras")
        if not on:
            self.set_showing(person, False)
        if person.camera != on:
            person.camera = on
            self.tell({"type": "person", "person": self.person(person)})

    def set_showing(self, person: Person, on: bool) -> None:
        """Note that a camera’s picture has arrived, or is gone: those who look are offered it."""
        if person.showing != on:
            person.showing = on
            for other in list(self.people.values()):
                if other.is_in and other is not person:
                    other.media.cameras_changed()

    def set_sound(self, person: Person, up: bool) -> None:
        """Note that somebody’s sound passes or not."""
        if person.is_in and person.sound != up:
            person.sound = up
            if not person.is_public:
                self.tell({"type": "person", "person": self.person(person)})

    def set_talking(self, person_id: str, talks: bool) -> None:
        """Note who is heard; told at the next tick."""
        person = self.people.get(person_id)
        if talks and person is not None and not person.muted and person.is_in:
            self.talking.add(person_id)
        else:
            self.talking.discard(person_id)

    # What hosts may do

    def find(self, who: str, *, lobby: bool = False) -> Person:
        """Somebody in the room (or in its lobby).

        Raises:
            Refused: `unknown_person`.
        """
        person = self.people.get(who)
        if person is None or person.is_in is lobby or person.is_public:
            raise Refused("unknown_person")
        return person

    def admit(self, who: str, now: float) -> None:
        """Let in from the lobby, one or all."""
        waiting = self.lobby() if who == "all" else [self.find(who, lobby=True)]
        for person in waiting:
            self._let_in(person, now)
        self._tell_lobby()

    def refuse(self, who: str, now: float) -> None:
        """Do not let in."""
        self.send_away(self.find(who, lobby=True), End.SENT_AWAY, now)

    def silence(self, who: str, by: Person) -> None:
        """Mute somebody, or all but hosts, and hold them so."""
        chosen = [p for p in self.listed() if not p.is_host] if who == "all" else [self.find(who)]
        for person in chosen:
            if person is by:
                continue
            person.held = True
            if not person.muted:
                person.line.send({"type": "muted", "by": "host"})
            self._set_muted(person, True, force=True)

    def ask_unmute(self, who: str, by: Person) -> None:
        """Release somebody and ask them to open their microphone; it is theirs to do."""
        person = self.find(who)
        person.held = False
        self.tell({"type": "person", "person": self.person(person)})
        person.line.send({"type": "unmute_asked", "by": by.name})

    def kick(self, who: str, by: Person, now: float) -> None:
        """Send somebody away; the portal bans the seat."""
        person = self.find(who)
        if person is by:
            raise Refused("not_allowed")
        self._note("kicked", person, by=by)
        self.send_away(person, End.SENT_AWAY, now)

    def lock(self, on: bool, by: Person, now: float) -> None:
        """Nobody new comes in."""
        if self.is_locked != on:
            self.is_locked, self._locked_at = on, now
            self._note("locked", None, by=by, on=on)
            self._tell_room()

    def set_role(self, who: str, role: Role, by: Person, now: float) -> None:
        """Host, speaker or listener.

        Raises:
            Refused: `not_allowed`: the last host stays one.
        """
        person = self.find(who)
        if person.role is role:
            return
        if person.is_host and sum(p.is_host and p.is_in for p in self.people.values()) == 1:
            raise Refused("not_allowed")
        person.chosen_at = now
        self._note("role", person, by=by, role=str(role))
        self._change_role(person, role, by, now)

    def _change_role(self, person: Person, role: Role, by: Person | None, now: float) -> None:
        person.role = role
        if not person.is_in:
            return
        if self.floor is person and role is Role.LISTENER:
            self._end_floor(by, now)
        if not self._may_be_heard(person) and not person.muted:
            person.line.send({"type": "muted", "by": "host"})
            self._set_muted(person, True, force=True)
        else:
            self.tell({"type": "person", "person": self.person(person)})
        self._tell_lobby()

    def lower(self, who: str, now: float) -> None:
        """Lower somebody’s hand."""
        self.raise_hand(self.find(who), False, now)

    def allow_cameras(self, on: bool) -> None:
        """Whether cameras may be shown; those that are go off."""
        self.cameras_allowed = on
        if not on:
            for person in self.listed():
                if person.camera:
                    person.media.command({"type": "camera_stop"})
        self._tell_room()

    def finish(self, by: Person, now: float) -> None:
        """The meeting is over for all."""
        self._note("ended", None, by=by)
        self.end(End.ENDED_BY_HOST, now)

    # Sittings

    def give_floor(self, who: str, by: Person, now: float) -> None:
        """The president lets one person speak; the others’ microphones close.

        Raises:
            Refused: `not_allowed` outside sittings and for listeners.
        """
        person = self.find(who)
        if not self.grant.is_sitting or person.role is Role.LISTENER:
            raise Refused("not_allowed")
        if self.floor is person:
            return
        self._end_floor(by, now)
        self.floor, self.floor_since = person, now
        person.hand, person.held = None, False
        self._note("floor_given", person, by=by)
        self.tell({"type": "person", "person": self.person(person)})
        self.tell(self._floor_message(now))
        person.line.send({"type": "unmute_asked", "by": by.name})

    def take_floor(self, by: Person, now: float) -> None:
        """Nobody has the floor."""
        self._end_floor(by, now)
        self.tell(self._floor_message(now))

    def move(self, who: str, rank: int, now: float) -> None:
        """Another place in the speaking list."""
        person = self.find(who)
        if person.hand is None:
            raise Refused("unknown_person")
        queue = [p for p in self.hands() if p is not person]
        queue.insert(min(rank, len(queue)), person)
        for place, ranks in zip(queue, sorted(p.hand or 0 for p in queue), strict=True):
            place.hand = ranks
        self._tell_hands(now)

    def _end_floor(self, by: Person | None, now: float) -> None:
        person, since = self.floor, self.floor_since
        self.floor = self.floor_since = None
        if person is None:
            return
        self._note("floor_done", person, by=by, seconds=round(now - (since or now)))
        if person.is_in and not self._may_be_heard(person) and not person.muted:
            person.line.send({"type": "muted", "by": "floor"})
            self._set_muted(person, True, force=True)
