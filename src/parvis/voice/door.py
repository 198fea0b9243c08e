"""The browsers’ door: one WebSocket, its ticket, then strict JSON messages (docs/reference/voice-protocol.md)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from parvis.gateway.logs import get_logger
from parvis.gateway.refusal_quota import RefusalQuota
from parvis.gateway.registry import Registry
from parvis.voice.browser_media import BrowserMedia
from parvis.voice.commands import Moment, is_valid, obey
from parvis.voice.grants import End
from parvis.voice.hall import Hall
from parvis.voice.limits import Bucket
from parvis.voice.metrics import Metrics
from parvis.voice.people import Message, Person
from parvis.voice.portal_client import PortalClient, iso_now
from parvis.voice.room import MOST_CAMERAS, Refused, Room
from parvis.voice.settings import Settings

MOST_BYTES = 64 * 1024
MOST_TICKET = 2048
_PREFIX = "parvisroom1."
_MOST_INVALID = 10
_MOST_UNSENT = 512 * 1024
"""A browser that does not read what it is told is let go before our memory is its buffer."""
_LINGER_SECONDS = 2.0

log = get_logger(__name__)


@dataclass(slots=True)
class Context:
    """What every connection needs."""

    settings: Settings
    hall: Hall
    portal: PortalClient
    metrics: Metrics
    registry: Registry[Door]
    quota: RefusalQuota
    doors: set[Door]
    draining: bool = False


class Door(WSListener):
    """One browser: `Line` for the room."""

    via = "browser"
    user = 0

    def __init__(self, context: Context, client: str) -> None:
        self._context = context
        self._client = client
        self._transport: WSTransport | None = None
        self._room: Room | None = None
        self._person: Person | None = None
        self._media: BrowserMedia | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._seating: asyncio.Task[None] | None = None
        self._is_pending = False
        self._is_closing = False
        self._pace = Bucket(40, 80)
        self._invalid = 0
        self.last_heard = time.monotonic()

    # WebSocket

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Wait for the ticket, not for long."""
        self._transport = transport
        self._is_pending = True
        self._context.registry.knock(self._client)
        self._context.doors.add(self)
        seconds = self._context.settings.limits.first_message_seconds
        self._timer = asyncio.get_running_loop().call_later(seconds, self.close, End.PROTOCOL_ERROR)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """One message."""
        self.last_heard = time.monotonic()
        kind = frame.msg_type
        if kind == WSMsgType.CLOSE:
            # A page that is closed or loaded again says 1001: it may come back.
            self._gone(left=frame.get_close_code() == WSCloseCode.OK)
            if not self._is_closing:
                self._is_closing = True
                with contextlib.suppress(OSError):
                    transport.send_close(WSCloseCode.OK)
            transport.disconnect()
        elif kind == WSMsgType.TEXT and frame.fin and not self._is_closing:
            if self._pace.take(self.last_heard):
                self._take(frame.get_payload_as_memoryview())
            else:
                self.close(End.PROTOCOL_ERROR)
        elif kind not in (WSMsgType.PING, WSMsgType.PONG):
            self.close(End.PROTOCOL_ERROR)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Cut, or closed: a seat that was not left is kept for a while."""
        self._is_closing = True
        self._context.doors.discard(self)
        self._settled()
        self._gone(left=False)
        if self._seating is not None:
            self._seating.cancel()

    def ping(self, now: float) -> None:
        """Is anybody there?"""
        if now - self.last_heard > self._context.settings.limits.browser_silence_seconds:
            self.close(End.SILENT)
            self._gone(left=False)
        elif self._transport is not None and not self._is_closing:
            self._transport.send_ping()

    # `Line`

    def send(self, message: Message) -> None:
        """Tell the browser."""
        transport = self._transport
        if transport is None or self._is_closing:
            return
        if message["type"] == "welcome":
            person = message["you"]
            message = {
                **message,
                "ice_servers": self._context.settings.turn.ice_servers(person, time.time()),
                "limits": {"chat": 1000, "cameras": MOST_CAMERAS},
            }
        transport.send(WSMsgType.TEXT, json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode())
        if transport.underlying_transport.get_write_buffer_size() > _MOST_UNSENT:
            log.warning("browser_does_not_read")
            self._is_closing = True
            transport.disconnect(False)

    def close(self, end: End) -> None:
        """Tell why, and let go."""
        transport = self._transport
        if transport is None or self._is_closing:
            return
        self._is_closing = True
        with contextlib.suppress(OSError):
            transport.send_close(end.code, end.word.encode())  # type: ignore[arg-type]  # ours from 4000 on
        asyncio.get_running_loop().call_later(_LINGER_SECONDS, transport.disconnect, False)

    # Messages

    def _take(self, payload: memoryview) -> None:
        try:
            message = json.loads(bytes(payload))
        except (ValueError, RecursionError):
            message = None
        if self._person is None:
            self._hello(message)
        elif isinstance(message, dict) and message == {"type": "leave"}:
            self._gone(left=True)
            self.close(End.LEFT)
        elif not is_valid(message):
            self._wrong(message)
        else:
            self._obey(message)

    def _hello(self, message: object) -> None:
        if self._seating is not None:
            return self.close(End.PROTOCOL_ERROR)
        ticket = _ticket_of(message)
        if ticket is None:
            return self.close(End.PROTOCOL_ERROR)
        if not ticket.startswith(_PREFIX) or len(ticket) > MOST_TICKET or not ticket.isascii():
            return self._refuse(End.TICKET_REFUSED)
        if self._context.portal.silence > self._context.settings.limits.portal_silence_seconds:
            return self._refuse(End.PORTAL_UNREACHABLE)
        self._seating = asyncio.get_running_loop().create_task(self._take_seat(ticket))
        return None

    async def _take_seat(self, ticket: str) -> None:
        self._media = BrowserMedia(self._context.hall, self)
        try:
            found = await self._context.hall.by_ticket(ticket, self._client, self, self._media, self._seated)
        except Exception:
            log.exception("seat_not_taken")
            found = End.PORTAL_UNREACHABLE
        if isinstance(found, End):
            self._media.close()
            self._refuse(found)
        elif self._is_closing:  # left while the portal was asked
            self._gone(left=True)

    def _seated(self, room: Room, person: Person) -> None:
        self._room, self._person = room, person
        if self._media is not None:
            self._media.seated(room, person)
        self._settled()

    def _obey(self, message: Message) -> None:
        if self._room is None or self._person is None:
            return
        try:
            obey(self._room, self._person, message, Moment(time.monotonic(), iso_now()))
        except Refused as refused:
            self.send({"type": "error", "code": refused.code, "of": message["type"]})

    def _wrong(self, message: object) -> None:
        self._invalid += 1
        if self._invalid >= _MOST_INVALID:
            self.close(End.PROTOCOL_ERROR)
            return
        kind = message.get("type") if isinstance(message, dict) else None
        self.send({"type": "error", "code": "invalid", "of": kind[:32] if isinstance(kind, str) else None})

    def _refuse(self, end: End) -> None:
        self._context.metrics.refused.labels(end.word).inc()
        if self._context.quota.take(self._client, time.monotonic()) is not None:
            log.warning("seat_refused", why=end.word, client=self._client)
        self.close(end)

    def _settled(self) -> None:
        """No longer among those who have shown no ticket."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._is_pending:
            self._is_pending = False
            self._context.registry.leave(self._client)

    def _gone(self, *, left: bool) -> None:
        room, person = self._room, self._person
        if room is None or person is None:
            return
        if left:
            self._room = None
            room.leave(person, time.monotonic())
        else:
            room.lost(person, time.monotonic())


def _ticket_of(message: object) -> str | None:
    """The ticket of a well-formed `hello`. (The stay it may name is only told back: the seat says who comes back.)"""
    if (
        not isinstance(message, dict)
        or message.get("type") != "hello"
        or not set(message) <= {"type", "ticket", "stay"}
    ):
        return None
    ticket, stay = message.get("ticket"), message.get("stay")
    if not isinstance(ticket, str) or not (stay is None or (isinstance(stay, str) and len(stay) <= 64)):
        return None
    return ticket
