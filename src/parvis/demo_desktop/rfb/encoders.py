"""Encoders of pixels: Raw and Zlib (RFC 6143 §7.7.1, rfbproto), and Tight (rfbproto). One set per client: zlib streams
go on from one rectangle to the next."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Final, Protocol

from PIL import Image

from . import constants as c
from .pixel_format import PixelFormat
from .server_messages import rectangle_header

#: Above this many distinct colours a tile is a picture (the wallpaper), not text: JPEG is smaller and as good.
_PICTURE_COLOURS: Final = 1200
_MIN_JPEG_PIXELS: Final = 4096
#: Quality asked by the client (0 to 9) → JPEG quality. The low end stays legible: this is a desktop, not a film.
_JPEG_QUALITY: Final = (40, 50, 60, 70, 78, 84, 89, 92, 95, 97)


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
    """Tight: fill for one colour, JPEG for pictures if the client allows it, else zlib of packed pixels."""

    def __init__(self, *, jpeg_quality: int | None, level: int = 2) -> None:
        """`jpeg_quality` is the client's wish from 0 to 9, None for lossless only."""
        self._stream = zlib.compressobj(level)
        self._jpeg_quality = None if jpeg_quality is None else _JPEG_QUALITY[jpeg_quality]

    def adopt(self, other: TightEncoder) -> None:
        """Take over another's JPEG quality; the zlib stream goes on."""
        self._jpeg_quality = other._jpeg_quality

    def encode(self, picture: Image.Image, x: int, y: int, pixel_format: PixelFormat) -> bytes:
        """See `Encoder`."""
        colours = picture.getcolors(_PICTURE_COLOURS)
        if colours is not None and len(colours) == 1:
            body = b"\x80" + self._packed(picture.crop((0, 0, 1, 1)), pixel_format)
        elif self._wants_jpeg(picture, colours, pixel_format):
            data = self._jpeg(picture)
            body = b"\x90" + compact_length(len(data)) + data
        else:
            body = b"\x00" + self._basic(self._packed(picture, pixel_format))
        return rectangle_header(x, y, *picture.size, c.TIGHT) + body

    def _wants_jpeg(self, picture: Image.Image, colours: object, pixel_format: PixelFormat) -> bool:
        big = picture.width * picture.height >= _MIN_JPEG_PIXELS
        return self._jpeg_quality is not None and colours is None and big and pixel_format.bits_per_pixel > 8

    def _jpeg(self, picture: Image.Image) -> bytes:
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=self._jpeg_quality, subsampling=0)
        return buffer.getvalue()

    def _basic(self, data: bytes) -> bytes:
        if len(data) < 12:
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


def choose_encoder(encodings: tuple[int, ...]) -> Encoder:
    """The best encoder for what the client said it reads; Raw is always allowed (§7.7)."""
    qualities = [e - c.JPEG_QUALITY_0 for e in encodings if c.JPEG_QUALITY_0 <= e <= c.JPEG_QUALITY_9]
    for encoding in encodings:
        if encoding == c.TIGHT:
            return TightEncoder(jpeg_quality=qualities[0] if qualities else None)
        if encoding == c.ZLIB:
            return ZlibEncoder()
    return RawEncoder()


def continued(known: dict[type[Encoder], Encoder], wished: Encoder) -> Encoder:
    """The client's encoder of the wished kind if it had one before (its zlib stream goes on), else the wished one,
    which is then `known`."""
    before = known.setdefault(type(wished), wished)
    if isinstance(before, TightEncoder) and isinstance(wished, TightEncoder):
        before.adopt(wished)
    return before
