"""VNC: the ticket in the first message, then RFB through the clipboard policy."""

from __future__ import annotations

import asyncio
import time

import aiofastnet
from picows import WSMsgType

from parvis.gateway.portal_client import Redeemed
from parvis.gateway.protocol.errors import ProtocolError
from parvis.gateway.protocol.rfb_stream import RfbStream
from parvis.gateway.relay.base import Relay
from parvis.gateway.relay.connect import connect
from parvis.gateway.relay.context import Context
from parvis.gateway.relay.target import Target
from parvis.ticket.claims import Claims, Protocol

_BINARY = WSMsgType.BINARY
_ACCEPTED = b'{"accepted": true}'
_MANY = 8
"""Parts of one read that go to the browser each in a message, without a copy; more become one message."""


class VncRelay(Relay):
    """One browser, one VNC server."""

    __slots__ = ("_stream",)

    protocol = Protocol.VNC

    def __init__(self, context: Context, client_address: str) -> None:
        super().__init__(context, client_address)
        self._stream: RfbStream | None = None

    def clipboard_transfers(self) -> tuple[int, int]:
        """Counted in the streams."""
        stream = self._stream
        return (stream.client.transfers_to_pc, stream.server.transfers_from_pc) if stream else (0, 0)

    def _is_complete(self, first: bytearray) -> bool:
        return True  # one message, one ticket

    def _ticket(self, first: bytes) -> str:
        try:
            return first.decode("ascii")
        except UnicodeDecodeError:
            raise ProtocolError("first message is not a ticket") from None

    async def _open_target(self, claims: Claims, redeemed: Redeemed) -> Target:
        settings = self._context.settings
        sock, address = await connect(
            claims.host,
            claims.port,
            settings.addresses,
            timeout=settings.limits.connect_seconds,
            peer_timeout=settings.limits.peer_timeout_seconds,
        )
        self.target_address = str(address)
        self._stream = RfbStream(claims.policy, time.monotonic)
        try:
            _, target = await aiofastnet.create_connection(asyncio.get_running_loop(), lambda: Target(self), sock=sock)
        except BaseException:
            sock.close()
            raise
        return target

    def _accept(self) -> None:
        self._websocket.send(WSMsgType.TEXT, _ACCEPTED)

    def _browser_data(self, data: memoryview) -> None:
        stream, target = self._stream, self._target
        if stream is None or target is None:
            return
        to_target, to_browser = stream.from_client(data)
        client = stream.client
        if client.user_input:
            client.user_input = False
            self._last_input = self._last_seen
        if to_target:
            target.transport.write(to_target)
        if to_browser:
            self._send(to_browser)

    def target_data(self, data: memoryview) -> None:
        """Relay bytes from the PC."""
        stream, target = self._stream, self._target
        if stream is None or target is None:
            return
        to_target, to_browser = stream.from_server(data)
        if to_target:
            target.transport.write(to_target)
        send = self._websocket.send
        if len(to_browser) > _MANY:
            to_browser = [b"".join(to_browser)]
        for part in to_browser:
            self.down += len(part)
            send(_BINARY, part)

    def _send(self, data: bytes | bytearray | memoryview) -> None:
        self.down += len(data)
        self._websocket.send(_BINARY, data)
