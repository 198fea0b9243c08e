"""The life of the voice server’s process: Janus, browsers, telephones, portal; and its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import time
from collections.abc import Coroutine
from typing import Any

import aiofastnet
import uvloop
from picows import WSAutoPingStrategy, WSUpgradeRequest
from picows.picows import WSProtocol  # type: ignore[attr-defined]  # missing in its stub

from parvis.gateway import logs
from parvis.gateway.events import EventLog
from parvis.gateway.handoff_listener import Handoff, HandoffListener
from parvis.gateway.journal import Journal
from parvis.gateway.portal_client import PortalRefused, PortalUnreachable
from parvis.gateway.refusal_quota import RefusalQuota
from parvis.gateway.registry import Registry, raise_descriptor_limit
from parvis.gateway.tcp_listener import TcpListener
from parvis.voice.door import MOST_BYTES, Context
from parvis.voice.front import Front
from parvis.voice.hall import Hall
from parvis.voice.metrics import Metrics
from parvis.voice.portal_client import PortalClient
from parvis.voice.settings import Settings
from parvis.voice.sip.call import Call
from parvis.voice.sip.server import SipServer

_TICK_SECONDS = 0.25
_READ_BUFFER = 16 * 1024
_FLUSH_SECONDS = 5.0

log = logs.get_logger(__name__)


def run(settings: Settings) -> int:
    """Run until SIGTERM or SIGINT; the process’s exit status. Blocking."""
    logs.configure()
    raise_descriptor_limit()
    try:
        uvloop.run(serve(settings))
    except OSError as error:  # port taken, folder not writable
        log.error("voice_not_started", error=str(error))
        return 1
    return 0


async def serve(settings: Settings) -> None:
    """Run in the current loop until SIGTERM or SIGINT.

    Raises:
        OSError: the journal or a listening socket cannot be opened.
    """
    server = VoiceServer(settings)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await server.start()
        await stop.wait()
    finally:
        await server.stop()


class VoiceServer:
    """One voice server. `start` and `stop` once each."""

    def __init__(self, settings: Settings) -> None:
        """Open the journal.

        Raises:
            OSError: the state folder is not usable.
        """
        self._settings = settings
        self._metrics = metrics = Metrics()
        self._portal = PortalClient(settings)
        self._events = EventLog(Journal(settings.state_dir), self._portal, metrics)
        self.hall = Hall(settings, self._portal, self._events, metrics)
        self.context = Context(
            settings=settings,
            hall=self.hall,
            portal=self._portal,
            metrics=metrics,
            registry=Registry(settings.limits.pending_per_address),
            quota=RefusalQuota(),
            doors=set(),
        )
        self._front = Front(self.context)
        self._websocket_log = logging.getLogger("parvis.voice.websocket")
        # picows logs each connection, and what hostile frames contain: neither belongs in our logs.
        self._websocket_log.setLevel(logging.CRITICAL)
        self._listener: TcpListener | None = None
        self._handoffs: HandoffListener | None = None
        self.phones: SipServer | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._worst_lag = 0.0

    @property
    def port(self) -> int:
        """The TCP port it listens on."""
        if self._listener is None:
            raise RuntimeError("not listening on TCP")
        return self._listener.port

    async def start(self) -> None:
        """Listen; Janus and the portal are reached in the background.

        Raises:
            OSError: an address or the socket path is taken.
        """
        settings = self._settings
        if settings.listen is not None:
            self._listener = TcpListener(*settings.listen, self._protocol)
            self._listener.start()
        if settings.socket is not None:
            self._handoffs = HandoffListener(settings.socket, self._take_over)
            self._spawn(self._handoffs.run())
        if settings.sip is not None and self.hall.janus.is_installed:
            self.phones = SipServer(
                settings.sip,
                lambda dialog: Call(self.hall, dialog),
                self.hall.may_call,
                lambda why: self._metrics.refused.labels(f"sip_{why}").inc(),
            )
            await self.phones.start()
        self._spawn(self.hall.janus.run())
        self._spawn(self._events.run())
        self._spawn(self._talk_to_portal())
        self._spawn(self._tick())
        log.info("voice_started", name=settings.name, port=self._listener and self.port, phone=self.phones is not None)

    async def stop(self) -> None:
        """No new connection, 1001 to the others, good-bye to callers, the last events to the portal."""
        self.context.draining = True
        log.info("voice_draining", people=self.hall.people)
        if self._listener is not None:
            self._listener.close()
        if self._handoffs is not None:
            self._handoffs.close()
        self.hall.close()
        if self.phones is not None:
            await self.phones.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._events.flush(_FLUSH_SECONDS)
        await self._events.close()
        await self._portal.close()
        log.info("voice_stopped")

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.get_running_loop().create_task(work))

    def _protocol(self, client: str | None = None) -> WSProtocol:
        """A WebSocket server protocol; `client` is set for a connection that was handed over."""

        def route(request: WSUpgradeRequest) -> Any:
            peer = client or protocol.transport.underlying_transport.get_extra_info("peername")[0]
            return self._front.route(request, peer, handed_over=client is not None)

        limits = self._settings.limits
        protocol = WSProtocol(
            None,  # host and path: client side only
            None,
            False,
            route,
            self._websocket_log,
            True,
            limits.handshake_seconds,
            False,  # pings are ours: one timer for all connections
            limits.ping_seconds,
            limits.ping_seconds,
            WSAutoPingStrategy.PING_WHEN_IDLE,
            True,
            MOST_BYTES,
            None,
            _READ_BUFFER,
        )
        return protocol

    async def _take_over(self, handoff: Handoff) -> None:
        """Serve a connection the portal accepted, starting with what it has already read."""
        handoff.sock.setblocking(False)
        try:
            _, protocol = await aiofastnet.connect_accepted_socket(
                asyncio.get_running_loop(), lambda: self._protocol(handoff.client), handoff.sock
            )
        except OSError as error:
            handoff.sock.close()
            log.warning("handoff_lost", error=str(error))
            return
        request = memoryview(handoff.request)
        while request and not protocol.transport.is_disconnected:
            buffer = protocol.get_buffer(-1)
            count = min(len(buffer), len(request))
            buffer[:count] = request[:count]
            protocol.buffer_updated(count)
            request = request[count:]

    async def _talk_to_portal(self) -> None:
        while True:
            lag, self._worst_lag = self._worst_lag, 0.0
            load = {
                "event_loop_lag_ms": round(lag * 1000, 1),
                "people": self.hall.people,
                "cpu_seconds": round(time.process_time(), 3),
            }
            try:
                await self.hall.heartbeat(load, phone=self.phones is not None)
            except (PortalRefused, PortalUnreachable) as error:
                log.warning("heartbeat_failed", error=str(error))
            except Exception:  # a strange answer must not end the conversation
                log.exception("heartbeat_crashed")
            await asyncio.sleep(self._settings.limits.heartbeat_seconds)

    async def _tick(self) -> None:
        next_ping = 0.0
        while True:
            before = time.monotonic()
            await asyncio.sleep(_TICK_SECONDS)
            now = time.monotonic()
            lag = max(0.0, now - before - _TICK_SECONDS)
            self._worst_lag = max(self._worst_lag, lag)
            self._metrics.lag.observe(lag)
            self._metrics.available.set(0 if self.hall.janus.reason else 1)
            try:
                self.hall.tick()
            except Exception:  # one room must not stop the clock of the others
                log.exception("tick_failed")
            if now >= next_ping:
                next_ping = now + self._settings.limits.ping_seconds
                for door in list(self.context.doors):
                    with contextlib.suppress(Exception):
                        door.ping(now)
