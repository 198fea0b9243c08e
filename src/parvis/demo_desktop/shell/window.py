"""One window: its places, its hit-test, its frame."""

from __future__ import annotations

from typing import Final

from ..apps.base import App
from ..drawing import fonts, icons, theme
from ..drawing.canvas import Canvas
from ..geometry import Rect

_BUTTON_WIDTH: Final = 44
_EDGE: Final = 6
BUTTONS: Final = ("minimise", "maximise", "close")


class Window:
    """A framed app. `rect` is the window without its shadow; `by_hand` once the user moved or sized it."""

    def __init__(self, app: App, rect: Rect) -> None:
        self.app = app
        self.rect = rect
        self.minimised = False
        self.maximised = False
        self.by_hand = False
        self.restore_to = rect
        self.hovered_button = ""

    @property
    def radius(self) -> int:
        """Of the corners, in pixels."""
        return 0 if self.maximised else theme.WINDOW_RADIUS

    @property
    def outer(self) -> Rect:
        """All pixels the window touches, its shadow included."""
        return self.rect if self.maximised else self.rect.grown(theme.SHADOW_MARGIN + 6)

    @property
    def content(self) -> Rect:
        """Where the app paints."""
        rect = self.rect
        return Rect(rect.left, rect.top + theme.TITLE_BAR_HEIGHT, rect.right, rect.bottom)

    @property
    def title_bar(self) -> Rect:
        """Where it is dragged."""
        rect = self.rect
        return Rect(rect.left, rect.top, rect.right, rect.top + theme.TITLE_BAR_HEIGHT)

    def place(self, rect: Rect) -> None:
        """Move and size the window."""
        self.rect = rect
        self.app.place(self.content)

    def hides(self, rect: Rect) -> bool:
        """Whether the window covers every pixel of `rect` with opaque ones."""
        corner = self.radius
        tall = Rect(self.rect.left + corner, self.rect.top, self.rect.right - corner, self.rect.bottom)
        wide = Rect(self.rect.left, self.rect.top + corner, self.rect.right, self.rect.bottom - corner)
        return tall.covers(rect) or wide.covers(rect)

    def button_rect(self, name: str) -> Rect:
        """Where a title bar button is."""
        right = self.rect.right - _BUTTON_WIDTH * (len(BUTTONS) - 1 - BUTTONS.index(name))
        return Rect.sized(right - _BUTTON_WIDTH, self.rect.top, _BUTTON_WIDTH, theme.TITLE_BAR_HEIGHT)

    def part_at(self, x: int, y: int) -> str:
        """What is at (x, y): a button's name, resize-x, resize-y, resize-xy, title, content, or nothing."""
        if not self.maximised and self.rect.grown(_EDGE).has(x, y):
            right, bottom = x >= self.rect.right - 2, y >= self.rect.bottom - 2
            if (right and bottom) or (x >= self.rect.right - 12 and y >= self.rect.bottom - 12):
                return "resize-xy"
            if right and y > self.rect.top + theme.TITLE_BAR_HEIGHT:
                return "resize-x"
            if bottom and x > self.rect.left:
                return "resize-y"
        if not self.rect.has(x, y):
            return ""
        for name in BUTTONS:
            if self.button_rect(name).has(x, y):
                return name
        return "title" if self.title_bar.has(x, y) else "content"

    def paint(self, canvas: Canvas, *, focused: bool, now: float) -> None:
        """Paint shadow, frame and app."""
        if not canvas.sees(self.outer):
            return
        if not self.maximised and not self.hides(canvas.rect):
            low = self.rect.moved(0, 6)
            canvas.shadow(low, self.radius, theme.SHADOW_MARGIN, 120 if focused else 74)
            canvas.rounded(self.rect.grown(1), self.radius + 1, (20, 30, 52), 64)
        seen = self.rect.intersect(canvas.rect)
        if seen.empty:
            return
        inside = Canvas(seen)
        self._paint_title_bar(inside, focused=focused)
        if inside.sees(self.content):
            with inside.clipped(self.content) as content:
                self.app.paint(content, focused=focused, now=now)
        canvas.pasted(inside, self.rect, self.radius)

    def _paint_title_bar(self, canvas: Canvas, *, focused: bool) -> None:
        bar = self.title_bar
        if not canvas.sees(bar):
            return
        canvas.fill(bar, theme.SURFACE_SOFT)
        canvas.image(icons.app_icon(self.app.key, 20), bar.left + 12, bar.top + (bar.height - 20) // 2)
        title = Rect(bar.left + 40, bar.top, self.button_rect("minimise").left - 8, bar.bottom)
        canvas.label(title, self.app.title, fonts.LABEL, theme.INK if focused else theme.INK_FAINT)
        for name in BUTTONS:
            self._paint_button(canvas, name, focused=focused)

    def _paint_button(self, canvas: Canvas, name: str, *, focused: bool) -> None:
        rect, hovered = self.button_rect(name), self.hovered_button == name
        ink = theme.INK_SOFT if focused else theme.INK_FAINT
        if hovered:
            canvas.fill(rect, theme.RED if name == "close" else theme.HOVER)
            ink = theme.WHITE if name == "close" else theme.INK
        sign = "restore" if name == "maximise" and self.maximised else name
        canvas.stencilled(
            ink, icons.sign(sign, 18), rect.left + (rect.width - 18) // 2, rect.top + (rect.height - 18) // 2
        )
