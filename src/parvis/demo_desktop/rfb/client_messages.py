"""Messages a client sends once the handshake is done (RFC 6143 §7.5), from bytes in any chunking to values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from . import constants as c
from .errors import ProtocolError
from .pixel_format import PixelFormat
from .reader import ByteQueue, NeedMoreData


@dataclass(frozen=True, slots=True)
class SetPixelFormat:
    """§7.5.1"""

    pixel_format: PixelFormat


@dataclass(frozen=True, slots=True)
class SetEncodings:
    """§7.5.2: what the client can read, preferred first."""

    encodings: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """§7.5.3: pixels; `incremental` means only what changed since the last ones."""

    incremental: bool
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """§7.5.4: `keysym` as in X11."""

    down: bool
    keysym: int


@dataclass(frozen=True, slots=True)
class PointerEvent:
    """§7.5.5: `buttons` is a mask, bit 0 left, 1 middle, 2 right, 3 wheel up, 4 wheel down."""

    buttons: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class CutText:
    """§7.5.6: the client's clipboard, already decoded from Latin-1."""

    text: str


@dataclass(frozen=True, slots=True)
class ExtendedCutText:
    """The extended clipboard's message (rfbproto): its payload, read by `rfb.clipboard`."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class SetDesktopSize:
    """ExtendedDesktopSize's request: the client wishes a desktop of `width` × `height` with `screens` screens."""

    width: int
    height: int
    screens: int


Message = (
    SetPixelFormat | SetEncodings | UpdateRequest | KeyEvent | PointerEvent | CutText | ExtendedCutText | SetDesktopSize
)


class ClientMessages:
    """Feed bytes with `receive`; it yields each complete message. Raises `ProtocolError` for anything else.

    Memory is bounded by the largest message allowed (a cut text of `MAX_CUT_TEXT_BYTES`) plus one chunk.
    """

    def __init__(self) -> None:
        self._queue = ByteQueue()
        self._readers = {
            0: self._set_pixel_format,
            2: self._set_encodings,
            3: self._update_request,
            4: self._key_event,
            5: self._pointer_event,
            6: self._cut_text,
            251: self._set_desktop_size,
        }

    def receive(self, data: bytes) -> Iterator[Message]:
        """Take bytes from the wire and yield the messages they complete."""
        self._queue.feed(data)
        while len(self._queue):
            try:
                message = self._next()
            except NeedMoreData:
                self._queue.rewind()
                return
            self._queue.commit()
            yield message

    def _next(self) -> Message:
        kind = self._queue.unsigned(1)
        reader = self._readers.get(kind)
        if reader is None:
            raise ProtocolError(f"unknown message type {kind}")
        return reader()

    def _set_pixel_format(self) -> Message:
        self._queue.take(3)
        return SetPixelFormat(PixelFormat.parse(self._queue.take(16)))

    def _set_encodings(self) -> Message:
        self._queue.take(1)
        count = self._queue.unsigned(2)
        if count > c.MAX_ENCODINGS:
            raise ProtocolError(f"{count} encodings")
        data = self._queue.take(4 * count)
        return SetEncodings(tuple(int.from_bytes(data[i : i + 4], "big", signed=True) for i in range(0, len(data), 4)))

    def _update_request(self) -> Message:
        incremental = self._queue.unsigned(1) != 0
        x, y, width, height = (self._queue.unsigned(2) for _ in range(4))
        return UpdateRequest(incremental, x, y, width, height)

    def _key_event(self) -> Message:
        down = self._queue.unsigned(1) != 0
        self._queue.take(2)
        return KeyEvent(down, self._queue.unsigned(4))

    def _pointer_event(self) -> Message:
        buttons, x, y = self._queue.unsigned(1), self._queue.unsigned(2), self._queue.unsigned(2)
        return PointerEvent(buttons, x, y)

    def _cut_text(self) -> Message:
        self._queue.take(3)
        length = self._queue.signed(4)
        if abs(length) > c.MAX_CUT_TEXT_BYTES:
            raise ProtocolError(f"cut text of {abs(length)} bytes")
        data = self._queue.take(abs(length))
        return CutText(data.decode("latin-1")) if length >= 0 else ExtendedCutText(data)

    def _set_desktop_size(self) -> Message:
        self._queue.take(1)
        width, height, screens = self._queue.unsigned(2), self._queue.unsigned(2), self._queue.unsigned(1)
        self._queue.take(1)
        self._queue.take(16 * screens)
        return SetDesktopSize(width, height, screens)
