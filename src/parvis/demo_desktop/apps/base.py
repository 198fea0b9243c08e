"""What every app is, and what it may ask of the desktop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

from ..drawing.canvas import Canvas
from ..drawing.theme import Tint
from ..geometry import Rect
from ..keysyms import Key
from ..names import Identity


class Host(Protocol):
    """The desktop, seen from an app."""

    identity: Identity
    tint: Tint

    def invalidate(self, rect: Rect) -> None:
        """Have these pixels painted again."""

    def clipboard(self) -> str:
        """The text that « Coller » inserts."""
        ...

    def copy(self, text: str) -> None:
        """Put text on the clipboard, here and at the clients."""

    def text_changed(self, name: str, text: str) -> None:
        """Keep the content of a document of this PC."""


@dataclass(frozen=True, slots=True)
class Press:
    """A mouse button went down at (x, y): `button` 1 left, 2 middle, 3 right; `clicks` in a row at this place."""

    x: int
    y: int
    button: int
    clicks: int
    shift: bool
    now: float


class App:
    """An app fills `area`, the inside of its window, in screen coordinates. All events default to nothing."""

    key: ClassVar[str]
    name: ClassVar[str]
    size: ClassVar[tuple[int, int]] = (560, 420)
    smallest: ClassVar[tuple[int, int]] = (320, 220)

    def __init__(self, host: Host) -> None:
        self.host = host
        self.area = Rect(0, 0, 0, 0)

    @property
    def title(self) -> str:
        """What the title bar says."""
        return self.name

    def place(self, area: Rect) -> None:
        """The window moved or has a new size."""
        self.area = area

    def paint(self, canvas: Canvas, *, focused: bool, now: float) -> None:
        """Paint all of `area` that the canvas sees."""

    def pressed(self, press: Press) -> None:
        """A button went down inside."""

    def dragged(self, x: int, y: int) -> None:
        """The mouse moved while the button pressed inside was held; may lie outside."""

    def hovered(self, x: int, y: int) -> None:
        """The mouse moved inside without a button."""

    def left(self) -> None:
        """The mouse left."""

    def wheel(self, x: int, y: int, steps: int) -> None:
        """The wheel turned, down if `steps` > 0."""

    def typed(self, key: Key, now: float) -> None:
        """A key went down while the window had the focus."""

    def focus_changed(self, *, focused: bool, now: float) -> None:
        """The window got or lost the focus."""

    def pointer(self, x: int, y: int) -> str:
        """The mouse pointer at this place."""
        return "arrow"

    def tick(self, now: float) -> float | None:
        """Time passed: move what moves. Returns when to be called next, None for never."""
        return None

    def invalidate(self) -> None:
        """Have the whole app painted again."""
        self.host.invalidate(self.area)
