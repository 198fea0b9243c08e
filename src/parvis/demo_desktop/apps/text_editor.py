"""« Éditeur »: the text editor's window."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final

from ..drawing import fonts, theme
from ..drawing.canvas import Canvas
from ..editor.document import Document
from ..editor.page import Page
from ..geometry import Rect
from ..keysyms import Key
from .base import App, Host, Press
from .buttons import Button, Buttons

DOCUMENT_NAME: Final = "Compte rendu.txt"
_TOOLBAR: Final = 42
_STATUS: Final = 28
_BLINK_SECONDS: Final = 0.53
_WHEEL_ROWS: Final = 3


class TextEditor(App):
    """A document with a tool bar above, a status line below and a scroll bar at the right."""

    key: ClassVar[str] = "editor"
    name: ClassVar[str] = "Éditeur"
    size: ClassVar[tuple[int, int]] = (620, 540)
    smallest: ClassVar[tuple[int, int]] = (420, 260)

    def __init__(self, host: Host, text: str) -> None:
        super().__init__(host)
        self.document = Document(text)
        self._page = Page(self.document, host.tint)
        self._caret_on = False
        self._blinks_at = 0.0
        self._wished_x: float | None = None
        self._now = 0.0
        self._selecting = False
        self._scrolling_from: tuple[int, int] | None = None
        actions = (
            ("Annuler", self._undo),
            ("Couper", self._cut),
            ("Copier", self._copy),
            ("Coller", self._paste),
            ("Tout sélectionner", self.document.select_all),
        )
        self._buttons = Buttons([Button(label, action) for label, action in actions], host.tint)

    @property
    def title(self) -> str:
        """See `App`."""
        return f"{DOCUMENT_NAME} – {self.name}"

    # Layout

    def place(self, area: Rect) -> None:
        """See `App`."""
        resized = area.width != self.area.width or area.height != self.area.height
        self.area = area
        self._page.rect = Rect(area.left, area.top + _TOOLBAR, area.right, area.bottom - _STATUS)
        self._buttons.arrange(area.left + 12, area.top + 6, _TOOLBAR - 12)
        if resized:
            self._page.lay_out()
            self._page.show_caret()

    # Input

    def pressed(self, press: Press) -> None:
        """See `App`."""
        button = self._buttons.at(press.x, press.y)
        # Dragging selects from where a single click was; a word or line chosen by more clicks stays.
        self._selecting = self._page.rect.has(press.x, press.y) and press.button == 1 and press.clicks == 1
        if button and press.button == 1:
            self._apply(button.action, press.now)
        elif self._page.scroll_bar.has(press.x, press.y) and press.button == 1:
            self._scrolling_from = (press.y, self._page.first_row)
        elif self._page.rect.has(press.x, press.y):
            self._scrolling_from = None
            position = self._page.position_at(press.x, press.y)
            if press.button == 1:
                self._click(position, press)
            elif press.button == 2:
                self._apply(lambda: self.document.move(position), press.now)
                self._apply(self._paste, press.now)

    def _click(self, position: int, press: Press) -> None:
        if press.clicks == 2:
            start, end = self.document.word_around(position)
            self._apply(lambda: self.document.select(start, end), press.now)
        elif press.clicks >= 3:
            line = self._page.layout.lines[self._page.layout.row(position)]
            self._apply(lambda: self.document.select(line.start, line.end), press.now)
        else:
            self._apply(lambda: self.document.move(position, extend=press.shift), press.now)

    def dragged(self, x: int, y: int) -> None:
        """See `App`."""
        if self._scrolling_from is not None:
            start, row = self._scrolling_from
            self._scroll_to(row + self._page.rows_of_bar(y - start))
        elif self._selecting:
            position = self._page.position_at(x, y)
            self._apply(lambda: self.document.move(position, extend=True), self._now)

    def hovered(self, x: int, y: int) -> None:
        """See `App`."""
        for rect in self._buttons.hover(x, y):
            self.host.invalidate(rect)

    def left(self) -> None:
        """See `App`."""
        self.hovered(-1, -1)

    def wheel(self, x: int, y: int, steps: int) -> None:
        """See `App`."""
        self._scroll_to(self._page.first_row + steps * _WHEEL_ROWS)

    def _scroll_to(self, row: int) -> None:
        before = self._page.first_row
        self._page.scroll_to(row)
        if self._page.first_row != before:
            self.host.invalidate(self._page.rect)

    def pointer(self, x: int, y: int) -> str:
        """See `App`."""
        if self._buttons.at(x, y):
            return "hand"
        return "text" if self._page.rect.has(x, y) and not self._page.scroll_bar.has(x, y) else "arrow"

    def typed(self, key: Key, now: float) -> None:
        """See `App`."""
        self._now = now
        if key.control:
            self._shortcut(key, now)
        elif key.name in ("up", "down", "page-up", "page-down"):
            self._vertical(key, now)
        elif key.text:
            self._apply(lambda: self.document.insert(key.text), now)
        else:
            self._named(key, now)

    def _named(self, key: Key, now: float) -> None:
        document = self.document
        start, end = document.selection
        collapse = start != end and not key.shift
        line = self._page.layout.lines[self._page.layout.row(document.caret)]
        actions = {
            "enter": lambda: document.insert("\n"),
            "tab": lambda: document.insert("\t"),
            "backspace": document.backspace,
            "delete": self._cut if key.shift else document.delete,
            "insert": self._paste if key.shift else lambda: None,
            "left": lambda: document.move(start if collapse else document.caret - 1, extend=key.shift),
            "right": lambda: document.move(end if collapse else document.caret + 1, extend=key.shift),
            "home": lambda: document.move(line.start, extend=key.shift),
            "end": lambda: document.move(
                self._page.layout.position(self._page.layout.row(document.caret), 1e9), extend=key.shift
            ),
        }
        if key.name in actions:
            self._apply(actions[key.name], now)

    def _shortcut(self, key: Key, now: float) -> None:
        document = self.document
        actions = {
            "a": document.select_all,
            "c": self._copy,
            "insert": self._copy,
            "x": self._cut,
            "v": self._paste,
            "z": self._undo,
            "home": lambda: document.move(0, extend=key.shift),
            "end": lambda: document.move(len(document.text), extend=key.shift),
            "left": lambda: document.move(document.word_start(document.caret), extend=key.shift),
            "right": lambda: document.move(document.word_end(document.caret), extend=key.shift),
            "backspace": lambda: document.backspace(word=True),
            "delete": lambda: document.delete(word=True),
        }
        if key.name in actions:
            self._apply(actions[key.name], now)

    def _vertical(self, key: Key, now: float) -> None:
        rows = {"up": -1, "down": 1, "page-up": -self._page.rows, "page-down": self._page.rows}[key.name]
        layout, caret = self._page.layout, self.document.caret
        wished = layout.x(caret) if self._wished_x is None else self._wished_x
        target = layout.position(layout.row(caret) + rows, wished)
        self._apply(lambda: self.document.move(target, extend=key.shift), now)
        self._wished_x = wished

    # Actions

    def _undo(self) -> None:
        self.document.undo()

    def _copy(self) -> None:
        if self.document.selected:
            self.host.copy(self.document.selected)

    def _cut(self) -> None:
        if self.document.selected:
            self._copy()
            self.document.backspace()

    def _paste(self) -> None:
        self.document.insert(self.host.clipboard())

    def _apply(self, action: Callable[[], None], now: float) -> None:
        """Do an action on the document, then show what it changed."""
        page = self._page
        text, first, looked = self.document.text, page.first_row, page.appearance()
        action()
        self._wished_x = None
        self._now, self._caret_on, self._blinks_at = now, True, now + _BLINK_SECONDS
        if self.document.text != text:
            page.lay_out()
            self.host.text_changed(DOCUMENT_NAME, self.document.text)
        page.show_caret()
        changed = page.changed_since(looked) if page.first_row == first else [page.rect]
        # The status line without the window's round corners, so that nothing behind it is painted.
        for rect in (*changed, page.scroll_bar, self._status_text):
            self.host.invalidate(rect)

    # Time

    def focus_changed(self, *, focused: bool, now: float) -> None:
        """See `App`."""
        self._caret_on, self._blinks_at = focused, now + _BLINK_SECONDS
        self._invalidate_caret()

    def tick(self, now: float) -> float | None:
        """See `App`."""
        if now >= self._blinks_at:
            self._caret_on = not self._caret_on
            self._blinks_at = now + _BLINK_SECONDS
            self._invalidate_caret()
        return self._blinks_at

    def _invalidate_caret(self) -> None:
        self.host.invalidate(self._page.caret_rect().grown(1))

    # Painting

    def paint(self, canvas: Canvas, *, focused: bool, now: float) -> None:
        """See `App`."""
        self._now = now
        canvas.fill(self.area, theme.SURFACE)
        canvas.fill(Rect(self.area.left, self.area.top, self.area.right, self._page.rect.top), theme.SURFACE_SOFT)
        canvas.horizontal(self.area.left, self.area.right, self._page.rect.top - 1, theme.BORDER)
        self._buttons.paint(canvas)
        self._page.paint(canvas, caret=focused and self._caret_on)
        self._paint_status(canvas)

    @property
    def _status(self) -> Rect:
        return Rect(self.area.left, self.area.bottom - _STATUS, self.area.right, self.area.bottom)

    @property
    def _status_text(self) -> Rect:
        return Rect(self.area.left + 16, self._status.top + 1, self.area.right - 16, self.area.bottom)

    def _paint_status(self, canvas: Canvas) -> None:
        bar = self._status
        canvas.fill(bar, theme.SURFACE_SOFT)
        canvas.horizontal(bar.left, bar.right, bar.top, theme.BORDER)
        inside = self._status_text
        before = self.document.text[: self.document.caret]
        place = f"Ligne {before.count(chr(10)) + 1}, colonne {len(before) - before.rfind(chr(10))}"
        words = len(self.document.text.split())
        canvas.label(inside, place, fonts.SMALL, theme.INK_SOFT)
        canvas.label(inside, f"{words} mot{'s' if words > 1 else ''} · UTF-8", fonts.SMALL, theme.INK_FAINT, "right")
