"""One call from the welcome to the good-bye: PIN, lobby, room. The keys and the phrases are the caller’s only page."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Protocol

from parvis.gateway.logs import get_logger
from parvis.voice.grants import End, Role
from parvis.voice.janus.audio import AudioLeg, AudioRooms
from parvis.voice.janus.client import JanusError
from parvis.voice.people import Message, Person
from parvis.voice.room import Refused, Room
from parvis.voice.sip.opus import PAYLOAD_TYPE
from parvis.voice.sip.prompts import phrase, tone
from parvis.voice.sip.server import Dialog

MOST_PIN = 8
TRIES = 3
_PAUSE_SECONDS = 4.0
"""Silence after the last digit that stands for #."""
_PIN_SECONDS = 60.0
_SILENCE_SECONDS = 60.0
"""Without a packet for this long, the phone is gone: nobody said BYE."""
_TONE_SECONDS = 6.0
_FAREWELL = {
    End.SENT_AWAY: "sent_away",
    End.ACCESS_REVOKED: "sent_away",
    End.ROOM_LOCKED: "locked",
    End.ROOM_FULL: "full",
    End.REPLACED: "ended",
    End.ROOM_CLOSED: "ended",
    End.ENDED_BY_HOST: "ended",
    End.LEFT: "ended",
}

log = get_logger(__name__)


class Hall(Protocol):
    """What a call needs of the building."""

    @property
    def audio(self) -> AudioRooms | None:
        """The mixing rooms; None while Janus is away."""

    async def by_pin(self, pin: str, caller: str, call: Call) -> tuple[Room, Person] | End | None:
        """The seat a PIN opens; why it is not given; None for a wrong PIN."""

    def now(self) -> float:
        """Monotonic."""


class Call:
    """The caller: `Line`, `Media` and `CallHandler` in one."""

    via = "phone"

    def __init__(self, hall: Hall, dialog: Dialog) -> None:
        self._hall = hall
        self._dialog = dialog
        self._media = dialog.media
        self._media.on_digit = self._digit
        self._media.on_talking = self._talking
        self._keys: asyncio.Queue[str] = asyncio.Queue(maxsize=64)
        self._room: Room | None = None
        self._person: Person | None = None
        self._leg: AudioLeg | None = None
        self._work: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._is_over = False
        self._star = False

    @property
    def trunk(self) -> str:
        """Where the call came from."""
        return self._dialog.invite_source[0]

    # What SIP tells

    def answered(self) -> None:
        """Begin to speak."""
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._script()), loop.create_task(self._do_work())]

    def hung_up(self) -> None:
        """The call is over: leave the room."""
        self._is_over = True
        for task in self._tasks:
            task.cancel()
        room, person = self._room, self._person
        self._room = self._person = None
        if room is not None and person is not None:
            room.leave(person, self._hall.now())
        leg, self._leg = self._leg, None
        if leg is not None:
            self._last = asyncio.get_running_loop().create_task(leg.leave())

    # The script

    async def _script(self) -> None:
        try:
            ended = await self._find_room()
        except Exception:  # the caller hears something, whatever happens
            log.exception("call_failed")
            ended = "unavailable"
        if ended:
            await self._farewell(ended)
            return
        while not self._is_over:  # in the lobby or in the room
            if self._hall.now() - self._media.last_heard > _SILENCE_SECONDS:
                log.info("call_silent")
                self._dialog.hang_up()
                return
            person = self._person
            if person is not None and not person.is_in:
                self._media.play(tone(self._media.codec))
            await asyncio.sleep(_TONE_SECONDS)

    async def _find_room(self) -> str:
        """Ask for the PIN until it opens a room; otherwise the phrase to part with."""
        self._say("welcome")
        for left in range(TRIES - 1, -1, -1):
            pin = await self._pin()
            if not pin and self._hall.now() - self._media.last_heard > _PIN_SECONDS / 2:
                return "no_more"
            if self._hall.audio is None:
                return "unavailable"
            if pin:
                found = await self._hall.by_pin(pin, self._dialog.caller, self)
                if isinstance(found, End):
                    return _FAREWELL.get(found, "unavailable")
                if found is not None:
                    return ""
            if left:
                self._say("wrong")
        return "no_more"

    async def _pin(self) -> str:
        digits = ""
        wait = _PIN_SECONDS
        while True:
            try:
                key = await asyncio.wait_for(self._keys.get(), wait)
            except TimeoutError:
                return digits
            self._media.hush()
            if key == "#":
                return digits
            if key == "*":
                digits = ""
            elif key.isdigit() and len(digits) < MOST_PIN:
                digits += key
            wait = _PAUSE_SECONDS

    async def _farewell(self, name: str) -> None:
        self._media.leave()
        self._say(name)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._media.played(), 15)
        self._dialog.hang_up()

    def _say(self, name: str) -> None:
        self._media.play(phrase(name, self._media.codec))

    # Keys in the room

    def _digit(self, digit: str) -> None:
        if self._person is None or not self._person.is_in:
            if not self._keys.full():
                self._keys.put_nowait(digit)
            return
        if digit == "*":
            self._star = True
            return
        star, self._star = self._star, False
        if not star or not self._person.acts.take(self._hall.now()):
            return
        if digit == "6":
            self._toggle_microphone(self._person)
        elif digit == "5":
            self._toggle_hand(self._person)

    def _toggle_microphone(self, person: Person) -> None:
        if self._room is None:
            return
        try:
            self._room.mute(person, not person.muted)
        except Refused as refused:
            self._say(
                {"muted_by_host": "muted_by_host", "not_your_turn": "not_your_turn"}.get(refused.code, "listening")
            )
        else:
            self._say("muted" if person.muted else "unmuted")

    def _toggle_hand(self, person: Person) -> None:
        if self._room is None:
            return
        with contextlib.suppress(Refused):
            self._room.raise_hand(person, person.hand is None, self._hall.now())
            self._say("hand_up" if person.hand is not None else "hand_down")

    def _talking(self, talks: bool) -> None:
        if self._room is not None and self._person is not None:
            self._room.set_talking(self._person.id, talks)

    # What the room tells (`Line`)

    def seated(self, room: Room, person: Person) -> None:
        """The portal gave a seat; `Room.enter` is about to tell more."""
        self._room, self._person = room, person

    def send(self, message: Message) -> None:
        """Say what matters to somebody who only hears."""
        match message["type"]:
            case "welcome":
                self._media.hush()
                if message["state"] == "lobby":
                    self._say("waiting")
            case "admitted":
                self._media.hush()
                self._say(self._entrance(message))
            case "muted":
                self._say("floor_over" if message["by"] == "floor" else "muted_by_host")
            case "media" if not message["up"]:
                self._give_up()
            case "unmute_asked" | "ends_soon":
                self._say(message["type"])

    def _entrance(self, message: Message) -> str:
        mine = next((p for p in message["people"] if p["id"] == message.get("you")), None)
        if mine is not None and (mine["role"] == Role.LISTENER or mine["muted"]):
            return "listening" if mine["role"] == Role.LISTENER else "not_your_turn"
        return "first" if message.get("first") else "inside"

    def close(self, end: End | None = None) -> None:
        """Say why it is over, and hang up (as `Line`); as `Media`, without a reason: out of the sound."""
        if end is None:
            self._media.leave()
            self._put(self._leave)
            return
        self._person = self._room = None
        if not self._is_over:
            self._tasks.append(
                asyncio.get_running_loop().create_task(self._farewell(_FAREWELL.get(end, "unavailable")))
            )
            self._is_over = True

    # The room’s sound (`Media`)

    def enter(self, room: str, person: str, *, muted: bool) -> None:
        """Into the mix."""
        self._put(lambda: self._join(room, person, muted))

    def mute(self, on: bool) -> None:
        """Out of the mix, or back."""
        self._put(lambda: self._mute(on))

    def command(self, message: Message) -> None:
        """Nothing a telephone can do."""

    def cameras_changed(self) -> None:
        """A telephone shows nothing."""

    def _put(self, work: Callable[[], Awaitable[None]]) -> None:
        self._work.put_nowait(work)

    async def _do_work(self) -> None:
        while True:
            work = await self._work.get()
            try:
                await work()
            except JanusError as error:
                log.warning("call_sound_failed", error=str(error))
                self._give_up()

    def _give_up(self) -> None:
        """No sound any more: out of the room, with a word."""
        if self._room is not None and self._person is not None:
            self._room.send_away(self._person, End.MEDIA_UNAVAILABLE, self._hall.now(), reason="lost")

    async def _join(self, room: str, person: str, muted: bool) -> None:
        audio = self._hall.audio
        if audio is None:
            raise JanusError("Janus is not there")
        await audio.make(room)
        leg = self._leg = await audio.join_phone(
            room, person, muted=muted, payload=PAYLOAD_TYPE, port=self._media.janus_port
        )
        if leg.rtp is not None:
            self._media.join(leg.rtp)
        if self._room is not None and self._person is not None:
            self._room.set_sound(self._person, True)

    async def _mute(self, on: bool) -> None:
        if self._leg is not None:
            await self._leg.mute(on)

    async def _leave(self) -> None:
        leg, self._leg = self._leg, None
        if leg is not None:
            await leg.leave()
