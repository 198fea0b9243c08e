"""One browser connection, from its first message to its last byte: what RDP and VNC have in common."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import socket
import struct
import time
from abc import ABC, abstractmethod
from typing import Any
from uuid import UUID

from picows import WSFrame, WSListener, WSMsgType, WSTransport
from structlog.stdlib import BoundLogger

from parvis.gateway.logs import get_logger
from parvis.gateway.portal_client import NAME_TAKEN, PortalRefused, PortalUnreachable, Redeemed
from parvis.gateway.protocol.errors import ProtocolError
from parvis.gateway.reasons import Reason, Refusal
from parvis.gateway.relay.closing import close_browser, close_target, is_by_user
from parvis.gateway.relay.connect import watch
from parvis.gateway.relay.context import Context
from parvis.gateway.relay.target import WRITE_BUFFER, Target
from parvis.ticket.claims import Claims, Protocol, TicketError

MAX_FIRST_MESSAGE = 16 * 1024
_MAX_EARLY = 64 * 1024
"""Bytes a side may send before the relay is ready: at most what one read brought."""
_SEND_BUFFER = 256 * 1024
"""SO_SNDBUF towards the browser: bounds kernel memory, and the delay of a picture behind it."""
_ANY_MESSAGE = (WSMsgType.BINARY, WSMsgType.CONTINUATION)

_PORTAL_CODES = {
    "ticket_used": Reason.TICKET_REFUSED,
    "ticket_refused": Reason.TICKET_REFUSED,
    "access_revoked": Reason.ACCESS_REVOKED,
    "too_many_sessions": Reason.TOO_MANY_SESSIONS,
    NAME_TAKEN: Reason.GATEWAY_RESTARTING,  # the page comes back by itself, and finds the other one
}

log = get_logger(__name__)


class Stage(enum.Enum):
    """A connection's life, in order."""

    FIRST_MESSAGE = enum.auto()
    OPENING = enum.auto()
    RELAYING = enum.auto()
    CLOSED = enum.auto()


# Names looked up a hundred thousand times a second: a module's are cheaper than an enumeration's.
_RELAYING, _BINARY, _monotonic = Stage.RELAYING, WSMsgType.BINARY, time.monotonic


class Relay(ABC, WSListener):
    """Base of the RDP and VNC relays. Every callback runs in the event loop and returns at once."""

    # Slots: with so many attributes a dictionary would be 1.5 kB a session, and each look at one slower.
    __slots__ = (
        "_arrived_at",
        "_claims",
        "_context",
        "_deadline",
        "_early",
        "_first",
        "_is_pending",
        "_last_input",
        "_last_seen",
        "_opening",
        "_redeemed",
        "_said_goodbye",
        "_slow",
        "_stage",
        "_target",
        "_timer",
        "_websocket",
        "client_address",
        "down",
        "rtt_ms",
        "target_address",
        "up",
    )

    protocol: Protocol

    def __init__(self, context: Context, client_address: str) -> None:
        self._context = context
        self.client_address = client_address
        self._stage = Stage.FIRST_MESSAGE
        self._websocket: WSTransport  # set by on_ws_connected, before anything else can happen
        self._opening: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._target: Target | None = None
        self._claims: Claims | None = None
        self._is_pending = False
        self._first = bytearray()
        self._early = bytearray()
        self._redeemed = False
        self._deadline = float("inf")
        self._slow = False
        self._said_goodbye = False  # the user has ended it, in the protocol's own words: who closes first says nothing
        self.target_address = ""
        self.up = self.down = 0
        self.rtt_ms: int | None = None
        self._arrived_at = self._last_input = self._last_seen = time.monotonic()

    # What a protocol adds.

    @abstractmethod
    def _is_complete(self, first: bytearray) -> bool:
        """Whether the first message is whole; ProtocolError when it never will be."""

    @abstractmethod
    async def _open_target(self, claims: Claims, redeemed: Redeemed) -> Target:
        """Connect to the PC; Refusal or ProtocolError otherwise."""

    @abstractmethod
    def _ticket(self, first: bytes) -> str:
        """The ticket inside the first message; ProtocolError or Refusal otherwise."""

    @abstractmethod
    def _accept(self) -> None:
        """Tell the browser that the relay starts."""

    def _tell_refusal(self, refusal: Refusal) -> None:
        """Say why, in the protocol's own words, before the close code."""

    @abstractmethod
    def _browser_data(self, data: memoryview) -> None:
        """Relay a message from the browser; ProtocolError ends the connection."""

    @abstractmethod
    def target_data(self, data: memoryview) -> None:
        """Relay bytes from the PC; ProtocolError ends the connection."""

    def clipboard_transfers(self) -> tuple[int, int]:
        """How many clipboard contents went (to the PC, from the PC)."""
        return 0, 0

    # What the server asks.

    @property
    def claims(self) -> Claims:
        """The ticket's claims; only once admitted."""
        if self._claims is None:
            raise RuntimeError("not admitted yet")
        return self._claims

    @property
    def user(self) -> int:
        """The account the ticket was given to."""
        return self.claims.user

    def figures(self) -> dict[str, Any]:
        """Bytes and clipboard transfers so far, for the portal."""
        to_pc, from_pc = self.clipboard_transfers()
        return {"up": self.up, "down": self.down, "clipboard_to_pc": to_pc, "clipboard_from_pc": from_pc}

    def report(self, now: float) -> dict[str, Any]:
        """This connection in a heartbeat; `now` is monotonic."""
        return {
            **self._ids(),
            **self.figures(),
            "rtt_ms": self.rtt_ms,
            "idle_seconds": max(0, int(now - self._last_input)),  # keys come while a long list is walked
        }

    def tick(self, now: float) -> None:
        """Enforce the limits in time; called every second with the monotonic time."""
        if self._stage is not Stage.RELAYING:
            return
        if now - self._last_input >= self.claims.policy.idle_seconds:
            self.finish(Reason.IDLE)
        elif now >= self._deadline:
            self.finish(Reason.TIME_LIMIT)
        elif now - self._last_seen >= self._context.settings.limits.browser_silence_seconds * (4 if self._slow else 1):
            # Behind a full buffer a ping waits its turn: a slow reader is given more time.
            self.finish(Reason.BROWSER_LOST, "no answer to pings")

    def ping(self, now: float) -> None:
        """Measure the round trip, unless the ping would queue behind pictures."""
        if self._stage is Stage.RELAYING and not self._slow:
            self._websocket.send_ping(struct.pack(">d", now))

    def finish(self, reason: Reason, detail: str = "") -> None:
        """End the connection; the first reason wins."""
        if self._stage is Stage.CLOSED:
            return
        was, self._stage = self._stage, Stage.CLOSED
        self._forget()
        if self._redeemed:
            self._context.events.add("ended", **self._ids(), reason=str(reason), detail=detail, **self.figures())
        metrics = self._context.metrics
        metrics.bytes.labels("up").inc(self.up)
        metrics.bytes.labels("down").inc(self.down)
        if was is Stage.RELAYING:
            metrics.active.labels(self.protocol).dec()
            metrics.ended.labels(reason).inc()
            self._log.info("session_ended", reason=str(reason), detail=detail, up=self.up, down=self.down)
        close_browser(self._websocket, reason)
        self._close_target(graceful=reason is Reason.CLOSED_BY_USER)

    # WebSocket callbacks (picows).

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The upgrade is done: wait for the first message, not for ever."""
        self._websocket = transport
        underlying = transport.underlying_transport
        underlying.set_write_buffer_limits(high=WRITE_BUFFER)
        sock = underlying.get_extra_info("socket")
        with contextlib.suppress(OSError):
            watch(sock, self._context.settings.limits.peer_timeout_seconds)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        self._is_pending = True
        self._context.registry.knock(self.client_address)
        self._timer = asyncio.get_running_loop().call_later(
            self._context.settings.limits.first_message_seconds, self._too_slow
        )

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """One frame from the browser."""
        kind = frame.msg_type
        try:
            if kind is _BINARY and self._stage is _RELAYING:
                data = frame.get_payload_as_memoryview()
                self._last_seen = _monotonic()
                self.up += len(data)
                self._browser_data(data)
            elif self._stage is Stage.CLOSED:
                if kind == WSMsgType.CLOSE:
                    transport.disconnect()
            elif kind in _ANY_MESSAGE:
                self._message(frame.get_payload_as_memoryview())
            elif kind == WSMsgType.PONG:
                self._pong(frame.get_payload_as_bytes())
            elif kind == WSMsgType.CLOSE:
                by_user = is_by_user(frame.get_close_code())
                self.finish(Reason.CLOSED_BY_USER if by_user else Reason.BROWSER_LOST, "closed by the browser")
            elif kind == WSMsgType.TEXT:
                raise ProtocolError("text frame")
        except ProtocolError as error:
            self._violation("browser", error)
        except Exception:
            self._log.exception("relay_failed")
            self.finish(Reason.PROTOCOL_ERROR, "internal error")

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The browser's socket is gone, whoever closed it."""
        handshake = transport.close_handshake  # None without any close frame
        if getattr(handshake, "sent", None) is not None and handshake.recv is None:
            # picows itself closed: a frame broke RFC 6455 or the size limit.
            self.finish(Reason.PROTOCOL_ERROR, "WebSocket protocol error")
        self.finish(Reason.CLOSED_BY_USER if self._said_goodbye else Reason.BROWSER_LOST, "connection lost")

    def pause_writing(self) -> None:
        """The browser reads too slowly: stop reading the PC."""
        self._slow = True
        self._context.metrics.pauses.labels("target").inc()
        if self._target is not None:
            self._target.pause()

    def resume_writing(self) -> None:
        """The browser reads again."""
        self._slow = False
        if self._target is not None and self._stage is Stage.RELAYING:
            self._target.resume()

    # The PC's callbacks (`Target`).

    def target_broken(self, error: ProtocolError) -> None:
        """The PC broke the protocol."""
        self._violation("target", error)

    def target_lost(self) -> None:
        """The PC closed, or was lost."""
        if self._stage is Stage.RELAYING:
            self.finish(Reason.CLOSED_BY_USER if self._said_goodbye else Reason.TARGET_CLOSED)

    def target_full(self) -> None:
        """The PC reads too slowly: stop reading the browser."""
        self._context.metrics.pauses.labels("browser").inc()
        self._pause_browser()

    def target_drained(self) -> None:
        """The PC reads again."""
        self._resume_browser()

    # The way in.

    def _message(self, data: memoryview) -> None:
        if self._stage is _RELAYING:
            self._last_seen = _monotonic()
            self.up += len(data)
            self._browser_data(data)
        elif self._stage is Stage.OPENING:
            if len(self._early) + len(data) > _MAX_EARLY:
                raise ProtocolError("too much data before the relay is ready")
            self._early += data
        elif self._stage is Stage.FIRST_MESSAGE:
            self._first += data
            if len(self._first) > MAX_FIRST_MESSAGE:
                raise ProtocolError("first message too long")
            if self._is_complete(self._first):
                self._stage = Stage.OPENING
                self._stop_timer()
                self._pause_browser()
                self._opening = self._context.start(self._open(bytes(self._first)))
                self._first.clear()

    async def _open(self, first: bytes) -> None:
        try:
            ticket = self._ticket(first)
            claims = await self._admit(ticket)
            redeemed = await self._redeem(ticket, claims)
            self._target = await self._open_target(claims, redeemed)
            self._context.events.add(
                "started", **self._ids(), client_address=self.client_address, target_address=self.target_address
            )
            await self._context.events.written()
            self._begin()
            self._opening = None
        except Refusal as refusal:
            self._refuse(refusal)
        except ProtocolError as error:
            self._refuse(Refusal(Reason.PROTOCOL_ERROR, str(error)))
        except asyncio.CancelledError:
            self._close_target(graceful=False)
            raise
        except Exception:
            self._log.exception("opening_failed")
            self._refuse(Refusal(Reason.PROTOCOL_ERROR, "internal error"))

    async def _admit(self, ticket: str) -> Claims:
        """Believe the ticket, or refuse."""
        context = self._context
        if context.draining:
            raise Refusal(Reason.GATEWAY_RESTARTING, "draining")
        if context.portal.silence > context.settings.limits.portal_silence_seconds:
            raise Refusal(Reason.PORTAL_UNREACHABLE, "no contact with the portal")
        try:
            claims = await context.verify(ticket)
        except TicketError as error:
            raise Refusal(Reason.TICKET_REFUSED, error.code) from None
        if claims.protocol is not self.protocol:
            raise Refusal(Reason.TICKET_REFUSED, "ticket of the other protocol")
        self._claims = claims
        return claims

    async def _redeem(self, ticket: str, claims: Claims) -> Redeemed:
        """Use the ticket up at the portal, and take the connection in."""
        context = self._context
        beats = context.pulse.count
        try:
            redeemed = await context.portal.redeem(ticket, self.client_address, claims.correlation)
        except PortalRefused as error:
            reason = _PORTAL_CODES.get(error.code, Reason.TICKET_REFUSED)
            raise Refusal(reason, error.code) from None
        except PortalUnreachable as error:
            raise Refusal(Reason.PORTAL_UNREACHABLE, str(error)) from None
        if redeemed.connection != claims.connection or claims.connection in context.registry.admitted:
            raise Refusal(Reason.TICKET_REFUSED, "the portal answered for another connection")
        self._redeemed = True
        if context.registry.sessions_of(claims.user) >= redeemed.user_limit:
            raise Refusal(Reason.TOO_MANY_SESSIONS, "limit of the user reached")
        self._no_longer_pending()
        context.registry.admitted[claims.connection] = self
        if context.pulse.count != beats:  # a heartbeat went by without us: an order for us would wait for the next one
            context.pulse.ask()
        return redeemed

    def _begin(self) -> None:
        """Both sides are ready: let bytes flow."""
        target = self._target
        if self._stage is not Stage.OPENING or target is None:
            return  # closed meanwhile
        if target.is_closed:
            raise Refusal(Reason.TARGET_UNREACHABLE, "the PC closed at once")
        now = time.monotonic()
        self._stage = Stage.RELAYING
        self._last_input = self._last_seen = now
        self._deadline = now + (self.claims.policy.ends_at - time.time())
        metrics = self._context.metrics
        metrics.active.labels(self.protocol).inc()
        metrics.started.labels(self.protocol).inc()
        metrics.connect.labels(self.protocol).observe(now - self._arrived_at)
        self._log.info("session_started", protocol=str(self.protocol), target=self.target_address)
        self._accept()
        if self._early:
            early = memoryview(bytes(self._early))
            self._early.clear()
            self.up += len(early)
            self._browser_data(early)
        target.start()
        if self._slow:  # what waited has already filled the browser's buffer
            target.pause()
        self._resume_browser()

    def _refuse(self, refusal: Refusal) -> None:
        if self._stage is Stage.CLOSED:
            return
        self._context.metrics.refused.labels(refusal.reason).inc()
        self._record(refusal)
        self._tell_refusal(refusal)
        self.finish(refusal.reason, refusal.detail)

    def _record(self, refusal: Refusal) -> None:
        """One line for the audit trail; from a stranger, not more than a few a minute."""
        claims, detail = self._claims, refusal.detail
        if claims is None:
            left_out = self._context.refusals.take(self.client_address, time.monotonic())
            if left_out is None:
                return
            if left_out:
                detail = f"{detail} (and {left_out} more not recorded)"
        self._log.warning("connection_refused", reason=str(refusal.reason), detail=detail, client=self.client_address)
        self._context.events.add(
            "refused",
            **self._ids(),
            reason=str(refusal.reason),
            detail=detail,
            client_address=self.client_address,
            target=f"{claims.host}:{claims.port}" if claims else None,
        )

    # The way out.

    def _violation(self, side: str, error: ProtocolError) -> None:
        if self._stage is Stage.RELAYING:
            self._log.warning("protocol_error", side=side, error=f"{type(error).__name__}: {error}")
            self.finish(Reason.PROTOCOL_ERROR, f"{side}: {error}")
        elif self._stage is not Stage.CLOSED:
            self._refuse(Refusal(Reason.PROTOCOL_ERROR, f"{side}: {error}"))

    def _too_slow(self) -> None:
        if self._stage is Stage.FIRST_MESSAGE:
            self._refuse(Refusal(Reason.PROTOCOL_ERROR, "no complete first message in time"))

    def _forget(self) -> None:
        self._stop_timer()
        if self._opening is not None and self._opening is not asyncio.current_task():
            self._opening.cancel()
        self._no_longer_pending()
        if self._claims is not None and self._context.registry.admitted.get(self._claims.connection) is self:
            del self._context.registry.admitted[self._claims.connection]

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _no_longer_pending(self) -> None:
        if self._is_pending:
            self._is_pending = False
            self._context.registry.leave(self.client_address)

    def _close_target(self, *, graceful: bool) -> None:
        target, self._target = self._target, None
        close_target(target, graceful=graceful)

    # Small things.

    @property
    def _log(self) -> BoundLogger:
        """Made when there is something to say: most sessions speak twice a day."""
        claims = self._claims
        return log.bind(correlation=claims.correlation, connection=str(claims.connection)) if claims else log

    def _pong(self, payload: bytes) -> None:
        self._last_seen = now = time.monotonic()
        if len(payload) == 8:
            elapsed = now - struct.unpack(">d", payload)[0]
            if 0 <= elapsed < 3600:  # the browser chooses what it answers
                self.rtt_ms = round(elapsed * 1000)

    def _note_input(self) -> None:
        self._last_input = self._last_seen

    def _pause_browser(self) -> None:
        if not self._websocket.underlying_transport.is_closing():
            self._websocket.underlying_transport.pause_reading()

    def _resume_browser(self) -> None:
        if self._stage is Stage.RELAYING and not self._websocket.underlying_transport.is_closing():
            self._websocket.underlying_transport.resume_reading()

    def _ids(self) -> dict[str, str | None]:
        claims: Claims | None = self._claims
        known: tuple[UUID | None, UUID | None] = (claims.connection, claims.session) if claims else (None, None)
        connection, session = known
        return {"connection": str(connection) if connection else None, "session": str(session) if session else None}
