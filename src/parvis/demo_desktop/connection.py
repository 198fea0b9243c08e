"""One client: its socket, from the greeting to the last byte."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from typing import TYPE_CHECKING, Final

from .rfb import client_messages as m
from .rfb import clipboard, vnc_auth
from .rfb import constants as c
from .rfb.errors import ProtocolError
from .rfb.handshake import Handshake, Step
from .viewer import Viewer

if TYPE_CHECKING:
    from .computer import Computer

_HANDSHAKE_SECONDS: Final = 30.0
_READ_BYTES: Final = 4096
_FRAMES_PER_SECOND: Final = 30
_FRAMES_AT_ONCE: Final = 3
_SLOW_WRITE_SECONDS: Final = 60.0
_WRITE_BUFFER_BYTES: Final = 256 * 1024
#: Above this many pixels an update is encoded in a thread: zlib lets the others run meanwhile.
_THREAD_PIXELS: Final = 150_000

log = logging.getLogger(__name__)


class Connection:
    """Reads messages and sends updates, each at its own pace: a client that does not read stops only itself."""

    def __init__(self, computer: Computer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.greeted_size = computer.desktop.size
        self.viewer = Viewer(self.greeted_size)
        self._computer = computer
        self._reader = reader
        self._writer = writer
        self._messages = m.ClientMessages()
        self._wake = asyncio.Event()
        writer.transport.set_write_buffer_limits(high=_WRITE_BUFFER_BYTES)

    async def run(self) -> None:
        """Serve the client until one side leaves. Client errors end here, they never reach the server."""
        sender: asyncio.Task[None] | None = None
        try:
            async with asyncio.timeout(_HANDSHAKE_SECONDS):
                first = await self._shake_hands()
            if first is None:
                return
            self._computer.joined(self)
            sender = asyncio.create_task(self._send())
            receiver = asyncio.create_task(self._receive(first))
            done, running = await asyncio.wait({sender, receiver}, return_when=asyncio.FIRST_COMPLETED)
            for task in running:
                task.cancel()
            for outcome in await asyncio.gather(*done, *running, return_exceptions=True):
                if isinstance(outcome, Exception):
                    raise outcome
        except ProtocolError as error:
            log.info("client dropped: %s", error)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass
        finally:
            self._computer.left(self)
            self.close()

    def wake(self) -> None:
        """There may be something to send."""
        self._wake.set()

    def close(self) -> None:
        """Drop the client at once, whatever it has not read."""
        if not self._writer.is_closing():
            self._writer.close()
            self._writer.transport.abort()

    async def _shake_hands(self) -> bytes | None:
        """The handshake; returns what the client already sent after it, None if it was refused."""
        computer = self._computer
        handshake = Handshake(
            password=computer.password,
            challenge=os.urandom(vnc_auth.CHALLENGE_BYTES),
            name=computer.title,
            size=self.greeted_size,
        )
        self._writer.write(handshake.greeting)
        while handshake.step is not Step.DONE:
            data = await self._reader.read(_READ_BYTES)
            if not data:
                return None
            self._writer.write(handshake.receive(data))
            await self._writer.drain()
            if handshake.refused:
                log.info("wrong password on %s", computer.title)
                await self._finish()
                return None
        if not handshake.shared:
            computer.dismiss_others(self)
        return handshake.unread

    async def _finish(self) -> None:
        """Let the client read the last words before the socket closes."""
        with contextlib.suppress(OSError, TimeoutError):
            self._writer.write_eof()
            async with asyncio.timeout(2):
                await self._reader.read(_READ_BYTES)

    # Receiving

    async def _receive(self, first: bytes) -> None:
        data = first
        while True:
            for message in self._messages.receive(data):
                self._handle(message)
            self._computer.wake()
            # A flood of input must let the others have their turn.
            await asyncio.sleep(0)
            data = await self._reader.read(_READ_BYTES)
            if not data:
                return

    def _handle(self, message: m.Message) -> None:
        computer, viewer = self._computer, self.viewer
        match message:
            case m.UpdateRequest():
                viewer.request(message)
                self.wake()
            case m.PointerEvent(buttons, x, y):
                computer.desktop.pointer(x, y, buttons, time.time())
            case m.KeyEvent(down, keysym):
                computer.desktop.key(keysym, down=down, now=time.time())
            case m.SetEncodings(encodings):
                viewer.set_encodings(encodings)
                viewer.pointer_is(computer.desktop.pointer_name)
                self.wake()
            case m.SetPixelFormat(pixel_format):
                viewer.set_pixel_format(pixel_format)
            case m.CutText(text):
                computer.desktop.set_clipboard(text)
            case m.ExtendedCutText(payload):
                self._extended_clipboard(payload)
            case m.SetDesktopSize(width, height, screens):
                self._resize(width, height, screens)

    def _extended_clipboard(self, payload: bytes) -> None:
        event = clipboard.parse(payload)
        if event is not None:
            text = self.viewer.extended_clipboard(event, self._computer.desktop.clipboard_text)
            if text is not None:
                self._computer.desktop.set_clipboard(text)
            self.wake()

    def _resize(self, width: int, height: int, screens: int) -> None:
        if width == 0 or height == 0 or screens == 0:
            self.viewer.resize_refused(c.RESIZE_INVALID_LAYOUT)
            self.wake()
        else:
            self._computer.wish_size(self, width, height)

    # Sending

    async def _send(self) -> None:
        # A bucket of frames: at most 30 a second over time, yet an answer to a key need not wait for its turn.
        frames, last = float(_FRAMES_AT_ONCE), time.monotonic()
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self.viewer.has_messages:
                await self._write(self.viewer.take_messages())
            if not self.viewer.wants_update:
                continue
            now = time.monotonic()
            frames, last = min(_FRAMES_AT_ONCE, frames + (now - last) * _FRAMES_PER_SECOND), now
            if frames < 1:
                await asyncio.sleep((1 - frames) / _FRAMES_PER_SECOND)
            frames -= 1
            await self._send_update()

    async def _send_update(self) -> None:
        # What is sent must be the picture of now: a copy that is due belongs to what was rendered last.
        update = self.viewer.take_update(self._computer.desktop.screen.pixels)
        encode = update.encode
        data = await asyncio.to_thread(encode) if update.pixels > _THREAD_PIXELS else encode()
        await self._write(data)
        if self.viewer.has_messages or self.viewer.wants_update:
            self.wake()

    async def _write(self, data: bytes) -> None:
        self._writer.write(data)
        async with asyncio.timeout(_SLOW_WRITE_SECONDS):
            await self._writer.drain()
