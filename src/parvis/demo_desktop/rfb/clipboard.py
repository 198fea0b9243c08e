"""The extended clipboard (rfbproto): UTF-8 text, so that « œ » and « € » survive where Latin-1 loses them."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Final

from .constants import MAX_CUT_TEXT_BYTES
from .errors import ProtocolError

TEXT: Final = 1
CAPS: Final = 1 << 24
REQUEST: Final = 1 << 25
PEEK: Final = 1 << 26
NOTIFY: Final = 1 << 27
PROVIDE: Final = 1 << 28
_ACTIONS: Final = (CAPS, REQUEST, PEEK, NOTIFY, PROVIDE)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the other side can do: its actions (a mask of the constants above)."""

    actions: int


@dataclass(frozen=True, slots=True)
class Request:
    """The other side wants the text."""


@dataclass(frozen=True, slots=True)
class Peek:
    """The other side asks whether there is text."""


@dataclass(frozen=True, slots=True)
class Notify:
    """The other side has (or no longer has) text."""

    has_text: bool


@dataclass(frozen=True, slots=True)
class Provide:
    """The other side's text, lines ended by a line feed."""

    text: str


Event = Capabilities | Request | Peek | Notify | Provide


def parse(payload: bytes) -> Event | None:
    """Read one message's payload; None if it is about other formats than text. Raises `ProtocolError`."""
    if len(payload) < 4:
        raise ProtocolError("extended clipboard message without flags")
    flags = int.from_bytes(payload[:4], "big")
    if flags & CAPS:
        return Capabilities(flags & sum(_ACTIONS))
    has_text = bool(flags & TEXT)
    if flags & NOTIFY:
        return Notify(has_text)
    if flags & PEEK:
        return Peek()
    if flags & REQUEST:
        return Request() if has_text else None
    if flags & PROVIDE:
        return Provide(_inflate_text(payload[4:])) if has_text else None
    raise ProtocolError("extended clipboard message without an action")


def _inflate_text(data: bytes) -> str:
    inflater = zlib.decompressobj()
    try:
        # The text is the lowest format, hence first; a bomb stops at the limit.
        size = int.from_bytes(inflater.decompress(data, 4), "big")
        if size > MAX_CUT_TEXT_BYTES:
            raise ProtocolError(f"clipboard of {size} bytes")
        raw = inflater.decompress(inflater.unconsumed_tail, size) if size else b""
    except zlib.error as error:
        raise ProtocolError("extended clipboard does not inflate") from error
    return raw.split(b"\0", 1)[0].decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")


def capabilities() -> bytes:
    """What this server can do: text, by notification and request only (size 0: nothing unsolicited)."""
    return struct.pack(">II", sum(_ACTIONS) | TEXT, 0)


def request() -> bytes:
    """Ask for the client's text."""
    return struct.pack(">I", REQUEST | TEXT)


def notify(has_text: bool) -> bytes:
    """Say whether this side has text."""
    return struct.pack(">I", NOTIFY | (TEXT if has_text else 0))


def provide(text: str) -> bytes:
    """Give this side's text, lines ended by CR LF as the document says."""
    raw = text.replace("\r\n", "\n").replace("\n", "\r\n").encode() + b"\0"
    return struct.pack(">I", PROVIDE | TEXT) + zlib.compress(struct.pack(">I", len(raw)) + raw)
