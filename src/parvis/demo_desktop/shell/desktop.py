"""The desktop of one demo PC: its state, where input goes, what time does, and its picture.

Sans I/O: the caller brings input and time (Unix seconds), calls `tick` when it asked to be called, and `render` to have
the picture brought up to date. The state lives on when every client has left; only the pixels are dropped.
"""

from __future__ import annotations

from typing import Final

from ..apps.about import About
from ..apps.activity import Activity
from ..apps.agenda import Agenda
from ..apps.base import App, Press
from ..apps.budget import Budget
from ..apps.mail import MailReader
from ..apps.text_editor import DOCUMENT_NAME, TextEditor
from ..drawing import theme
from ..drawing.canvas import Canvas
from ..geometry import Rect
from ..keysyms import Key, Keyboard
from ..names import Identity
from . import arrangement
from .backdrop import Backdrop
from .screen import Change, Screen
from .start_menu import StartMenu
from .taskbar import TaskBar
from .windows import Windows

_DOUBLE_CLICK_SECONDS: Final = 0.45
_DOUBLE_CLICK_PIXELS: Final = 5
_MAX_CLIPBOARD: Final = 200_000
_WHEEL_UP: Final = 8
_WHEEL_DOWN: Final = 16
_ICONS: Final = (
    ("editor", DOCUMENT_NAME),
    ("mail", "Messagerie"),
    ("budget", "Budget"),
    ("agenda", "Agenda"),
    ("activity", "Réseau"),
    ("computer", "Ce PC"),
)


class Desktop:
    """See the module. `text` is the content of the document; `now` only sets the clocks going."""

    def __init__(self, identity: Identity, tint: theme.Tint, size: tuple[int, int], text: str, now: float) -> None:
        self.identity = identity
        self.tint = tint
        self.size = size
        self.pointer_name = "arrow"
        self._editor = TextEditor(self, text)
        apps = (self._editor, MailReader(self), Budget(self), Agenda(self), Activity(self), About(self))
        self._apps: dict[str, App] = {app.key: app for app in apps}
        self._screen = Screen(self._paint)
        self.windows = Windows(self._apps.__getitem__, self.invalidate, size)
        self.task_bar = TaskBar(self.windows, tint)
        self.menu = StartMenu([(key, self._apps[key].name) for key, _ in _ICONS], identity, tint)
        self.backdrop = Backdrop(list(_ICONS), identity, tint)
        self._keyboard = Keyboard()
        self._buttons = 0
        self._mouse = (size[0] // 2, size[1] // 2)
        self._last_click = (0.0, 0, 0, 0)
        self._clipboard = ""
        self._copied: str | None = None
        self._documents: dict[str, str] = {}
        self._second = 0
        self._now = now
        self._place()
        for key in arrangement.first_windows(size[0]):
            self.windows.open(key, now)

    # What apps ask (apps.base.Host)

    def invalidate(self, rect: Rect) -> None:
        """Have these pixels painted again at the next `render`."""
        self._screen.invalidate(rect)

    def clipboard(self) -> str:
        """The text that « Coller » inserts."""
        return self._clipboard

    def copy(self, text: str) -> None:
        """Put text on the clipboard; `take_copied` hands it out once."""
        self._clipboard = self._copied = text[:_MAX_CLIPBOARD]

    def text_changed(self, name: str, text: str) -> None:
        """Keep a document's content; `take_documents` hands it out once."""
        self._documents[name] = text

    # What the server asks

    def set_clipboard(self, text: str) -> None:
        """A client's clipboard arrived."""
        self._clipboard = text[:_MAX_CLIPBOARD]

    @property
    def text(self) -> str:
        """The document as it is now."""
        return self._editor.document.text

    @property
    def clipboard_text(self) -> str:
        """What is on the clipboard, for a client that asks."""
        return self._clipboard

    def take_copied(self) -> str | None:
        """Text copied here since the last call, for the clients' clipboards."""
        copied, self._copied = self._copied, None
        return copied

    def take_documents(self) -> dict[str, str]:
        """Documents changed since the last call, by name."""
        documents, self._documents = self._documents, {}
        return documents

    def resize(self, width: int, height: int) -> None:
        """The screen has a new size: everything is laid out and painted again."""
        self.size = (width, height)
        self.windows.resize(self.size)
        self._place()

    def clients_gone(self) -> None:
        """Nobody looks any more: let go of keys, buttons and pixels."""
        self._keyboard.release_all()
        self._buttons = 0
        self.windows.release()
        self._screen.release()
        self.backdrop.release()

    def _place(self) -> None:
        for part in (self.task_bar, self.menu, self.backdrop):
            part.place(*self.size)
        self._screen.resize(*self.size)

    # Time

    def tick(self, now: float) -> float:
        """Move what moves; returns when to be called next."""
        self._now = now
        due = float(int(now) + 1)
        if int(now) != self._second:
            self._second = int(now)
            self.invalidate(self.task_bar.clock)
        for window in self.windows.shown:
            # A caret blinks only where one types.
            if isinstance(window.app, TextEditor) and window is not self.windows.focused:
                continue
            wished = window.app.tick(now)
            due = due if wished is None else min(due, wished)
        return max(due, now + 0.02)

    def _follow_mouse(self) -> None:
        """A dragged window goes where the mouse is; its pixels are copied unless they were about to change."""
        window = self.windows.dragged
        if window is None:
            return
        stale = self._screen.stale(window.rect)
        shift = self.windows.apply_drag()
        if shift and not stale:
            self._screen.shift(shift)

    # Keyboard

    def key(self, keysym: int, *, down: bool, now: float) -> None:
        """A key went down or up."""
        self._now = now
        if not down:
            self._keyboard.release(keysym)
            return
        key = self._keyboard.press(keysym)
        if key is not None:
            self._stroke(key, now)

    def _stroke(self, key: Key, now: float) -> None:
        focused = self.windows.focused
        if key.name == "super" or (key.control and key.name == "escape"):
            self._show_menu(shown=not self.task_bar.menu_open)
        elif self.task_bar.menu_open:
            self._stroke_in_menu(key, now)
        elif key.alt and key.name == "tab":
            self.windows.cycle(now)
        elif key.alt and key.name == "f4" and focused:
            self.windows.close(focused, now)
        elif focused and not key.alt:
            focused.app.typed(key, now)
        elif key.name == "enter" and self.backdrop.chosen:
            self._open(self.backdrop.chosen, now)
        self.invalidate(self.task_bar.rect)

    def _stroke_in_menu(self, key: Key, now: float) -> None:
        if key.name in ("up", "down"):
            self.menu.step(1 if key.name == "down" else -1)
            self.invalidate(self.menu.rect)
        elif key.name == "enter" and self.menu.hovered:
            self._open(self.menu.hovered, now)
        elif key.name == "escape":
            self._show_menu(shown=False)

    # Mouse

    def pointer(self, x: int, y: int, buttons: int, now: float) -> None:
        """The mouse is at (x, y) with these buttons down (mask of RFC 6143 §7.5.5)."""
        self._now = now
        x, y = min(x, self.size[0] - 1), min(y, self.size[1] - 1)
        went_down, went_up = buttons & ~self._buttons, self._buttons & ~buttons
        moved = (x, y) != self._mouse
        self._buttons, self._mouse = buttons, (x, y)
        if went_up & 7:
            # The last place counts even if no frame was painted since.
            if moved:
                self.windows.move(x, y, button=True)
            self._follow_mouse()
            self.windows.release()
        for bit, button in ((1, 1), (2, 2), (4, 3)):
            if went_down & bit:
                self._press(self._press_at(x, y, button, now))
        if went_down & (_WHEEL_UP | _WHEEL_DOWN):
            self._wheel(x, y, 1 if went_down & _WHEEL_DOWN else -1)
        if not went_down:
            self._move(x, y)
        self.pointer_name = self._pointer_at(x, y)

    def _press_at(self, x: int, y: int, button: int, now: float) -> Press:
        when, last_x, last_y, clicks = self._last_click
        near = abs(x - last_x) <= _DOUBLE_CLICK_PIXELS and abs(y - last_y) <= _DOUBLE_CLICK_PIXELS
        clicks = clicks + 1 if near and now - when <= _DOUBLE_CLICK_SECONDS else 1
        self._last_click = (now, x, y, clicks)
        return Press(x, y, button, clicks, self._keyboard.holds("shift"), now)

    def _press(self, press: Press) -> None:
        part = self.task_bar.part_at(press.x, press.y)
        if self.task_bar.menu_open and part != "start":
            self._press_in_menu(press)
        elif part:
            if press.button == 1:
                self._press_task_bar(part, press.now)
        elif not self.windows.press(press):
            self._press_backdrop(press)
        elif self.backdrop.chosen:
            self._choose_icon("")
        self.invalidate(self.task_bar.rect)

    def _press_in_menu(self, press: Press) -> None:
        inside = self.menu.rect.has(press.x, press.y)
        entry = self.menu.entry_at(press.x, press.y)
        if entry and press.button == 1:
            self._open(entry, press.now)
        elif not inside:
            self._show_menu(shown=False)
            self._press(press)

    def _press_task_bar(self, part: str, now: float) -> None:
        if part == "start":
            self._show_menu(shown=not self.task_bar.menu_open)
        elif part == "clock":
            self._open("agenda", now)
        elif part != "bar":
            window = self.windows.find(part)
            if window is not None and window is self.windows.focused:
                self.windows.minimise(window, now)
            else:
                self._open(part, now)

    def _press_backdrop(self, press: Press) -> None:
        self.windows.focus(None, press.now)
        icon = self.backdrop.icon_at(press.x, press.y)
        self._choose_icon(icon)
        if icon and press.clicks == 2:
            self._open(icon, press.now)

    def _wheel(self, x: int, y: int, steps: int) -> None:
        window = self.windows.at(x, y)
        if window is not None and not self.task_bar.menu_open:
            window.app.wheel(x, y, steps)

    def _move(self, x: int, y: int) -> None:
        bar = self.task_bar.part_at(x, y)
        if bar != self.task_bar.hovered:
            self.task_bar.hovered = bar
            self.invalidate(self.task_bar.rect)
        in_menu = self.task_bar.menu_open and self.menu.rect.has(x, y)
        entry = self.menu.entry_at(x, y) if in_menu else ""
        if in_menu and entry != self.menu.hovered:
            self.menu.hovered = entry
            self.invalidate(self.menu.rect)
        if (bar or in_menu) and not self._buttons & 7:
            self.windows.leave()
        else:
            self.windows.move(x, y, button=bool(self._buttons & 7))
        over = "" if bar or in_menu or self.windows.at(x, y) else self.backdrop.icon_at(x, y)
        if over != self.backdrop.hovered:
            self._invalidate_icons()
            self.backdrop.hovered = over
            self._invalidate_icons()

    def _pointer_at(self, x: int, y: int) -> str:
        if self.task_bar.menu_open and self.menu.rect.has(x, y):
            return "hand" if self.menu.entry_at(x, y) else "arrow"
        bar = self.task_bar.part_at(x, y)
        if bar and not self._buttons & 7:
            return "arrow" if bar == "bar" else "hand"
        return self.windows.pointer(x, y)

    # Actions

    def _open(self, key: str, now: float) -> None:
        self._show_menu(shown=False)
        self._choose_icon("")
        self.windows.open(key, now)
        self.invalidate(self.task_bar.rect)

    def _show_menu(self, *, shown: bool) -> None:
        if self.task_bar.menu_open != shown:
            self.task_bar.menu_open = shown
            self.menu.hovered = ""
            self.invalidate(self.menu.outer)
            self.invalidate(self.task_bar.rect)

    def _choose_icon(self, key: str) -> None:
        self._invalidate_icons()
        self.backdrop.chosen = key
        self._invalidate_icons()

    def _invalidate_icons(self) -> None:
        for key in (self.backdrop.chosen, self.backdrop.hovered):
            self.invalidate(self.backdrop.cell_of(key))

    # Picture

    def render(self, now: float) -> list[Change]:
        """Bring the picture up to date; returns what changed, to be sent in this order."""
        self._now = now
        self._follow_mouse()
        return self._screen.render()

    @property
    def screen(self) -> Screen:
        """The picture."""
        return self._screen

    def _paint(self, canvas: Canvas) -> None:
        shown = self.windows.shown
        hidden_from = next((i for i in range(len(shown) - 1, -1, -1) if shown[i].hides(canvas.rect)), None)
        if not self.task_bar.rect.covers(canvas.rect):
            if hidden_from is None:
                self.backdrop.paint(canvas)
            for window in shown[hidden_from or 0 :]:
                window.paint(canvas, focused=window is self.windows.focused, now=self._now)
        self.task_bar.paint(canvas, self._now)
        if self.task_bar.menu_open:
            self.menu.paint(canvas)
