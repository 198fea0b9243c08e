"""The mouse pointers the client is sent: arrow, I-beam, hand, resize arrows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from PIL import Image, ImageDraw

_SIZE: Final = 24
_OVERSAMPLING: Final = 4
_ARROW: Final = ((3, 2), (3, 19), (7.2, 15.2), (10, 21.3), (12.9, 20), (10.2, 14.2), (16, 14.2))
_HAND: Final = (
    (8, 3), (9.5, 2), (11, 3), (11, 9), (12.5, 8.3), (14, 9.4), (15.5, 8.9), (17, 10.2), (18.5, 10), (19.6, 11.4),
    (19.6, 15.5), (18, 21.6), (10, 21.6), (7.4, 17.4), (4.2, 13.2), (5.2, 11.9), (6.6, 12), (8, 13.4),
)  # fmt: skip
_BEAM: Final = ((8, 3), (11, 3), (12, 4), (13, 3), (16, 3), (16, 5), (13, 5.6), (13, 18.4), (16, 19), (16, 21),
                (13, 21), (12, 20), (11, 21), (8, 21), (8, 19), (11, 18.4), (11, 5.6), (8, 5))  # fmt: skip
_ACROSS: Final = ((1, 12), (6, 7), (6, 10.8), (18, 10.8), (18, 7), (23, 12), (18, 17), (18, 13.2), (6, 13.2), (6, 17))
_SHAPES: Final[dict[str, tuple[Sequence[tuple[float, float]], tuple[int, int], int]]] = {
    "arrow": (_ARROW, (3, 2), 0),
    "hand": (_HAND, (9, 2), 0),
    "text": (_BEAM, (12, 12), 0),
    "resize-x": (_ACROSS, (12, 12), 0),
    "resize-y": (_ACROSS, (12, 12), 90),
    "resize-xy": (_ACROSS, (12, 12), -45),
}


class Pointer(NamedTuple):
    """A picture (RGBA, 24 × 24) and the pixel that points."""

    picture: Image.Image
    hotspot: tuple[int, int]


@lru_cache(maxsize=16)
def pointer(name: str) -> Pointer:
    """The pointer called `name`: arrow, hand, text, resize-x, resize-y or resize-xy."""
    points, hotspot, angle = _SHAPES[name]
    big = Image.new("L", (_SIZE * _OVERSAMPLING,) * 2)
    scaled = [(x * _OVERSAMPLING, y * _OVERSAMPLING) for x, y in points]
    draw = ImageDraw.Draw(big)
    draw.polygon(scaled, fill=255)
    outline = big.copy()
    ImageDraw.Draw(outline).line([*scaled, scaled[0], scaled[1]], fill=255, width=2 * _OVERSAMPLING, joint="curve")
    inner, outer = (layer.rotate(angle).resize((_SIZE, _SIZE), Image.Resampling.LANCZOS) for layer in (big, outline))
    inside, edge = ((24, 33, 47), (255, 255, 255)) if name == "text" else ((255, 255, 255), (24, 33, 47))
    picture = Image.new("RGBA", (_SIZE, _SIZE), (*edge, 0))
    picture.putalpha(outer)
    picture.paste((*inside, 255), (0, 0), inner)
    picture.putalpha(outer)
    return Pointer(picture, hotspot)
