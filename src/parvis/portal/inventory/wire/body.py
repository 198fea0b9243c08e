"""Compression on and off: zlib (RFC 1950), gzip (RFC 1952), or none, known by the first bytes, not by the header."""

from __future__ import annotations

import zlib
from typing import Literal

from parvis.portal.inventory.wire import limits
from parvis.portal.inventory.wire.problems import Unreadable

Packing = Literal["zlib", "gzip", "none"]

_PIECE = 256 * 1024
_WINDOW_BITS = {"zlib": 15, "gzip": 31}


def packing_of(data: bytes) -> Packing:
    """How `data` is compressed."""
    if data[:2] == b"\x1f\x8b":
        return "gzip"
    # RFC 1950: method 8, window up to 32 kB, and the two bytes a multiple of 31.
    if len(data) > 2 and data[0] & 0x8F == 8 and int.from_bytes(data[:2], "big") % 31 == 0:
        return "zlib"
    return "none"


def unpack(data: bytes) -> bytes:
    """The text of a body.

    Raises:
        Unreadable: too large before or after, broken, or not finished. Never holds more than `limits.MOST_TEXT`.
    """
    if len(data) > limits.MOST_SENT:
        raise Unreadable("too_large")
    packing = packing_of(data)
    if packing == "none":
        return data
    most = min(limits.MOST_TEXT, max(limits.FREE_TEXT, limits.MOST_RATIO * len(data)))
    engine = zlib.decompressobj(_WINDOW_BITS[packing])
    text = bytearray()
    try:
        while not engine.eof:
            piece = engine.decompress(data, min(_PIECE, most + 1 - len(text)))
            text += piece
            data = engine.unconsumed_tail
            if len(text) > most:
                raise Unreadable("too_large")
            if not piece and not data:
                raise Unreadable("bad_compression")  # it ends before its end
    except zlib.error:
        raise Unreadable("bad_compression") from None
    return bytes(text)


def pack(text: bytes, packing: Packing = "zlib") -> bytes:
    """The same text, compressed. Level 6: FusionInventory knows zlib by the two bytes of that level."""
    if packing == "none":
        return text
    engine = zlib.compressobj(6, zlib.DEFLATED, _WINDOW_BITS[packing])
    return engine.compress(text) + engine.flush()
