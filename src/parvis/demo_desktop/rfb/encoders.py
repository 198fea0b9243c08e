"""Encoders of pixels: Raw and Zlib (RFC 6143 §7.7.1, rfbproto), and Tight (rfbproto). One set per client: zlib streams
go on from one rectangle to the next."""

from __future__ import annotations

import struct
import zlib
from typing import Final, Protocol

from PIL import Image

from . import constants as c
from .pixel_format import PixelFormat
from .server_messages import rectangle_header

#: Tight sends fewer bytes than this as they are (rfbproto).
_SMALLEST_COMPRESSED: Final = 12


class Encoder(Protocol):
    """Turns one RGB picture into one whole rectangle at (x, y)."""

    def encode(self, picture: Image.Image, x: int, y: int, pixel_format: PixelFormat) -> bytes:
        """The rectangle's bytes, header included."""
        ...


class RawEncoder:
    """Raw (§7.7.1)."""

    def encode(self, picture: Image.Image, x: int, y: int, pixel_format: PixelFormat) -> bytes:
        """See `Encoder`."""
        return rectangle_header(x, y, *picture.size, c.RAW) + pixel_format.pixels(picture)


class ZlibEncoder:
    """Zlib: raw pixels through one stream that lasts as long as the connection."""

    def __init__(self, level: int = 2) -> None:
        self._stream = zlib.compressobj(level)

    def encode(self, picture: Image.Image, x: int, y: int, pixel_format: PixelFormat) -> bytes:
        """See `Encoder`."""
        data = self._stream.compress(pixel_format.pixels(picture)) + self._stream.flush(zlib.Z_SYNC_FLUSH)
        return rectangle_header(x, y, *picture.size, c.ZLIB) + struct.pack(">I", len(data)) + data


class TightEncoder:
    """Tight without its lossy modes: fill for one colour, else zlib of packed pixels. On this picture of flat areas,
    text and a smooth wallpaper, JPEG saved 4 % of a first frame: not worth blurred letters."""

    def __init__(self, level: int = 2) -> None:
        self._stream = zlib.compressobj(level)

    def encode(self, picture: Image.Image, x: int, y: int, pixel_format: PixelFormat) -> bytes:
        """See `Encoder`."""
        if picture.getcolors(1):
            body = b"\x80" + self._packed(picture.crop((0, 0, 1, 1)), pixel_format)
        else:
            body = b"\x00" + self._basic(self._packed(picture, pixel_format))
        return rectangle_header(x, y, *picture.size, c.TIGHT) + body

    def _basic(self, data: bytes) -> bytes:
        if len(data) < _SMALLEST_COMPRESSED:
            return data
        packed = self._stream.compress(data) + self._stream.flush(zlib.Z_SYNC_FLUSH)
        return compact_length(len(packed)) + packed

    @staticmethod
    def _packed(picture: Image.Image, pixel_format: PixelFormat) -> bytes:
        return picture.tobytes() if pixel_format.tight_is_packed else pixel_format.pixels(picture)


def compact_length(length: int) -> bytes:
    """Tight's compact length: one to three bytes, seven bits each, the last with eight (rfbproto)."""
    if length < 1 << 7:
        return bytes([length])
    if length < 1 << 14:
        return bytes([length & 0x7F | 0x80, length >> 7])
    if length >= 1 << 22:
        raise ValueError("longer than Tight can say")
    return bytes([length & 0x7F | 0x80, length >> 7 & 0x7F | 0x80, length >> 14])


def choose_encoder(encodings: tuple[int, ...]) -> type[Encoder]:
    """The best encoder for what the client said it reads; Raw is always allowed (§7.7)."""
    kinds: dict[int, type[Encoder]] = {c.TIGHT: TightEncoder, c.ZLIB: ZlibEncoder, c.RAW: RawEncoder}
    return next((kinds[encoding] for encoding in encodings if encoding in kinds), RawEncoder)
