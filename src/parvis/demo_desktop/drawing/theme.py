"""Colours and measures shared by everything that is painted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Colour = tuple[int, int, int]

WHITE: Final[Colour] = (255, 255, 255)
SURFACE: Final[Colour] = (255, 255, 255)
SURFACE_SOFT: Final[Colour] = (246, 248, 251)
SURFACE_SUNK: Final[Colour] = (238, 242, 247)
HOVER: Final[Colour] = (231, 236, 243)
BORDER: Final[Colour] = (224, 230, 238)
BORDER_STRONG: Final[Colour] = (198, 207, 219)
INK: Final[Colour] = (24, 33, 47)
INK_SOFT: Final[Colour] = (71, 84, 103)
INK_FAINT: Final[Colour] = (128, 140, 158)
RED: Final[Colour] = (214, 59, 59)
GREEN: Final[Colour] = (38, 150, 94)
AMBER: Final[Colour] = (219, 139, 18)
TASKBAR: Final[Colour] = (22, 29, 43)

TITLE_BAR_HEIGHT: Final = 38
TASKBAR_HEIGHT: Final = 48
WINDOW_RADIUS: Final = 10
SHADOW_MARGIN: Final = 26


@dataclass(frozen=True, slots=True)
class Tint:
    """The colours of one PC: wallpaper from `deep` through `middle` to `light`, and the accent of controls."""

    deep: Colour
    middle: Colour
    light: Colour
    accent: Colour
    accent_soft: Colour


TINTS: Final = (
    Tint((12, 34, 79), (26, 92, 158), (120, 190, 226), (31, 99, 196), (223, 234, 250)),
    Tint((9, 52, 60), (18, 116, 117), (140, 212, 190), (11, 118, 116), (217, 240, 237)),
    Tint((43, 24, 84), (98, 66, 168), (214, 160, 220), (103, 68, 184), (235, 228, 250)),
    Tint((70, 22, 44), (168, 62, 84), (246, 178, 140), (176, 58, 84), (250, 227, 231)),
    Tint((16, 44, 36), (44, 112, 72), (190, 214, 130), (38, 118, 74), (222, 241, 229)),
    Tint((24, 32, 58), (72, 90, 140), (178, 194, 224), (66, 86, 150), (228, 233, 246)),
)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """The colour at `share` (0 to 1) of the way from `first` to `second`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue
