"""The desktop of one demo PC: its state, where input goes, what time does, and its picture.

Sans I/O: the caller brings input and time (Unix seconds), calls `tick` when it asked to be called, and `render` to have
the picture brought up to date. The state lives on when every client has left; only the pixels are dropped.
"""

from __future__ import annotations

from typing import Final

from ..apps.about import About
from ..apps.activity import Activity
from ..apps.agenda import Agenda
from ..apps.base import App
from ..apps.budget import Budget
from ..apps.mail import MailReader
from ..apps.text_editor import DOCUMENT_NAME, TextEditor
from ..drawing import theme
from ..drawing.canvas import Canvas
from ..geometry import Rect
from ..keysyms import Key, Keyboard
from ..names import Identity
from . import arrangement
from .mouse import Mouse
from .parts import Parts
from .screen import Change, Screen

_MAX_CLIPBOARD: Final = 200_000
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
        apps: tuple[App, ...] = (
            self._editor,
            MailReader(self),
            Budget(self),
            Agenda(self),
            Activity(self),
            About(self),
        )
        self._screen = Screen(self._paint)
        self._parts = Parts({app.key: app for app in apps}, _ICONS, identity, tint, self.invalidate)
        self.windows = self._parts.windows
        self.task_bar = self._parts.task_bar
        self.menu = self._parts.menu
        self.backdrop = self._parts.backdrop
        self._keyboard = Keyboard()
        self._mouse = Mouse(self._parts)
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
        self._place()

    def let_go(self) -> None:
        """A client left: the keys and buttons it held are up."""
        self._keyboard.release_all()
        self._mouse.release_all()

    def clients_gone(self) -> None:
        """Nobody looks any more: let go of keys, buttons and pixels."""
        self.let_go()
        self._screen.release()
        self.backdrop.release()

    def _place(self) -> None:
        self._parts.place(*self.size)
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
        if key.name == "super" or (key.control and key.name == "escape"):
            self._parts.show_menu(shown=not self.task_bar.menu_open)
        elif self.task_bar.menu_open:
            self._stroke_in_menu(key, now)
        elif self.windows.focused and not key.alt:
            self.windows.focused.app.typed(key, now)
        else:
            self._stroke_for_windows(key, now)

    def _stroke_for_windows(self, key: Key, now: float) -> None:
        if key.alt and key.name == "tab":
            self.windows.cycle(now)
        elif key.alt and key.name == "f4" and self.windows.focused:
            self.windows.close(self.windows.focused, now)
        elif key.name == "enter" and self.backdrop.chosen:
            self._parts.open(self.backdrop.chosen, now)
        self.invalidate(self.task_bar.rect)

    def _stroke_in_menu(self, key: Key, now: float) -> None:
        if key.name in ("up", "down"):
            self.menu.step(1 if key.name == "down" else -1)
            self.invalidate(self.menu.rect)
        elif key.name == "enter" and self.menu.hovered:
            self._parts.open(self.menu.hovered, now)
        elif key.name == "escape":
            self._parts.show_menu(shown=False)

    # Mouse

    def pointer(self, x: int, y: int, buttons: int, now: float) -> None:
        """The mouse is at (x, y) with these buttons down (mask of RFC 6143 §7.5.5)."""
        self._now = now
        x, y = min(x, self.size[0] - 1), min(y, self.size[1] - 1)
        if self._mouse.ends_drag(x, y, buttons):
            # The last place counts even if no frame was painted since.
            self._follow_mouse()
            self.windows.release()
        self._mouse.update(x, y, buttons, shift=self._keyboard.holds("shift"), now=now)
        self.pointer_name = self._mouse.pointer()

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
        self._parts.paint(canvas, self._now)
