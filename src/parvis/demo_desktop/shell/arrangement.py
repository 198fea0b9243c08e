"""Where windows stand until the user moves them, for any size of the screen."""

from __future__ import annotations

from typing import Final

from ..drawing.theme import TASKBAR_HEIGHT
from ..geometry import Rect

ICON_COLUMN: Final = 108
_GAP: Final = 18
_NAME_HEIGHT: Final = 92
_WIDE_FROM: Final = 1600

#: Key → left, top, right, bottom as shares of the free area. What is missing starts minimised or closed.
_WIDE: Final = {
    "editor": (0.0, 0.0, 0.42, 1.0),
    "mail": (0.435, 0.0, 1.0, 0.54),
    "agenda": (0.435, 0.565, 0.70, 1.0),
    "activity": (0.715, 0.565, 1.0, 1.0),
    "budget": (0.30, 0.22, 0.80, 0.82),
    "computer": (0.36, 0.24, 0.64, 0.70),
}
_MIDDLE: Final = {
    "mail": (0.36, 0.0, 1.0, 0.62),
    "editor": (0.0, 0.07, 0.545, 0.97),
    "activity": (0.645, 0.65, 1.0, 1.0),
    "agenda": (0.55, 0.08, 0.96, 0.94),
    "budget": (0.18, 0.14, 0.82, 0.86),
    "computer": (0.30, 0.20, 0.70, 0.72),
}
_SMALL: Final = {
    "mail": (0.10, 0.03, 1.0, 0.95),
    "activity": (0.56, 0.52, 1.0, 1.0),
    "editor": (0.0, 0.0, 0.80, 0.93),
    "agenda": (0.30, 0.0, 1.0, 1.0),
    "budget": (0.06, 0.02, 1.0, 0.96),
    "computer": (0.16, 0.10, 0.84, 0.90),
}
_OPEN: Final = {
    "wide": ("mail", "agenda", "activity", "editor"),
    "middle": ("mail", "activity", "editor"),
    "small": ("activity", "editor"),
}


def size_class(width: int) -> str:
    """wide, middle or small."""
    return "wide" if width >= _WIDE_FROM else "middle" if width >= 1000 else "small"


def work_area(width: int, height: int) -> Rect:
    """What a maximised window fills."""
    return Rect(0, 0, width, height - TASKBAR_HEIGHT)


def first_windows(width: int) -> tuple[str, ...]:
    """The apps that are open at the start, from back to front."""
    return _OPEN[size_class(width)]


def home(key: str, smallest: tuple[int, int], width: int, height: int) -> Rect:
    """Where an app's window stands by default, wholly on the screen."""
    table = {"wide": _WIDE, "middle": _MIDDLE, "small": _SMALL}[size_class(width)]
    shares = table[key]
    area = work_area(width, height)
    # A large screen shows some of its wallpaper, and the PC's name in its corner.
    gap, foot = (max(_GAP, width // 50), _NAME_HEIGHT) if width >= _WIDE_FROM else (_GAP, _GAP)
    free = Rect(ICON_COLUMN if width >= 760 else _GAP, gap, area.right - gap, area.bottom - foot)
    rect = Rect(
        free.left + round(free.width * shares[0]),
        free.top + round(free.height * shares[1]),
        free.left + round(free.width * shares[2]),
        free.top + round(free.height * shares[3]),
    )
    return fitted(rect, smallest, area)


def fitted(rect: Rect, smallest: tuple[int, int], area: Rect) -> Rect:
    """At least as large as allowed, no larger than the area, and inside it."""
    width = min(max(rect.width, smallest[0]), area.width)
    height = min(max(rect.height, smallest[1]), area.height)
    left = max(area.left, min(rect.left, area.right - width))
    top = max(area.top, min(rect.top, area.bottom - height))
    return Rect.sized(left, top, width, height)


def reachable(rect: Rect, area: Rect) -> Rect:
    """Moved so that enough of the title bar stays on the screen to drag it back."""
    left = max(area.left - rect.width + 120, min(rect.left, area.right - 120))
    top = max(area.top, min(rect.top, area.bottom - 40))
    return Rect.sized(left, top, rect.width, rect.height)
