"""Pretended office PCs: they answer as a VNC or RDP server would, then send a piece of screen when told."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from abc import ABC, abstractmethod
from pathlib import Path

from parvis.serve.load_test import words
from parvis.serve.load_test.traffic import DOWN_SIZE, UP_SIZE, Delays, Reader, message
from parvis.ticket.claims import Protocol

_READ = 64 * 1024


class Desktops(ABC):
    """One listening socket, a pretended PC per connection."""

    key: bytes
    """The first bytes of what a browser sends."""

    def __init__(self, delays: Delays) -> None:
        self._delays = delays
        self._server: asyncio.Server | None = None
        self.writers: list[asyncio.StreamWriter] = []
        """Of the PCs whose user is at work."""

    @property
    @abstractmethod
    def update(self) -> bytes:
        """The first bytes of a piece of screen."""

    @abstractmethod
    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Everything before the screen."""

    async def start(self, host: str) -> int:
        """Listen; the port."""
        self._server = await asyncio.start_server(self._serve, host, 0, backlog=1024)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        """Hang up."""
        if self._server is not None:
            self._server.close()
        for writer in self.writers:
            writer.close()

    def send(self, at: int) -> None:
        """A piece of screen from one of them."""
        writer = self.writers[at]
        if not writer.is_closing():
            writer.write(message(self.update, DOWN_SIZE))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(
            OSError, asyncio.IncompleteReadError
        ):  # a gateway that hangs up is counted by browsers
            await self._greet(reader, writer)
            self.writers.append(writer)
            typed = Reader(UP_SIZE, len(self.key), self._delays)
            while data := await reader.read(_READ):
                typed.feed(data)
        writer.close()


class Vnc(Desktops):
    """RFB 3.8 without password."""

    key = words.KEY_RFB

    @property
    def update(self) -> bytes:
        """A raw rectangle of 34 × 30 pixels."""
        return words.rfb_update(34, 30)

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(words.RFB_VERSION)
        await reader.readexactly(len(words.RFB_VERSION))
        writer.write(b"\1\1")
        await reader.readexactly(1)
        writer.write(bytes(4))
        await reader.readexactly(1)
        writer.write(words.rfb_init())
        await reader.readexactly(len(words.rfb_wishes()))


class Rdp(Desktops):
    """X.224, TLS, and as much of MCS as makes the gateway find the first picture."""

    key = words.KEY_RDP

    def __init__(self, delays: Delays, certificate: Path, key: Path) -> None:
        super().__init__(delays)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate, key)

    @property
    def update(self) -> bytes:
        """A fast-path update."""
        return words.fast_path_update(DOWN_SIZE)

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(len(words.x224_request()))
        writer.write(words.x224_confirm())
        await writer.drain()
        await writer.start_tls(self._tls)
        await reader.readexactly(len(words.connect_initial()))
        writer.write(words.connect_response())
        await reader.readexactly(len(words.client_info()))


def make(protocol: Protocol, delays: Delays, certificate: Path, key: Path) -> Desktops:
    """PCs of one kind."""
    return Vnc(delays) if protocol is Protocol.VNC else Rdp(delays, certificate, key)
