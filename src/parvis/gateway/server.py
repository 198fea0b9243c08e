"""The life of the gateway's process: listen, report, enforce, drain."""

from __future__ import annotations

import asyncio
import contextlib
import gc
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
from parvis.gateway.draining import Drain
from parvis.gateway.events import EventLog
from parvis.gateway.front import Front
from parvis.gateway.handoff_listener import Handoff, HandoffListener
from parvis.gateway.hints import HintLine
from parvis.gateway.identity import Identity
from parvis.gateway.journal import Journal
from parvis.gateway.metrics import Metrics
from parvis.gateway.portal_client import NAME_TAKEN, PortalClient, PortalRefused, PortalUnreachable
from parvis.gateway.reasons import Reason
from parvis.gateway.registry import Registry, open_descriptors, raise_descriptor_limit
from parvis.gateway.relay.context import Context
from parvis.gateway.relay.rdp_leg import tls_context
from parvis.gateway.settings import Settings
from parvis.gateway.slices import slices
from parvis.gateway.tcp_listener import TcpListener

_TICK_SECONDS = 1.0
_HELLO_RETRY_SECONDS = 1.0
_READ_BUFFER = 4 * 1024
"""Bytes a browser's messages are read into, at first: keys need no more, and what does makes it grow."""
_WORDS = frozenset(str(reason) for reason in Reason)

log = logs.get_logger(__name__)


def run(settings: Settings) -> int:
    """Run the gateway until SIGTERM or SIGINT, or SIGUSR1 and the last session's end; the exit status. Blocking."""
    logs.configure()
    raise_descriptor_limit()
    try:
        uvloop.run(serve(settings))
    except OSError as error:  # port taken, folder not writable, or another gateway's
        log.error("gateway_not_started", error=str(error))
        return 1
    return 0


async def serve(settings: Settings, started: asyncio.Event | None = None) -> None:
    """Run in the current loop until SIGTERM or SIGINT; `started` is set once listening.

    SIGUSR1 drains: no new session, and the end comes with the last one's (`parvis.gateway.draining`).

    Raises:
        OSError: the journal or a listening socket cannot be opened, or another gateway uses the state folder.
    """
    gateway = Gateway(settings)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, gateway.over.set)
    loop.add_signal_handler(signal.SIGUSR1, gateway.leave)
    try:
        await gateway.start()
        gc.collect()
        gc.freeze()  # modules and settings live as long as the process: no later collection walks through them
        if started is not None:
            started.set()
        await gateway.over.wait()
    finally:
        await gateway.stop()


class Gateway:
    """One gateway. `start` and `stop` once each."""

    def __init__(self, settings: Settings) -> None:
        """Open the journal.

        Raises:
            OSError: the state folder is not usable, or another gateway uses it.
        """
        self._settings = settings
        self._identity = Identity(settings.state_dir)
        metrics = Metrics()
        portal = PortalClient(settings, self._identity.instance)
        self.context = Context(
            settings=settings,
            metrics=metrics,
            portal=portal,
            events=EventLog(Journal(settings.state_dir), portal, metrics),
            registry=Registry(settings.limits.pending_per_address),
            tls=tls_context(),
        )
        self.over = asyncio.Event()
        """Set when the process should end."""
        self.drain = Drain(self.context, self.over.set)
        self._front = Front(self.context)
        self._websocket_log = logging.getLogger("parvis.gateway.websocket")
        # picows logs each connection, and what hostile frames contain: neither belongs in our logs.
        self._websocket_log.setLevel(logging.CRITICAL)
        self._listener: TcpListener | None = None
        self._handoffs: HandoffListener | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._worst_lag = 0.0

    @property
    def port(self) -> int:
        """The TCP port it listens on."""
        if self._listener is None:
            raise RuntimeError("not listening on TCP")
        return self._listener.port

    async def start(self) -> None:
        """Listen, then talk to the portal in the background.

        Raises:
            OSError: an address or the socket path is taken.
        """
        settings = self._settings
        if settings.listen is not None:
            host, port = settings.listen
            self._listener = TcpListener(host, port, self._protocol, settings.listen_fd)
            self._listener.start()
        if settings.socket is not None:
            self._handoffs = HandoffListener(settings.socket, self._take_over)
            self._spawn(self._handoffs.run())
        self._spawn(self._talk_to_portal())
        self._spawn(self.context.events.run())
        self._spawn(self._tick())
        log.info("gateway_started", name=settings.name, port=self._listener and self.port)

    def leave(self) -> None:
        """Drain. A door that was inherited is left to who has it too; one's own stays, to say that one is draining."""
        if self._settings.listen_fd is not None and self._listener is not None:
            self._listener.close()
            self._listener = None
        self.drain.begin()

    async def stop(self) -> None:
        """No new connection, 1001 to the others, the last events to the portal."""
        context = self.context
        context.draining = True
        log.info("gateway_stopping", connections=len(context.registry.admitted))
        if self._listener is not None:
            self._listener.close()
        if self._handoffs is not None:
            self._handoffs.close()
        for relay in list(context.registry.admitted.values()):
            relay.finish(Reason.GATEWAY_RESTARTING)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await context.events.flush(self._settings.limits.drain_seconds)
        await context.events.close()
        await context.portal.close()
        self._identity.close()
        log.info("gateway_stopped")

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.get_running_loop().create_task(work))

    def _protocol(self, client: str | None = None) -> WSProtocol:
        """A WebSocket server protocol; `client` is set for a connection that was handed over."""

        def route(request: WSUpgradeRequest) -> Any:
            peer = client or protocol.transport.underlying_transport.get_extra_info("peername")[0]
            return self._front.route(request, peer, handed_over=client is not None)

        protocol = WSProtocol(
            None,  # host and path: client side only
            None,
            False,
            route,
            self._websocket_log,
            True,
            self._settings.limits.handshake_seconds,
            False,  # pings are ours: one timer for all connections
            self._settings.limits.ping_seconds,
            self._settings.limits.ping_seconds,
            WSAutoPingStrategy.PING_WHEN_IDLE,
            True,
            self._settings.limits.max_frame,
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
        portal = self.context.portal
        while not portal.public_keys:
            try:
                await portal.hello()
            except (PortalRefused, PortalUnreachable) as error:
                log.warning("portal_not_reached", error=str(error))
                await asyncio.sleep(_HELLO_RETRY_SECONDS)
        log.info("portal_reached")
        self._spawn(HintLine(portal, self.context.pulse, self.context.metrics).run())
        while True:
            await self.context.pulse.wait(self._settings.limits.heartbeat_seconds)
            try:
                await self._heartbeat()
            except (PortalRefused, PortalUnreachable) as error:
                log.warning("heartbeat_failed", error=str(error))
                if isinstance(error, PortalRefused) and error.code == NAME_TAKEN:
                    self._give_way()
            except Exception:  # whatever it is, without heartbeats nothing could be revoked any more
                log.exception("heartbeat_failed")

    async def _heartbeat(self) -> None:
        context, now = self.context, time.monotonic()
        admitted = context.registry.admitted
        lag, self._worst_lag = self._worst_lag, 0.0
        load = {
            "event_loop_lag_ms": round(lag * 1000, 1),
            "connections": len(admitted),
            "file_descriptors": open_descriptors(),
            "cpu_seconds": round(time.process_time(), 3),
            "draining": context.draining,
        }
        context.metrics.descriptors.set(load["file_descriptors"])
        reports = [relay.report(now) async for some in slices(list(admitted.values())) for relay in some]
        ends = await context.portal.heartbeat(reports, load)
        context.pulse.took(time.monotonic() - now)
        for connection, reason in ends:
            relay = admitted.get(connection)
            if relay is not None:
                relay.finish(Reason(reason) if reason in _WORDS else Reason.ACCESS_REVOKED, "asked by the portal")

    def _give_way(self) -> None:
        """Another gateway has our name: nobody could revoke what we hold any more."""
        for relay in list(self.context.registry.admitted.values()):
            relay.finish(Reason.GATEWAY_RESTARTING, "another gateway has this name")

    async def _tick(self) -> None:
        next_ping = 0.0
        while True:
            before = time.monotonic()
            await asyncio.sleep(_TICK_SECONDS)
            now = time.monotonic()
            lag = max(0.0, now - before - _TICK_SECONDS)
            self._worst_lag = max(self._worst_lag, lag)
            context = self.context
            context.metrics.lag.observe(lag)
            context.metrics.pending.set(context.registry.pending)
            context.metrics.portal_silence.set(context.portal.silence)
            due = now >= next_ping
            if due:
                next_ping = now + self._settings.limits.ping_seconds
            async for some in slices(list(context.registry.admitted.values())):
                for relay in some:
                    # One relay's failure must not stop the clock of the others.
                    with contextlib.suppress(Exception):
                        relay.tick(now)
                        if due:
                            relay.ping(time.monotonic())  # not `now`: the walk would count as round trip
            self.drain.tick(now)
