"""The window manager: order, focus, opening and closing, dragging and sizing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..apps.base import App, Press
from ..drawing import theme
from ..geometry import Rect
from . import arrangement
from .window import Window


@dataclass(slots=True)
class _Drag:
    """A window being moved or sized: from where, and the mouse's place then and now."""

    window: Window
    part: str
    rect: Rect
    start: tuple[int, int]
    now: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Shift:
    """A window in front moved: its pixels can be copied from `source` to `target`."""

    source: Rect
    target: Rect


class Windows:
    """All windows from back to front. `apps` makes or finds the app of a key; `invalidate` has pixels repainted."""

    def __init__(self, apps: Callable[[str], App], invalidate: Callable[[Rect], None]) -> None:
        self._apps = apps
        self._invalidate = invalidate
        self._size = (0, 0)
        self._windows: list[Window] = []
        self._opened: list[Window] = []
        self.focused: Window | None = None
        self._drag: _Drag | None = None
        self._pressed_in: Window | None = None
        self._hovered: Window | None = None

    @property
    def opened(self) -> list[Window]:
        """All of them, in the order they were opened."""
        return list(self._opened)

    @property
    def shown(self) -> list[Window]:
        """Those on the screen, from back to front."""
        return [window for window in self._windows if not window.minimised]

    @property
    def area(self) -> Rect:
        """What a maximised window fills."""
        return arrangement.work_area(*self._size)

    def find(self, key: str) -> Window | None:
        """The window of an app, if open."""
        return next((window for window in self._windows if window.app.key == key), None)

    def at(self, x: int, y: int) -> Window | None:
        """The window in front at this place."""
        return next((window for window in reversed(self.shown) if window.part_at(x, y)), None)

    # Opening, closing, order

    def open(self, key: str, now: float) -> Window:
        """Open an app, or bring its window to the front."""
        window = self.find(key)
        if window is None:
            app = self._apps(key)
            window = Window(app, self._home(app))
            window.place(window.rect)
            self._windows.append(window)
            self._opened.append(window)
        window.minimised = False
        self.focus(window, now)
        self._invalidate(window.outer)
        return window

    def close(self, window: Window, now: float) -> None:
        """Close it; its app keeps its state for the next time."""
        self._invalidate(window.outer)
        self._windows.remove(window)
        self._opened.remove(window)
        self._forget(window)
        self.focus_front(now)

    def minimise(self, window: Window, now: float) -> None:
        """Send it to the task bar."""
        self._invalidate(window.outer)
        window.minimised = True
        self._forget(window)
        self.focus_front(now)

    def toggle_maximised(self, window: Window) -> None:
        """Fill the screen, or go back."""
        self._invalidate(window.outer)
        window.maximised = not window.maximised
        if window.maximised:
            window.restore_to = window.rect
        window.place(self.area if window.maximised else arrangement.reachable(window.restore_to, self.area))
        self._invalidate(window.outer)

    def focus(self, window: Window | None, now: float) -> None:
        """Give the keyboard to a window and bring it to the front."""
        if window is self.focused and (window is None or self._windows[-1] is window):
            return
        if self.focused in self._windows and self.focused is not None:
            self._invalidate(self.focused.outer)
            self.focused.app.focus_changed(focused=False, now=now)
        self.focused = window
        if window is not None:
            self._windows.remove(window)
            self._windows.append(window)
            self._invalidate(window.outer)
            window.app.focus_changed(focused=True, now=now)

    def focus_front(self, now: float) -> None:
        """Give the keyboard to the window in front."""
        shown = self.shown
        self.focus(shown[-1] if shown else None, now)

    def cycle(self, now: float) -> None:
        """Bring the window at the back to the front (Alt + Tab)."""
        if self._windows:
            window = self._windows[0]
            window.minimised = False
            self.focus(window, now)

    def _forget(self, window: Window) -> None:
        window.hovered_button = ""
        if self._drag and self._drag.window is window:
            self._drag = None
        self._pressed_in = None if self._pressed_in is window else self._pressed_in
        self._hovered = None if self._hovered is window else self._hovered
        self.focused = None if self.focused is window else self.focused

    def _home(self, app: App) -> Rect:
        return arrangement.home(app.key, app.smallest, *self._size)

    def resize(self, size: tuple[int, int]) -> None:
        """The screen has a new size: windows nobody moved take their default place, the others stay reachable."""
        self._size = size
        self._drag = None
        for window in self._windows:
            if window.maximised:
                window.restore_to = self._home(window.app) if not window.by_hand else window.restore_to
                window.place(self.area)
            elif window.by_hand:
                window.place(arrangement.fitted(window.rect, window.app.smallest, self.area))
            else:
                window.place(self._home(window.app))

    # Mouse

    def press(self, press: Press) -> bool:
        """A button went down; False if it was on no window."""
        window = self.at(press.x, press.y)
        if window is None:
            return False
        self.focus(window, press.now)
        part = window.part_at(press.x, press.y)
        if part == "content":
            self._pressed_in = window
            window.app.pressed(press)
        elif press.button == 1:
            self._press_frame(window, part, press)
        return True

    def _press_frame(self, window: Window, part: str, press: Press) -> None:
        if part == "minimise":
            self.minimise(window, press.now)
        elif part == "close":
            self.close(window, press.now)
        elif part == "maximise" or (part == "title" and press.clicks == 2):
            self.toggle_maximised(window)
        elif not (part == "title" and window.maximised):
            self._drag = _Drag(window, part, window.rect, (press.x, press.y), (press.x, press.y))

    def release(self) -> None:
        """The button went up."""
        self._drag = None
        self._pressed_in = None

    def move(self, x: int, y: int, *, button: bool) -> None:
        """The mouse moved; with a button down it drags. A window follows at the next `apply_drag`."""
        if self._drag:
            self._drag.now = (x, y)
        elif button:
            if self._pressed_in:
                self._pressed_in.app.dragged(x, y)
        else:
            self._hover(x, y)

    def _hover(self, x: int, y: int) -> None:
        window = self.at(x, y)
        if window is not self._hovered and self._hovered:
            self._set_hovered_button(self._hovered, "")
            self._hovered.app.left()
        self._hovered = window
        if window is None:
            return
        part = window.part_at(x, y)
        self._set_hovered_button(window, part if part in ("minimise", "maximise", "close") else "")
        if part == "content":
            window.app.hovered(x, y)
        else:
            window.app.left()

    def _set_hovered_button(self, window: Window, name: str) -> None:
        if window.hovered_button != name:
            window.hovered_button = name
            self._invalidate(window.title_bar)

    def leave(self) -> None:
        """The mouse is over something else than windows."""
        if self._hovered:
            self._set_hovered_button(self._hovered, "")
            self._hovered.app.left()
            self._hovered = None

    def pointer(self, x: int, y: int) -> str:
        """The mouse pointer at this place."""
        if self._drag and self._drag.part != "title":
            return self._drag.part
        window = self._pressed_in or self.at(x, y)
        if window is None:
            return "arrow"
        part = window.part_at(x, y)
        if part.startswith("resize"):
            return part
        return window.app.pointer(x, y) if part == "content" else "arrow"

    @property
    def dragged(self) -> Window | None:
        """The window being moved or sized."""
        return self._drag.window if self._drag else None

    def apply_drag(self) -> Shift | None:
        """Bring a dragged window where the mouse is: once per frame, however often the mouse moved.

        Returns the shift if it was moved as it is; everything that needs painting is invalidated, the copy apart.
        """
        drag = self._drag
        if drag is None:
            return None
        target = self._dragged_to(drag)
        before = drag.window.rect
        if target == before:
            return None
        old_outer = drag.window.outer
        drag.window.by_hand = True
        drag.window.place(target)
        self._invalidate(old_outer)
        self._invalidate(drag.window.outer)
        moved_only = (target.width, target.height) == (before.width, before.height)
        return Shift(before, target) if moved_only else None

    def _dragged_to(self, drag: _Drag) -> Rect:
        dx, dy = drag.now[0] - drag.start[0], drag.now[1] - drag.start[1]
        if drag.part == "title":
            return arrangement.reachable(drag.rect.moved(dx, dy), self.area)
        width, height = drag.window.app.smallest
        right = max(drag.rect.right + (dx if drag.part != "resize-y" else 0), drag.rect.left + width)
        least = drag.rect.top + height + theme.TITLE_BAR_HEIGHT
        bottom = max(drag.rect.bottom + (dy if drag.part != "resize-x" else 0), least)
        # No larger than the screen, wherever a hostile client says the mouse is.
        right = min(right, drag.rect.left + self.area.width)
        return Rect(drag.rect.left, drag.rect.top, right, min(bottom, drag.rect.top + self.area.height))
