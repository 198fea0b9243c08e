"""Push buttons of an app: a row of them with hover and action."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..drawing import fonts, icons, theme
from ..drawing.canvas import Canvas
from ..geometry import Rect


@dataclass(slots=True)
class Button:
    """A label (or the name of a sign) at a place, and what a click does. `active` ones are tinted."""

    label: str
    action: Callable[[], None]
    rect: Rect = field(default_factory=lambda: Rect(0, 0, 0, 0))
    sign: str = ""
    active: bool = False


class Buttons:
    """Hit-tests and paints a set of buttons."""

    def __init__(self, buttons: list[Button], tint: theme.Tint) -> None:
        self.all = buttons
        self._tint = tint
        self._hovered: Button | None = None

    def arrange(self, left: int, top: int, height: int, gap: int = 4) -> int:
        """Place them in a row; returns the x after the last."""
        for button in self.all:
            width = height if button.sign else int(fonts.width(fonts.LABEL, button.label)) + 24
            button.rect = Rect.sized(left, top, width, height)
            left += width + gap
        return left

    def at(self, x: int, y: int) -> Button | None:
        """The button there."""
        return next((button for button in self.all if button.rect.has(x, y)), None)

    def hover(self, x: int, y: int) -> list[Rect]:
        """The mouse is at (x, y): returns what looks different now."""
        found = self.at(x, y)
        if found is self._hovered:
            return []
        changed = [button.rect for button in (found, self._hovered) if button]
        self._hovered = found
        return changed

    def paint(self, canvas: Canvas) -> None:
        """Paint all of them."""
        for button in self.all:
            ink = self._tint.accent if button.active else theme.INK_SOFT
            if button.active:
                canvas.rounded(button.rect, 6, self._tint.accent_soft)
            elif button is self._hovered:
                canvas.rounded(button.rect, 6, theme.HOVER)
            if button.sign:
                mask = icons.sign(button.sign, 16)
                x = button.rect.left + (button.rect.width - 16) // 2
                canvas.stencilled(ink, mask, x, button.rect.top + (button.rect.height - 16) // 2)
            else:
                canvas.label(button.rect, button.label, fonts.LABEL, ink, "center")
