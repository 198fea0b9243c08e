"""What the desktop is made of, and what opens what: windows, task bar, start menu, backdrop."""

from __future__ import annotations

from collections.abc import Callable

from ..apps.base import App
from ..drawing import theme
from ..drawing.canvas import Canvas
from ..geometry import Rect
from ..names import Identity
from .backdrop import Backdrop
from .start_menu import StartMenu
from .taskbar import TaskBar
from .windows import Windows


class Parts:
    """`apps` are those of this PC by key, `icons` the keys and labels on the backdrop, in their order."""

    def __init__(
        self,
        apps: dict[str, App],
        icons: tuple[tuple[str, str], ...],
        identity: Identity,
        tint: theme.Tint,
        invalidate: Callable[[Rect], None],
    ) -> None:
        self.invalidate = invalidate
        self.windows = Windows(apps.__getitem__, invalidate)
        self.task_bar = TaskBar(self.windows, tint)
        self.menu = StartMenu([(key, apps[key].name) for key, _ in icons], identity, tint)
        self.backdrop = Backdrop(list(icons), identity, tint)

    def place(self, width: int, height: int) -> None:
        """Lay everything out for a screen of this size."""
        self.windows.resize((width, height))
        self.task_bar.place(width, height)
        self.menu.place(width, height)
        self.backdrop.place(width, height)

    def open(self, key: str, now: float) -> None:
        """Open an app from wherever it was asked for."""
        self.show_menu(shown=False)
        self.choose_icon("")
        self.windows.open(key, now)
        self.invalidate(self.task_bar.rect)

    def show_menu(self, *, shown: bool) -> None:
        """Open or close the start menu."""
        if self.task_bar.menu_open != shown:
            self.task_bar.menu_open = shown
            self.menu.hovered = ""
            self.invalidate(self.menu.outer)
            self.invalidate(self.task_bar.rect)

    def choose_icon(self, key: str) -> None:
        """Mark an icon of the backdrop, or none."""
        self._invalidate_icons()
        self.backdrop.chosen = key
        self._invalidate_icons()

    def hover_icon(self, key: str) -> None:
        """The mouse is over an icon of the backdrop, or none."""
        if key != self.backdrop.hovered:
            self._invalidate_icons()
            self.backdrop.hovered = key
            self._invalidate_icons()

    def _invalidate_icons(self) -> None:
        for key in (self.backdrop.chosen, self.backdrop.hovered):
            self.invalidate(self.backdrop.cell_of(key))

    def paint(self, canvas: Canvas, now: float) -> None:
        """Paint what the canvas sees, from back to front; what a window in front hides is left out."""
        shown = self.windows.shown
        hidden_from = next((i for i in range(len(shown) - 1, -1, -1) if shown[i].hides(canvas.rect)), None)
        if not self.task_bar.rect.covers(canvas.rect):
            if hidden_from is None:
                self.backdrop.paint(canvas)
            for window in shown[hidden_from or 0 :]:
                window.paint(canvas, focused=window is self.windows.focused, now=now)
        self.task_bar.paint(canvas, now)
        if self.task_bar.menu_open:
            self.menu.paint(canvas)
