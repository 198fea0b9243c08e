"""PIXEL_FORMAT (RFC 6143 §7.4), and turning Pillow pictures into a client's pixels."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from PIL import Image, ImageChops

from .errors import ProtocolError

_STRUCT: Final = struct.Struct(">BBBBHHHBBB3x")
_FAST_MODES: Final = {(0, 8, 16): "RGBX", (16, 8, 0): "BGRX", (8, 16, 24): "XRGB", (24, 16, 8): "XBGR"}


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """How a client wants its pixels. Masks are maxima (2^n - 1), shifts are in bits from the low end."""

    bits_per_pixel: int
    depth: int
    big_endian: bool
    true_colour: bool
    red_max: int
    green_max: int
    blue_max: int
    red_shift: int
    green_shift: int
    blue_shift: int

    @classmethod
    def parse(cls, data: bytes) -> PixelFormat:
        """Read the 16 bytes of the wire; raises `ProtocolError` for what cannot be served."""
        bpp, depth, big, true, rmax, gmax, bmax, rshift, gshift, bshift = _STRUCT.unpack(data)
        if bpp not in (8, 16, 32):
            raise ProtocolError(f"bits per pixel: {bpp}")
        if not true:
            return COLOUR_MAP_FORMAT
        for maximum, shift in ((rmax, rshift), (gmax, gshift), (bmax, bshift)):
            if maximum & (maximum + 1) or maximum > 255 or shift + maximum.bit_length() > bpp:
                raise ProtocolError("colour channel does not fit in the pixel")
        channels = (rmax << rshift, gmax << gshift, bmax << bshift)
        if channels[0] & channels[1] or channels[0] & channels[2] or channels[1] & channels[2]:
            raise ProtocolError("colour channels overlap")
        return cls(bpp, depth, bool(big), True, rmax, gmax, bmax, rshift, gshift, bshift)

    def to_bytes(self) -> bytes:
        """The 16 bytes of the wire."""
        shifts = (self.red_shift, self.green_shift, self.blue_shift)
        maxima = (self.red_max, self.green_max, self.blue_max)
        return _STRUCT.pack(self.bits_per_pixel, self.depth, self.big_endian, self.true_colour, *maxima, *shifts)

    @property
    def tight_is_packed(self) -> bool:
        """Whether Tight sends this format's pixels as three bytes R, G, B (TPIXEL, rfbproto)."""
        maxima = (self.red_max, self.green_max, self.blue_max)
        return self.true_colour and self.bits_per_pixel == 32 and self.depth == 24 and maxima == (255, 255, 255)

    def pixels(self, picture: Image.Image) -> bytes:
        """The pixels of an RGB picture, row by row, in this format."""
        mode = self._fast_mode()
        if mode:
            return picture.tobytes("raw", mode)
        bands = [self._byte_plane(picture, index) for index in range(self.bits_per_pixel // 8)]
        if len(bands) == 1:
            return bands[0].tobytes()
        return Image.merge("LA" if len(bands) == 2 else "RGBA", bands).tobytes()

    def _fast_mode(self) -> str | None:
        maxima = (self.red_max, self.green_max, self.blue_max)
        if self.bits_per_pixel != 32 or maxima != (255, 255, 255):
            return None
        shifts = (self.red_shift, self.green_shift, self.blue_shift)
        order = tuple(24 - shift for shift in shifts) if self.big_endian else shifts
        return _FAST_MODES.get((order[0], order[1], order[2]))

    def _byte_plane(self, picture: Image.Image, index: int) -> Image.Image:
        """Byte `index` of every pixel; channels do not overlap, so the sum of their parts is exact."""
        position = self.bits_per_pixel // 8 - 1 - index if self.big_endian else index
        red, green, blue = picture.split()
        parts = (
            red.point(_table(self.red_max, self.red_shift, position)),
            green.point(_table(self.green_max, self.green_shift, position)),
            blue.point(_table(self.blue_max, self.blue_shift, position)),
        )
        return ImageChops.add(ImageChops.add(parts[0], parts[1]), parts[2])


@lru_cache(maxsize=64)
def _table(maximum: int, shift: int, byte: int) -> list[int]:
    """For each 8-bit channel value, its share of byte `byte` of the pixel."""
    return [((value * maximum + 127) // 255 << shift) >> (8 * byte) & 0xFF for value in range(256)]


#: What the server announces: 32 bits, red first in memory, as canvases want it.
SERVER_FORMAT: Final = PixelFormat(32, 24, False, True, 255, 255, 255, 0, 8, 16)

#: Served to clients that ask for a colour map: eight bits, blue-green-red 2-3-3, whose map is sent once.
COLOUR_MAP_FORMAT: Final = PixelFormat(8, 8, False, False, 7, 7, 3, 0, 3, 6)


def colour_map() -> list[tuple[int, int, int]]:
    """The 256 colours (16 bits per channel) that `COLOUR_MAP_FORMAT` points to."""
    return [((i & 7) * 65535 // 7, (i >> 3 & 7) * 65535 // 7, (i >> 6) * 65535 // 3) for i in range(256)]
