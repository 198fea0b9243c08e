"""Pictures people send, drawn anew: what is kept is the picture and nothing else that was in the file."""

from __future__ import annotations

import io
from dataclasses import dataclass

from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from parvis.portal.kernel.errors import Invalid

MAX_PIXELS = 40_000_000
"""Read from the file's head before anything is decoded: a small file may hold a huge picture."""
MAX_SIDE = 2400
"""Pixels; larger pictures are made smaller."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG, and its size in pixels."""

    data: bytes
    width: int
    height: int


def redrawn(raw: bytes) -> Picture:
    """The picture of a PNG or JPEG file as a fresh PNG, without its metadata, at most `MAX_SIDE` wide and high.

    Raises:
        Invalid: not a picture that can be read, or one of more than `MAX_PIXELS`.
    """
    try:
        with Image.open(io.BytesIO(raw), formats=["PNG", "JPEG"]) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise Invalid(_("Cette image est trop grande\u202f: réduisez-la à 6\u202f000 points de côté au plus."))
            opened.draft("RGB", (MAX_SIDE, MAX_SIDE))
            fresh = opened.convert("RGBA" if "A" in opened.getbands() or "transparency" in opened.info else "RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise Invalid(_("Cette image ne peut pas être lue.")) from None
    if fresh.mode == "RGBA":
        paper = Image.new("RGB", fresh.size, "white")
        paper.paste(fresh, mask=fresh.getchannel("A"))
        fresh = paper
    fresh.thumbnail((MAX_SIDE, MAX_SIDE))
    out = io.BytesIO()
    Image.frombytes("RGB", fresh.size, fresh.tobytes()).save(out, "PNG", optimize=False)
    return Picture(out.getvalue(), *fresh.size)
