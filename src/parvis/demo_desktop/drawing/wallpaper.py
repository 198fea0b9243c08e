"""The wallpaper: a gradient, a soft light, and hills in the PC's tint."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

from PIL import Image, ImageDraw

from .theme import WHITE, Colour, Tint, mix

_OVERSAMPLING: Final = 2
#: Hills from far to near: height of the crest (share of the screen), its wave's height, length and phase, darkness.
_HILLS: Final = (
    (0.56, 0.055, 0.85, 0.4, 0.12),
    (0.66, 0.070, 1.15, 2.3, 0.34),
    (0.77, 0.055, 0.80, 4.2, 0.60),
    (0.88, 0.045, 1.30, 1.1, 0.84),
)


@lru_cache(maxsize=4)
def wallpaper(tint: Tint, width: int, height: int) -> Image.Image:
    """The picture for a screen of this size (RGB)."""
    picture = _sky(tint, width, height)
    for crest, wave, length, phase, darkness in _HILLS:
        top = int((crest - 1.5 * wave) * height)
        mask = _hill(width, height, top, crest, wave, length, phase)
        near = mix(mix(tint.light, tint.middle, min(1.0, darkness * 1.6)), tint.deep, darkness)
        picture.paste(_vertical(near, mix(near, tint.deep, 0.55), width, height - top), (0, top), mask)
    return picture


def _sky(tint: Tint, width: int, height: int) -> Image.Image:
    """From dark above to light at the hills, with a glow behind them."""
    lit = round(height * 0.72)
    low = mix(tint.light, WHITE, 0.25)
    sky = Image.new("RGB", (width, height), low)
    sky.paste(_vertical(mix(tint.middle, tint.deep, 0.35), low, width, lit))
    glow = Image.radial_gradient("L").point([round(150 * max(0.0, 1 - value / 190) ** 2) for value in range(256)])
    size = int(height * 1.7)
    glow = glow.resize((size, size), Image.Resampling.BILINEAR)
    sky.paste(mix(tint.light, WHITE, 0.7), (int(width * 0.72) - size // 2, int(height * 0.40) - size // 2), glow)
    return sky


def _vertical(top: Colour, bottom: Colour, width: int, height: int) -> Image.Image:
    """A gradient from top to bottom."""
    column = Image.new("RGB", (1, height))
    column.putdata([mix(top, bottom, y / height) for y in range(height)])
    return column.resize((width, height), Image.Resampling.NEAREST)


def _hill(width: int, height: int, top: int, crest: float, wave: float, length: float, phase: float) -> Image.Image:
    """Coverage of what lies below a gentle wave, smooth at its edge; from `top` to the bottom of the screen."""
    # Only the strip that holds the crest needs oversampling; the rest below is full.
    strip = min(height, int((crest + 1.5 * wave) * height)) - top
    big = Image.new("L", (width * _OVERSAMPLING, strip * _OVERSAMPLING))
    step = 8
    points = [(-step, strip * _OVERSAMPLING)]
    for x in range(-step, width * _OVERSAMPLING + 2 * step, step):
        turn = x / (width * _OVERSAMPLING) * math.tau / length + phase
        y = (crest + wave * (math.sin(turn) + 0.35 * math.sin(2.3 * turn + 1))) * height - top
        points.append((x, round(y * _OVERSAMPLING)))
    points.append((width * _OVERSAMPLING + 2 * step, strip * _OVERSAMPLING))
    ImageDraw.Draw(big).polygon(points, fill=255)
    mask = Image.new("L", (width, height - top), 255)
    mask.paste(big.reduce(_OVERSAMPLING), (0, 0))
    return mask
