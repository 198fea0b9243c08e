"""The task bar: start button, open windows, network, clock."""

from __future__ import annotations

from typing import Final

from ..drawing import fonts, icons, theme
from ..drawing.canvas import Canvas
from ..french import clock
from ..geometry import Rect
from .window import Window
from .windows import Windows

_START_WIDTH: Final = 52
_ICON_BUTTON: Final = 46
_WIDEST_BUTTON: Final = 156
_CLOCK: Final = fonts.Font("Medium", 13)


class TaskBar:
    """Knows its places and paints itself; the desktop decides what a click does."""

    def __init__(self, windows: Windows, tint: theme.Tint) -> None:
        self._windows = windows
        self._tint = tint
        self.rect = Rect(0, 0, 0, 0)
        self.menu_open = False
        self.hovered = ""

    def place(self, width: int, height: int) -> None:
        """At the bottom of a screen of this size."""
        self.rect = Rect(0, height - theme.TASKBAR_HEIGHT, width, height)

    @property
    def start(self) -> Rect:
        """The start button."""
        return Rect.sized(6, self.rect.top + 4, _START_WIDTH, self.rect.height - 8)

    @property
    def clock(self) -> Rect:
        """The clock; its width does not follow the digits, so that nothing jumps."""
        width = int(fonts.width(_CLOCK, "mer. 30 sept. 2026 00:00:00")) + 26
        return Rect(self.rect.right - width - 6, self.rect.top + 4, self.rect.right - 6, self.rect.bottom - 4)

    def buttons(self) -> list[tuple[Window, Rect]]:
        """The windows in the order they were opened, and their buttons."""
        windows = self._windows.opened
        left, right = self.start.right + 10, self.clock.left - 44
        each = min(_WIDEST_BUTTON, (right - left) // max(1, len(windows)) - 4)
        width = each if each >= 110 else _ICON_BUTTON
        return [
            (window, Rect.sized(left + index * (width + 4), self.rect.top + 4, width, self.rect.height - 8))
            for index, window in enumerate(windows)
        ]

    def part_at(self, x: int, y: int) -> str:
        """start, clock, an app's key, bar, or nothing outside."""
        if not self.rect.has(x, y):
            return ""
        if self.start.has(x, y):
            return "start"
        if self.clock.has(x, y):
            return "clock"
        return next((window.app.key for window, rect in self.buttons() if rect.has(x, y)), "bar")

    def paint(self, canvas: Canvas, now: float) -> None:
        """Paint all of it."""
        if not canvas.sees(self.rect):
            return
        ground = theme.mix(theme.TASKBAR, self._tint.deep, 0.45)
        canvas.fill(self.rect, ground)
        canvas.horizontal(self.rect.left, self.rect.right, self.rect.top, theme.mix(ground, theme.WHITE, 0.10))
        self._paint_start(canvas, ground)
        for window, rect in self.buttons():
            self._paint_button(canvas, window, rect, ground)
        if self.hovered == "clock":
            canvas.rounded(self.clock, 7, theme.mix(ground, theme.WHITE, 0.12))
        canvas.stencilled((214, 224, 240), icons.sign("network", 18), self.clock.left - 30, self.rect.top + 15)
        canvas.label(self.clock, clock(now), _CLOCK, (236, 242, 250), "center")

    def _paint_start(self, canvas: Canvas, ground: theme.Colour) -> None:
        lit = self.menu_open or self.hovered == "start"
        canvas.rounded(self.start, 8, self._tint.accent if lit else theme.mix(ground, self._tint.accent, 0.55))
        x = self.start.left + (self.start.width - 22) // 2
        canvas.stencilled(theme.WHITE, icons.sign("start", 22), x, self.start.top + (self.start.height - 22) // 2)

    def _paint_button(self, canvas: Canvas, window: Window, rect: Rect, ground: theme.Colour) -> None:
        focused = window is self._windows.focused
        if focused or self.hovered == window.app.key:
            canvas.rounded(rect, 7, theme.mix(ground, theme.WHITE, 0.16 if focused else 0.09))
        wide = rect.width > _ICON_BUTTON
        x = rect.left + (11 if wide else (rect.width - 24) // 2)
        canvas.image(icons.app_icon(window.app.key, 24), x, rect.top + (rect.height - 24) // 2)
        if wide:
            ink = (240, 245, 252) if not window.minimised else (166, 180, 204)
            text = Rect(rect.left + 44, rect.top, rect.right - 10, rect.bottom)
            canvas.label(text, window.app.name, fonts.LABEL, ink)
        mark = 26 if focused else 10
        middle = rect.left + (22 if wide else rect.width // 2)
        colour = theme.mix(self._tint.light, theme.WHITE, 0.3) if not window.minimised else (120, 134, 160)
        canvas.rounded(Rect.sized(middle - mark // 2, rect.bottom - 3, mark, 3), 1, colour)
