"""The bundled font (Inter, SIL Open Font Licence beside it), measured and rendered with caches."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from io import BytesIO
from typing import Final, NamedTuple

from PIL import Image, ImageDraw, ImageFont


class Font(NamedTuple):
    """A face and its size in pixels. `plain` fonts place each glyph by its own advance (no kerning)."""

    weight: str
    size: int
    plain: bool = False


BODY: Final = Font("Regular", 14)
BODY_STRONG: Final = Font("SemiBold", 14)
SMALL: Final = Font("Regular", 12)
SMALL_STRONG: Final = Font("SemiBold", 12)
LABEL: Final = Font("Medium", 13)
HEADING: Final = Font("SemiBold", 18)
WRITING: Final = Font("Regular", 15, plain=True)


@lru_cache(maxsize=4)
def _file(weight: str) -> bytes:
    return (resources.files("parvis.demo_desktop") / "assets" / "fonts" / f"Inter-{weight}.otf").read_bytes()


@lru_cache(maxsize=64)
def face(font: Font) -> ImageFont.FreeTypeFont:
    """The loaded face."""
    engine = ImageFont.Layout.BASIC if font.plain else None
    return ImageFont.truetype(BytesIO(_file(font.weight)), font.size, layout_engine=engine)


@lru_cache(maxsize=8192)
def width(font: Font, text: str) -> float:
    """How far the pen moves for `text`, in pixels."""
    return face(font).getlength(text)


@lru_cache(maxsize=64)
def ascent(font: Font) -> int:
    """From the baseline up to the top of a capital letter, in pixels."""
    box = face(font).getbbox("H", anchor="ls")
    return -round(box[1])


class Stencil(NamedTuple):
    """A rendered text: its coverage, and where it lies from the pen's start on the baseline."""

    mask: Image.Image
    left: int
    top: int


@lru_cache(maxsize=3000)
def stencil(font: Font, text: str) -> Stencil | None:
    """The text rendered once and kept; None if it leaves no ink."""
    left, top, right, bottom = (round(edge) for edge in face(font).getbbox(text, anchor="ls"))
    left, top, right, bottom = left - 1, top - 1, right + 1, bottom + 1
    if not text.strip() or right <= left or bottom <= top:
        return None
    mask = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(mask).text((-left, -top), text, fill=255, font=face(font), anchor="ls")
    return Stencil(mask, left, top)


@lru_cache(maxsize=4096)
def shortened(font: Font, text: str, room: int) -> str:
    """The text, or as much of its start as fits in `room` pixels with an ellipsis."""
    if width(font, text) <= room:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if face(font).getlength(text[:middle].rstrip() + "…") <= room:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…" if low else ""


def wrapped(font: Font, text: str, room: int) -> list[str]:
    """The text cut into lines of at most `room` pixels at its spaces; line feeds are kept."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if line and width(font, longer) > room:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    return lines
