"""One demo PC: its desktop, its clients, its frames and its documents."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import Final

from .apps.text_editor import DOCUMENT_NAME
from .connection import Connection
from .contents import first_text
from .drawing.theme import TINTS
from .names import Identity
from .rfb import constants as c
from .shell.desktop import Desktop
from .storage import Storage

_FRAME_SECONDS: Final = 1 / 60
_RESIZE_SECONDS: Final = 0.15
_SAVE_SECONDS: Final = 0.25
_MAX_CLIENTS: Final = 8

log = logging.getLogger(__name__)


class Computer:
    """The desktop lives as long as the server; frames are made only while somebody looks."""

    def __init__(
        self, identity: Identity, port: int, *, size: tuple[int, int], password: str | None, storage: Storage | None
    ) -> None:
        self.identity = identity
        self.password = password
        self._storage = storage
        text = storage.read(DOCUMENT_NAME) if storage else None
        self.desktop = Desktop(
            identity, TINTS[port % len(TINTS)], size, first_text(identity) if text is None else text, time.time()
        )
        self._connections: set[Connection] = set()
        self._open = 0
        self._wake = asyncio.Event()
        self._frames: asyncio.Task[None] | None = None
        self._pointer = self.desktop.pointer_name
        self._wished: tuple[Connection, int, int] | None = None
        self._resized_at = 0.0
        self._unsaved: dict[str, str] = {}
        self._saving: asyncio.Task[None] | None = None

    @property
    def title(self) -> str:
        """The name clients show."""
        return f"{self.identity.computer} – {self.identity.agent}"

    def warm_up(self) -> None:
        """Paint once for nobody."""
        self.desktop.render(time.time())
        self.desktop.clients_gone()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client; more than a few at once on the same PC are turned away."""
        if self._open >= _MAX_CLIENTS:
            writer.transport.abort()
            return
        self._open += 1
        try:
            await Connection(self, reader, writer).run()
        finally:
            self._open -= 1

    @property
    def busy(self) -> bool:
        """Whether somebody looks and frames are made."""
        return self._frames is not None

    # Clients

    def joined(self, connection: Connection) -> None:
        """A client is through with the handshake."""
        self._connections.add(connection)
        if self.desktop.size != connection.greeted_size:
            # Another client resized the desktop during this one's handshake.
            connection.viewer.resized(self.desktop.size, c.RESIZED_BY_SERVER)
        if self._frames is None:
            self._frames = asyncio.create_task(self._make_frames())
            self._frames.add_done_callback(self._frames_ended)
        self.wake()

    def left(self, connection: Connection) -> None:
        """A client is gone; with the last one the PC rests."""
        if connection not in self._connections:
            return
        self._connections.discard(connection)
        self.desktop.let_go()
        if not self._connections:
            if self._frames:
                self._frames.cancel()
                self._frames = None
            self._collect()
            self.desktop.clients_gone()

    def dismiss_others(self, connection: Connection) -> None:
        """A client wants the PC for itself (RFC 6143 §7.3.1)."""
        for other in tuple(self._connections):
            if other is not connection:
                other.close()

    def wake(self) -> None:
        """Something happened: a frame may be due."""
        self._wake.set()

    def wish_size(self, connection: Connection, width: int, height: int) -> None:
        """A client wants another size, brought within the limits; of wishes in a row only the last counts."""
        width = max(c.MIN_WIDTH, min(width, c.MAX_WIDTH))
        height = max(c.MIN_HEIGHT, min(height, c.MAX_HEIGHT))
        self._wished = (connection, width, height)

    # Frames

    async def _make_frames(self) -> None:
        while True:
            self._wake.clear()
            started = time.monotonic()
            self._apply_size(started)
            now = time.time()
            due = self.desktop.tick(now)
            self._publish(now)
            await asyncio.sleep(max(0.0, started + _FRAME_SECONDS - time.monotonic()))
            if self._wished:
                due = min(due, now + _RESIZE_SECONDS)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, due - time.time())):
                    await self._wake.wait()

    def _frames_ended(self, frames: asyncio.Task[None]) -> None:
        """A defect in the desktop must show in the log and drop the clients, not leave them a frozen screen."""
        if frames.cancelled() or frames.exception() is None:
            return
        log.error("%s: no more frames", self.identity.computer, exc_info=frames.exception())
        self._frames = None
        for connection in tuple(self._connections):
            connection.close()

    def _apply_size(self, started: float) -> None:
        if self._wished is None or started < self._resized_at + _RESIZE_SECONDS:
            return
        (asker, width, height), self._wished, self._resized_at = self._wished, None, started
        if (width, height) != self.desktop.size:
            self.desktop.resize(width, height)
            for connection in self._connections - {asker}:
                connection.viewer.resized((width, height), c.RESIZED_BY_OTHER_CLIENT)
                connection.wake()
        asker.viewer.resized((width, height), c.RESIZED_BY_THIS_CLIENT)
        asker.wake()

    def _publish(self, now: float) -> None:
        """Render, and tell every client what is new."""
        changes = self.desktop.render(now)
        pointer = self.desktop.pointer_name
        copied = self._collect()
        for connection in self._connections:
            connection.viewer.changed(changes)
            if pointer != self._pointer:
                connection.viewer.pointer_is(pointer)
            if copied is not None:
                connection.viewer.text_copied(copied)
            if changes or pointer != self._pointer or copied is not None:
                connection.wake()
        self._pointer = pointer

    # Documents

    def _collect(self) -> str | None:
        """Take what the desktop wants kept; returns text for the clients' clipboards."""
        self._unsaved |= self.desktop.take_documents()
        if self._unsaved and self._storage and (self._saving is None or self._saving.done()):
            self._saving = asyncio.create_task(self._save_soon())
        return self.desktop.take_copied()

    async def _save_soon(self) -> None:
        while self._unsaved:
            await asyncio.sleep(_SAVE_SECONDS)
            await self.save()

    async def save(self) -> None:
        """Write what is not on disk yet; what fails is said in the log and tried again at the next change."""
        unsaved, self._unsaved = self._unsaved, {}
        if self._storage is None:
            return
        for name, text in unsaved.items():
            try:
                await asyncio.to_thread(self._storage.write, name, text)
            except OSError as error:
                log.warning("%s: could not save “%s”: %s", self.identity.computer, name, error)

    async def shut_down(self) -> None:
        """Drop the clients and write what is not on disk yet."""
        for connection in tuple(self._connections):
            connection.close()
        if self._frames:
            self._frames.cancel()
        self._collect()
        if self._saving:
            self._saving.cancel()
            await asyncio.gather(self._saving, return_exceptions=True)
        await self.save()
