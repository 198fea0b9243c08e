"""The mouse: buttons, clicks in a row, wheel, and what is under the pointer."""

from __future__ import annotations

from typing import Final

from ..apps.base import Press
from .parts import Parts

_DOUBLE_CLICK_SECONDS: Final = 0.45
_DOUBLE_CLICK_PIXELS: Final = 5
_CLICKS: Final = 7
_WHEEL_UP: Final = 8
_WHEEL_DOWN: Final = 16


class Mouse:
    """Brings what the mouse does to the part under it. `buttons` and masks are those of RFC 6143 §7.5.5."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._buttons = 0
        self._place = (-1, -1)
        self._last_click = (0.0, 0, 0, 0)

    @property
    def dragging(self) -> bool:
        """Whether a button is down."""
        return bool(self._buttons & _CLICKS)

    def release_all(self) -> None:
        """The client left, and its mouse with it."""
        self._buttons = 0
        self._parts.windows.release()

    def ends_drag(self, x: int, y: int, buttons: int) -> bool:
        """Tell the windows of the last place of a drag: true if a button went up, which ends it."""
        if not self._buttons & ~buttons & _CLICKS:
            return False
        if (x, y) != self._place:
            self._parts.windows.move(x, y, button=True)
        return True

    def update(self, x: int, y: int, buttons: int, *, shift: bool, now: float) -> None:
        """The mouse is at (x, y) with these buttons down; `shift` is whether that key is."""
        went_down = buttons & ~self._buttons
        self._buttons, self._place = buttons, (x, y)
        for bit, button in ((1, 1), (2, 2), (4, 3)):
            if went_down & bit:
                self._press(Press(x, y, button, self._count(x, y, now), shift, now))
        if went_down & (_WHEEL_UP | _WHEEL_DOWN):
            self._wheel(x, y, 1 if went_down & _WHEEL_DOWN else -1)
        if not went_down:
            self._move(x, y)

    def pointer(self) -> str:
        """The shape of the mouse pointer where it is."""
        x, y = self._place
        parts = self._parts
        if parts.task_bar.menu_open and parts.menu.rect.has(x, y):
            return "hand" if parts.menu.entry_at(x, y) else "arrow"
        bar = parts.task_bar.part_at(x, y)
        if bar and not self.dragging:
            return "arrow" if bar == "bar" else "hand"
        return parts.windows.pointer(x, y)

    def _count(self, x: int, y: int, now: float) -> int:
        """Which click in a row this is."""
        when, last_x, last_y, clicks = self._last_click
        near = abs(x - last_x) <= _DOUBLE_CLICK_PIXELS and abs(y - last_y) <= _DOUBLE_CLICK_PIXELS
        clicks = clicks + 1 if near and now - when <= _DOUBLE_CLICK_SECONDS else 1
        self._last_click = (now, x, y, clicks)
        return clicks

    # Presses

    def _press(self, press: Press) -> None:
        parts = self._parts
        part = parts.task_bar.part_at(press.x, press.y)
        if parts.task_bar.menu_open and part != "start":
            self._press_in_menu(press)
        elif part:
            if press.button == 1:
                self._press_task_bar(part, press.now)
        elif not parts.windows.press(press):
            self._press_backdrop(press)
        elif parts.backdrop.chosen:
            parts.choose_icon("")
        parts.invalidate(parts.task_bar.rect)

    def _press_in_menu(self, press: Press) -> None:
        menu = self._parts.menu
        entry = menu.entry_at(press.x, press.y)
        if entry and press.button == 1:
            self._parts.open(entry, press.now)
        elif not menu.rect.has(press.x, press.y):
            self._parts.show_menu(shown=False)
            self._press(press)

    def _press_task_bar(self, part: str, now: float) -> None:
        parts = self._parts
        if part == "start":
            parts.show_menu(shown=not parts.task_bar.menu_open)
        elif part == "clock":
            parts.open("agenda", now)
        elif part != "bar":
            window = parts.windows.find(part)
            if window is not None and window is parts.windows.focused:
                parts.windows.minimise(window, now)
            else:
                parts.open(part, now)

    def _press_backdrop(self, press: Press) -> None:
        parts = self._parts
        parts.windows.focus(None, press.now)
        icon = parts.backdrop.icon_at(press.x, press.y)
        parts.choose_icon(icon)
        if icon and press.clicks == 2:
            parts.open(icon, press.now)

    # Movement

    def _wheel(self, x: int, y: int, steps: int) -> None:
        window = self._parts.windows.at(x, y)
        if window is not None and not self._parts.task_bar.menu_open:
            window.app.wheel(x, y, steps)

    def _move(self, x: int, y: int) -> None:
        parts = self._parts
        bar = parts.task_bar.part_at(x, y)
        if bar != parts.task_bar.hovered:
            parts.task_bar.hovered = bar
            parts.invalidate(parts.task_bar.rect)
        in_menu = parts.task_bar.menu_open and parts.menu.rect.has(x, y)
        entry = parts.menu.entry_at(x, y) if in_menu else ""
        if in_menu and entry != parts.menu.hovered:
            parts.menu.hovered = entry
            parts.invalidate(parts.menu.rect)
        if (bar or in_menu) and not self.dragging:
            parts.windows.leave()
        else:
            parts.windows.move(x, y, button=self.dragging)
        nothing_above = not (bar or in_menu or parts.windows.at(x, y))
        parts.hover_icon(parts.backdrop.icon_at(x, y) if nothing_above else "")
