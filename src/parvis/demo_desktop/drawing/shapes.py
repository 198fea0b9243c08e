"""Soft-edged masks: rounded rectangles and shadows, rendered once and kept."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from PIL import Image, ImageDraw, ImageFilter

_OVERSAMPLING: Final = 4


@lru_cache(maxsize=32)
def _disc(radius: int) -> Image.Image:
    size = 2 * radius * _OVERSAMPLING
    disc = Image.new("L", (size, size))
    ImageDraw.Draw(disc).ellipse((0, 0, size - 1, size - 1), fill=255)
    return disc.resize((2 * radius, 2 * radius), Image.Resampling.LANCZOS)


@lru_cache(maxsize=160)
def rounded_mask(width: int, height: int, radius: int, alpha: int = 255) -> Image.Image:
    """Coverage of a rounded rectangle, at most `alpha`."""
    radius = max(0, min(radius, width // 2, height // 2))
    mask = Image.new("L", (width, height), 255)
    if radius:
        disc = _disc(radius)
        for x, y, corner in (
            (0, 0, (0, 0, radius, radius)),
            (width - radius, 0, (radius, 0, 2 * radius, radius)),
            (0, height - radius, (0, radius, radius, 2 * radius)),
            (width - radius, height - radius, (radius, radius, 2 * radius, 2 * radius)),
        ):
            mask.paste(disc.crop(corner), (x, y))
    return mask if alpha == 255 else mask.point(lambda value: value * alpha // 255)


@lru_cache(maxsize=24)
def shadow_mask(width: int, height: int, radius: int, margin: int, strength: int) -> Image.Image:
    """Coverage of a soft shadow around a rounded rectangle, `margin` larger on each side.

    Built from one small blurred shape whose edges are stretched, so that its cost does not depend on the size.
    """
    slice_ = margin * 2
    core = slice_ * 2
    small = Image.new("L", (core + 2 * margin, core + 2 * margin))
    small.paste(strength, (margin, margin), rounded_mask(core, core, radius))
    small = small.filter(ImageFilter.GaussianBlur(margin / 2.6))
    edge = slice_ + margin - 1
    return _stretched(small, edge, width + 2 * margin, height + 2 * margin)


def _stretched(small: Image.Image, edge: int, width: int, height: int) -> Image.Image:
    """`small` enlarged by repeating what lies between its corners of `edge` pixels."""
    size = small.width
    edge_x, edge_y = min(edge, width // 2), min(edge, height // 2)
    mask = Image.new("L", (width, height))
    columns = (
        (0, edge_x, 0, edge_x),
        (edge_x, size - edge_x, edge_x, width - edge_x),
        (size - edge_x, size, width - edge_x, width),
    )
    rows = (
        (0, edge_y, 0, edge_y),
        (edge_y, size - edge_y, edge_y, height - edge_y),
        (size - edge_y, size, height - edge_y, height),
    )
    for from_top, from_bottom, top, bottom in rows:
        for from_left, from_right, left, right in columns:
            if right > left and bottom > top:
                part = small.crop((from_left, from_top, from_right, from_bottom))
                mask.paste(part.resize((right - left, bottom - top), Image.Resampling.BILINEAR), (left, top))
    return mask
