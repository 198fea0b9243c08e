"""All the rooms: who is let in, what the portal is told, what it asks for."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import Callable
from typing import Any

from parvis.gateway.events import EventLog
from parvis.gateway.logs import get_logger
from parvis.gateway.portal_client import PortalRefused, PortalUnreachable
from parvis.voice.grants import REFUSALS, End, Role, RoomGrant, SeatGrant, parse_room
from parvis.voice.janus.audio import AudioRooms
from parvis.voice.janus.client import JanusClient
from parvis.voice.janus.process import JanusProcess
from parvis.voice.janus.video import VideoRooms
from parvis.voice.limits import Tries
from parvis.voice.metrics import Metrics
from parvis.voice.people import Line, Media, Person
from parvis.voice.portal_client import PortalClient
from parvis.voice.room import Refused, Room
from parvis.voice.settings import Settings
from parvis.voice.sip.call import Call

_EMPTY_SECONDS = 60.0
_NOT_NOW = "not_now"
_PIN_WINDOW = 600.0
_CALLER_TRIES, _TRUNK_TRIES, _ALL_TRIES = 10, 30, 60
_REFUSED = {"room_locked": End.ROOM_LOCKED, "room_full": End.ROOM_FULL, "room_closed": End.ROOM_CLOSED}

log = get_logger(__name__)


class Hall:
    """Every live room of this server."""

    def __init__(self, settings: Settings, portal: PortalClient, events: EventLog, metrics: Metrics) -> None:
        self._settings = settings
        self._portal = portal
        self._events = events
        self._metrics = metrics
        self.rooms: dict[str, Room] = {}
        self._is_known = False
        self._empty_since: dict[str, float] = {}
        self._by_caller = Tries(_CALLER_TRIES, _PIN_WINDOW)
        self._by_trunk = Tries(_TRUNK_TRIES, _PIN_WINDOW)
        self._by_all = Tries(_ALL_TRIES, _PIN_WINDOW)
        self.audio: AudioRooms | None = None
        self.video: VideoRooms | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self.janus = JanusProcess(
            settings.janus, settings.state_dir / "janus", on_up=self._janus_up, on_down=self._janus_down
        )

    def now(self) -> float:
        """Monotonic."""
        return time.monotonic()

    @property
    def people(self) -> int:
        """Everybody, lobbies included."""
        return sum(len(room.people) for room in self.rooms.values())

    # Coming in

    async def by_ticket(
        self, ticket: str, client_address: str, line: Line, media: Media, seated: Callable[[Room, Person], None]
    ) -> tuple[Room, Person] | End:
        """Redeem a browser’s ticket and seat it; otherwise why not."""
        if self.audio is None:
            return End.MEDIA_UNAVAILABLE
        try:
            room, seat = await self._portal.redeem(ticket, client_address)
        except PortalRefused as refused:
            return REFUSALS.get(refused.code, End.TICKET_REFUSED)
        except PortalUnreachable as error:
            log.warning("portal_not_reached", error=str(error))
            return End.PORTAL_UNREACHABLE
        return self._seat(room, seat, line, media, seated)

    async def by_pin(self, pin: str, caller: str, call: Call) -> tuple[Room, Person] | End | None:
        """The seat a PIN opens; why it is not given; None for a wrong PIN."""
        now, trunk = self.now(), call.trunk
        try:
            room, seat = await self._portal.pin(pin, _number(caller))
        except PortalRefused as refused:
            if refused.code in ("pin_unknown", "pin_refused"):
                if refused.detail != _NOT_NOW:  # early, or locked: whoever has the right PIN tries none out
                    self._wrong_pin(caller, trunk, now)
                return None
            return REFUSALS.get(refused.code, End.PORTAL_UNREACHABLE)
        except PortalUnreachable as error:
            log.warning("portal_not_reached", error=str(error))
            return End.PORTAL_UNREACHABLE
        return self._seat(room, seat, call, call, call.seated)

    def may_call(self, caller: str, trunk: str) -> int:
        """0, or the SIP status with which a call is refused before any PIN."""
        now = self.now()
        key = self._caller_key(caller, trunk)
        if self._by_caller.is_refused(key, now) or self._by_trunk.is_refused(trunk, now):
            return 603
        return 603 if self._by_all.is_refused("", now) else 0

    def _wrong_pin(self, caller: str, trunk: str, now: float) -> None:
        self._metrics.refused.labels("pin").inc()
        self._by_caller.failed(self._caller_key(caller, trunk), now)
        self._by_trunk.failed(trunk, now)
        self._by_all.failed("", now)

    @staticmethod
    def _caller_key(caller: str, trunk: str) -> str:
        return hashlib.sha256(caller.encode()).hexdigest() if caller.strip("+0") else trunk

    def _seat(
        self,
        grant: RoomGrant,
        seat: SeatGrant,
        line: Line,
        media: Media,
        seated: Callable[[Room, Person], None],
    ) -> tuple[Room, Person] | End:
        if self.people >= self._settings.limits.people:
            return End.ROOM_FULL
        room = self.rooms.get(grant.key)
        if room is None or room.is_over:
            room = self.rooms[grant.key] = Room(grant, self._noter(grant.key))
        room.follow(grant, self.now())
        try:
            person = room.enter(seat, line, media, self.now(), seated)
        except Refused as refused:
            return _REFUSED[refused.code]
        self._metrics.entered.labels(line.via).inc()
        return room, person

    def _noter(self, key: str) -> Callable[..., None]:
        def note(kind: str, person: Person | None, *, by: Person | None = None, **fields: Any) -> None:
            if person is not None and person.is_public:
                return
            about = {} if person is None else {"seat": person.seat, "stay": person.stay}
            self._events.add(kind, room=key, by=by and by.seat, **about, **fields)

        return note

    # Time

    def tick(self) -> None:
        """Four times a second."""
        now, wall = self.now(), time.time()
        for key, room in list(self.rooms.items()):
            room.tick(now, wall)
            if room.people and not room.is_over:
                self._empty_since.pop(key, None)
            elif room.is_over or now - self._empty_since.setdefault(key, now) >= _EMPTY_SECONDS:
                del self.rooms[key]
                self._empty_since.pop(key, None)
                self._spawn(self._end_media(key))
        self._metrics.rooms.set(len(self.rooms))
        self._metrics.people.set(self.people)

    async def heartbeat(self, load: dict[str, Any], *, phone: bool) -> None:
        """Tell the portal who is here, and do what it asks.

        Raises:
            PortalRefused, PortalUnreachable: nothing was learnt.
        """
        live = {key: room for key, room in self.rooms.items() if not room.is_over}
        rooms = [
            {
                "room": key,
                "people": [{"stay": p.stay, "seat": p.seat, "via": p.line.via} for p in room.people.values()],
            }
            for key, room in live.items()
        ]
        if not self._is_known:
            await self._portal.hello(self._state(phone))
            self._is_known = True
        answer = await self._portal.heartbeat({**self._state(phone), "rooms": rooms, "load": load})
        self._obey(answer, live)

    def _state(self, phone: bool) -> dict[str, Any]:
        reason = self.janus.reason
        return {"available": not reason, "reason": reason, "phone": phone and not reason}

    def _obey(self, answer: dict[str, Any], live: dict[str, Room]) -> None:
        now = self.now()
        by_stay = {p.stay: (room, p) for room in live.values() for p in room.people.values()}
        for item in _items(answer.get("close")):
            if room := live.get(str(item.get("room"))):
                room.end(REFUSALS.get(str(item.get("reason")), End.ROOM_CLOSED), now)
        for item in _items(answer.get("end")):
            room, person = by_stay.get(str(item.get("stay")), (None, None))
            if room is not None and person is not None:
                room.send_away(person, REFUSALS.get(str(item.get("reason")), End.ACCESS_REVOKED), now)
        for item in _items(answer.get("rooms")):
            if room := live.get(str(item.get("key"))):
                room.follow(parse_room(item), now)
        for item in _items(answer.get("seats")):
            for room in live.values():
                room.follow_seat(str(item["seat"]), Role(item["role"]), str(item["name"])[:120], now)

    def close(self) -> None:
        """The server stops: everybody may come back."""
        for room in self.rooms.values():
            room.end(End.RESTARTING, self.now())

    # Janus

    async def _janus_up(self, client: JanusClient) -> None:
        self.audio = await AudioRooms.open(client)
        self.video = await VideoRooms.open(client)
        for room in self.rooms.values():  # those who asked for their sound while it was away ask again
            room.media_lost()

    def _janus_down(self) -> None:
        self.audio = self.video = None
        for room in self.rooms.values():
            room.media_lost()

    async def _end_media(self, key: str) -> None:
        if self.audio is not None:
            await self.audio.end(key)
        if self.video is not None:
            await self.video.end(key)

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _number(caller: str) -> str:
    """The caller as the portal takes it; nothing when the trunk hides it."""
    return caller if re.fullmatch(r"\+?[0-9]{1,20}", caller) else ""


def _items(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
