"""Pretended browsers: a WebSocket each, the ticket first, then keys when told; they count what comes."""

from __future__ import annotations

import asyncio
import time
from abc import abstractmethod

import picows
from picows import WSFrame, WSListener, WSMsgType, WSTransport

from parvis.gateway.protocol import rdcleanpath
from parvis.serve.load_test import words
from parvis.serve.load_test.traffic import DOWN_SIZE, UP_SIZE, Delays, Reader, message
from parvis.ticket.claims import Protocol

ORIGIN = "http://localhost"
OPEN_SECONDS = 20.0


class Browser(WSListener):
    """One person at work."""

    path: str
    key: bytes
    prefix: int
    """Bytes before the time in a piece of screen."""

    def __init__(self, ticket: str, delays: Delays) -> None:
        super().__init__()
        self._ticket = ticket
        self._came = bytearray()
        self._more = asyncio.Event()
        self._screen = Reader(DOWN_SIZE, self.prefix, delays)
        self._at_work = False
        self._transport: WSTransport | None = None
        self.messages = 0
        self.is_lost = False
        """The gateway ended it."""
        self.opened_in = 0.0
        """Seconds from the click to the screen."""

    @property
    def received(self) -> int:
        """Bytes of screen."""
        return self._screen.received

    async def open(self, url: str, origin: str = ORIGIN) -> None:
        """Up to the first picture. `origin`: of the page the screen is in.

        Raises:
            OSError, TimeoutError: it did not come.
        """
        began = time.monotonic()
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                await picows.ws_connect(lambda: self, url + self.path, extra_headers={"Origin": origin})
                await self._greet()
        except picows.WSError as error:
            raise ConnectionError(str(error)) from None
        self.opened_in = time.monotonic() - began
        self._at_work = True
        if self._came:
            self._screen.feed(bytes(self._came))
            self._came.clear()

    def send(self) -> None:
        """A key."""
        if self._transport is not None and not self.is_lost:
            self._transport.send(WSMsgType.BINARY, message(self.key, UP_SIZE))

    def close(self) -> None:
        """Leave."""
        if self._transport is not None:
            self._transport.disconnect()

    # WebSocket callbacks (picows).

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The upgrade is done."""
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Pieces of the screen, or of what comes before it."""
        kind = frame.msg_type
        if kind == WSMsgType.CLOSE:
            self.is_lost = True
            transport.disconnect()
        elif kind in (WSMsgType.BINARY, WSMsgType.TEXT, WSMsgType.CONTINUATION):
            data = frame.get_payload_as_bytes()
            if self._at_work:
                self._screen.feed(data)
            else:
                self.messages += 1
                self._came += data if kind != WSMsgType.TEXT else b""
                self._more.set()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The gateway has gone."""
        self.is_lost = True
        self._more.set()

    @abstractmethod
    async def _greet(self) -> None:
        """Everything before the screen."""

    def _say(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.send(WSMsgType.BINARY, data)

    async def _hear(self, size: int) -> None:
        """So many bytes, thrown away."""
        while len(self._came) < size:
            await self._wait()
        del self._came[:size]

    async def _first_message(self) -> None:
        """One whole message, thrown away."""
        while not self.messages:
            await self._wait()
        self._came.clear()

    async def _wait(self) -> None:
        if self.is_lost:
            raise ConnectionError("the gateway hung up")
        self._more.clear()
        await self._more.wait()


class VncBrowser(Browser):
    """The ticket, then RFB."""

    path, key, prefix = "/gateway/v1/vnc", words.KEY_RFB, len(words.rfb_update(1, 1))

    async def _greet(self) -> None:
        self._say(self._ticket.encode())
        while not self.messages:  # the gateway's « accepted », a text frame: nothing of RFB
            await self._wait()
        await self._hear(len(words.RFB_VERSION))
        self._say(words.RFB_VERSION)
        await self._hear(2)
        self._say(b"\1")
        await self._hear(4)
        self._say(b"\1")
        await self._hear(len(words.rfb_init()))
        self._say(words.rfb_wishes())


class RdpBrowser(Browser):
    """RDCleanPath with the ticket, then MCS."""

    path, key, prefix = "/gateway/v1/rdp", words.KEY_RDP, len(words.fast_path_update(DOWN_SIZE))

    async def _greet(self) -> None:
        pdu = rdcleanpath.Pdu(destination="ignored", proxy_auth=self._ticket, x224=words.x224_request())
        self._say(rdcleanpath.encode(pdu))
        await self._first_message()
        self._say(words.connect_initial())
        await self._hear(len(words.connect_response()))
        self._say(words.client_info())


BROWSERS: dict[Protocol, type[Browser]] = {Protocol.VNC: VncBrowser, Protocol.RDP: RdpBrowser}
