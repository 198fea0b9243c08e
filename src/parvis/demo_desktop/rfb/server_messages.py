"""Messages the server sends (RFC 6143 §7.6) and the rectangles that carry no pixels (§7.8, rfbproto)."""

from __future__ import annotations

import struct

from PIL import Image

from . import constants as c
from .pixel_format import PixelFormat


def update_header(rectangles: int) -> bytes:
    """FramebufferUpdate (§7.6.1): how many rectangles follow."""
    return struct.pack(">BxH", 0, rectangles)


def rectangle_header(x: int, y: int, width: int, height: int, encoding: int) -> bytes:
    """The twelve bytes before each rectangle."""
    return struct.pack(">HHHHi", x, y, width, height, encoding)


def colour_map_entries(colours: list[tuple[int, int, int]]) -> bytes:
    """SetColourMapEntries (§7.6.2) from entry 0; channels have 16 bits."""
    return struct.pack(">BxHH", 1, 0, len(colours)) + b"".join(struct.pack(">HHH", *colour) for colour in colours)


def cut_text(text: str) -> bytes:
    """ServerCutText (§7.6.4): Latin-1, what it cannot hold becomes « ? »."""
    data = text.replace("\r\n", "\n").encode("latin-1", "replace")
    return struct.pack(">BxxxI", 3, len(data)) + data


def extended_cut_text(payload: bytes) -> bytes:
    """An extended clipboard message: the negative length marks it (rfbproto)."""
    return struct.pack(">Bxxxi", 3, -len(payload)) + payload


def copy_rectangle(x: int, y: int, width: int, height: int, source: tuple[int, int]) -> bytes:
    """A CopyRect rectangle (§7.7.2): the client copies from `source` on its own screen."""
    return rectangle_header(x, y, width, height, c.COPY_RECT) + struct.pack(">HH", *source)


def desktop_size(width: int, height: int) -> bytes:
    """A DesktopSize rectangle (§7.8.2)."""
    return rectangle_header(0, 0, width, height, c.DESKTOP_SIZE)


def extended_desktop_size(width: int, height: int, reason: int, status: int) -> bytes:
    """An ExtendedDesktopSize rectangle (rfbproto) with one screen that fills the desktop."""
    head = rectangle_header(reason, status, width, height, c.EXTENDED_DESKTOP_SIZE)
    return head + struct.pack(">BxxxIHHHHI", 1, 0, 0, 0, width, height, 0)


def cursor(picture: Image.Image, hotspot: tuple[int, int], pixel_format: PixelFormat) -> bytes:
    """A Cursor rectangle (§7.8.1) from an RGBA picture: opaque from half its alpha on."""
    width, height = picture.size
    mask = (
        picture.getchannel("A").point(lambda alpha: 255 if alpha >= 128 else 0).convert("1", dither=Image.Dither.NONE)
    )
    head = rectangle_header(*hotspot, width, height, c.CURSOR)
    return head + pixel_format.pixels(picture.convert("RGB")) + mask.tobytes()


def vmware_cursor(picture: Image.Image, hotspot: tuple[int, int]) -> bytes:
    """A VMware cursor rectangle of type 1 (rfbproto): RGBA with its soft edges."""
    width, height = picture.size
    head = rectangle_header(*hotspot, width, height, c.VMWARE_CURSOR)
    return head + b"\x01\x00" + picture.tobytes()
