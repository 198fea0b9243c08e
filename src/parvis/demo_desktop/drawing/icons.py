"""The apps' icons and small signs, drawn large and reduced."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from PIL import Image, ImageDraw

from .shapes import rounded_mask
from .theme import Colour, mix

_GRID: Final = 64  # icons are drawn on a grid of 64 × 64
_OVERSAMPLING: Final = 4
_WHITE: Final = (255, 255, 255, 255)


class _Pen:
    """Draws on the grid of an icon, whatever its real size."""

    def __init__(self, draw: ImageDraw.ImageDraw, scale: float) -> None:
        self._draw = draw
        self._scale = scale

    def box(
        self, left: float, top: float, right: float, bottom: float, colour: tuple[int, ...], radius: float = 0
    ) -> None:
        edges = [edge * self._scale for edge in (left, top, right, bottom)]
        self._draw.rounded_rectangle(edges, radius * self._scale, fill=colour)

    def line(self, points: list[tuple[float, float]], colour: tuple[int, ...], width: float) -> None:
        scaled = [(x * self._scale, y * self._scale) for x, y in points]
        self._draw.line(scaled, fill=colour, width=round(width * self._scale), joint="curve")
        radius = width * self._scale / 2
        for x, y in (scaled[0], scaled[-1]):
            self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    def shape(self, points: list[tuple[float, float]], colour: tuple[int, ...]) -> None:
        self._draw.polygon([(x * self._scale, y * self._scale) for x, y in points], fill=colour)


def _editor(pen: _Pen) -> None:
    pen.box(17, 11, 47, 53, _WHITE, 4)
    for y, right in ((20, 41), (27, 41), (34, 37), (41, 32)):
        pen.line([(23, y), (right, y)], (120, 160, 226, 255), 2.6)
    pen.line([(38, 47), (51, 33)], (255, 193, 84, 255), 5.5)


def _mail(pen: _Pen) -> None:
    pen.box(11, 18, 53, 47, _WHITE, 5)
    pen.line([(14, 22), (32, 36), (50, 22)], (230, 124, 60, 255), 3.2)


def _budget(pen: _Pen) -> None:
    pen.box(13, 14, 51, 50, _WHITE, 4)
    pen.box(13, 14, 51, 23, (187, 231, 206, 255), 4)
    for y in (23, 32, 41):
        pen.line([(15, y), (49, y)], (86, 176, 128, 255), 1.8)
    for x in (26, 38.5):
        pen.line([(x, 16), (x, 48)], (86, 176, 128, 255), 1.8)


def _agenda(pen: _Pen) -> None:
    pen.box(13, 15, 51, 51, _WHITE, 5)
    pen.box(13, 15, 51, 26, (228, 92, 98, 255), 5)
    pen.box(13, 21, 51, 26, (228, 92, 98, 255))
    for x in (22, 42):
        pen.line([(x, 11), (x, 18)], _WHITE, 3.4)
    for x in (20, 29, 38):
        for y in (31, 39):
            pen.box(x, y, x + 6, y + 5, (236, 160, 163, 255) if (x, y) != (29, 39) else (214, 59, 59, 255), 1.4)


def _activity(pen: _Pen) -> None:
    pen.line([(10, 36), (20, 36), (26, 20), (35, 47), (42, 30), (46, 36), (54, 36)], _WHITE, 4)


def _computer(pen: _Pen) -> None:
    pen.box(11, 14, 53, 42, _WHITE, 4)
    pen.box(15, 18, 49, 38, (118, 142, 186, 255), 2)
    pen.box(28, 42, 36, 49, _WHITE)
    pen.box(21, 48, 43, 52, _WHITE, 2)


_APPS: Final[dict[str, tuple[Colour, Colour, Callable[[_Pen], None]]]] = {
    "editor": ((84, 136, 236), (42, 86, 190), _editor),
    "mail": ((250, 168, 84), (226, 104, 48), _mail),
    "budget": ((74, 190, 132), (26, 130, 84), _budget),
    "agenda": ((250, 128, 122), (204, 62, 84), _agenda),
    "activity": ((52, 190, 196), (18, 122, 150), _activity),
    "computer": ((130, 148, 190), (70, 88, 134), _computer),
}


@lru_cache(maxsize=64)
def app_icon(name: str, size: int) -> Image.Image:
    """The icon of an app (RGBA), `size` pixels wide."""
    top, bottom, glyph = _APPS[name]
    big = size * _OVERSAMPLING
    picture = Image.new("RGBA", (big, big))
    column = Image.new("RGB", (1, big))
    for y in range(big):
        column.putpixel((0, y), mix(top, bottom, y / big))
    margin = big // 24
    tile = rounded_mask(big - 2 * margin, big - 2 * margin, round(big * 0.22))
    picture.paste(column.resize((big - 2 * margin, big - 2 * margin)), (margin, margin), tile)
    glyph(_Pen(ImageDraw.Draw(picture), big / _GRID))
    return picture.resize((size, size), Image.Resampling.LANCZOS)


def _minimise(pen: _Pen) -> None:
    pen.line([(18, 33), (46, 33)], _WHITE, 4.5)


def _maximise(pen: _Pen) -> None:
    pen.line([(19, 19), (45, 19), (45, 45), (19, 45), (19, 17)], _WHITE, 4.5)


def _restore(pen: _Pen) -> None:
    pen.line([(18, 26), (39, 26), (39, 47), (18, 47), (18, 24)], _WHITE, 4.5)
    pen.line([(26, 18), (47, 18), (47, 39)], _WHITE, 4.5)


def _close(pen: _Pen) -> None:
    pen.line([(19, 19), (45, 45)], _WHITE, 4.5)
    pen.line([(45, 19), (19, 45)], _WHITE, 4.5)


def _previous(pen: _Pen) -> None:
    pen.line([(38, 16), (24, 32), (38, 48)], _WHITE, 5)


def _next(pen: _Pen) -> None:
    pen.line([(26, 16), (40, 32), (26, 48)], _WHITE, 5)


def _network(pen: _Pen) -> None:
    pen.box(10, 42, 18, 54, _WHITE, 2)
    pen.box(22, 33, 30, 54, _WHITE, 2)
    pen.box(34, 23, 42, 54, _WHITE, 2)
    pen.box(46, 12, 54, 54, _WHITE, 2)


def _start(pen: _Pen) -> None:
    # A forecourt: an arch between two pillars, on a step.
    pen.box(8, 50, 56, 56, _WHITE, 2)
    pen.box(12, 24, 20, 47, _WHITE, 1)
    pen.box(44, 24, 52, 47, _WHITE, 1)
    pen.box(27, 31, 37, 47, _WHITE, 5)
    pen.shape([(8, 22), (32, 8), (56, 22)], _WHITE)


_SIGNS: Final[dict[str, Callable[[_Pen], None]]] = {
    "minimise": _minimise,
    "maximise": _maximise,
    "restore": _restore,
    "close": _close,
    "previous": _previous,
    "next": _next,
    "network": _network,
    "start": _start,
}


@lru_cache(maxsize=64)
def sign(name: str, size: int) -> Image.Image:
    """A one-colour sign as a mask, `size` pixels wide."""
    big = size * _OVERSAMPLING
    picture = Image.new("RGBA", (big, big))
    _SIGNS[name](_Pen(ImageDraw.Draw(picture), big / _GRID))
    return picture.getchannel("A").resize((size, size), Image.Resampling.LANCZOS)
