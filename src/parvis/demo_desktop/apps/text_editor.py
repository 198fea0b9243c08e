"""« Éditeur »: the text editor's window."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Final

from ..drawing import fonts, theme
from ..drawing.canvas import Canvas
from ..editor.document import Document
from ..editor.layout import TAB, Layout
from ..geometry import Rect
from ..keysyms import Key
from .base import App, Host, Press
from .buttons import Button, Buttons

DOCUMENT_NAME: Final = "Compte rendu.txt"
_TOOLBAR: Final = 42
_STATUS: Final = 28
_MARGIN: Final = 26
_LINE: Final = 24
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
        self._layout = Layout(self.document.text, fonts.WRITING, 400)
        self._first_row = 0
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
        self._buttons.arrange(area.left + 12, area.top + 6, _TOOLBAR - 12)
        if resized:
            self._lay_out()
            self._show_caret()

    @property
    def _page(self) -> Rect:
        return Rect(self.area.left, self.area.top + _TOOLBAR, self.area.right, self.area.bottom - _STATUS)

    @property
    def _rows(self) -> int:
        return max(1, (self._page.height - 24) // _LINE)

    def _lay_out(self) -> None:
        self._layout = Layout(self.document.text, fonts.WRITING, max(80, self.area.width - 2 * _MARGIN))

    def _show_caret(self) -> None:
        row = self._layout.row(self.document.caret)
        if row < self._first_row:
            self._first_row = row
        elif row >= self._first_row + self._rows:
            self._first_row = row - self._rows + 1
        self._limit_scroll()

    def _limit_scroll(self) -> None:
        self._first_row = max(0, min(self._first_row, len(self._layout.lines) - self._rows))

    # Input

    def pressed(self, press: Press) -> None:
        """See `App`."""
        button = self._buttons.at(press.x, press.y)
        # Dragging selects from where a single click was; a word or line chosen by more clicks stays.
        self._selecting = self._page.has(press.x, press.y) and press.button == 1 and press.clicks == 1
        if button and press.button == 1:
            self._apply(button.action, press.now)
        elif press.x >= self._page.right - 16 and self._page.has(press.x, press.y) and press.button == 1:
            self._scrolling_from = (press.y, self._first_row)
        elif self._page.has(press.x, press.y):
            self._scrolling_from = None
            position = self._position_at(press.x, press.y)
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
            line = self._layout.lines[self._layout.row(position)]
            self._apply(lambda: self.document.select(line.start, line.end), press.now)
        else:
            self._apply(lambda: self.document.move(position, extend=press.shift), press.now)

    def dragged(self, x: int, y: int) -> None:
        """See `App`."""
        if self._scrolling_from is not None:
            start, row = self._scrolling_from
            self._scroll_to(row + round((y - start) * len(self._layout.lines) / max(1, self._page.height)))
        elif self._selecting:
            position = self._position_at(x, y)
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
        self._scroll_to(self._first_row + steps * _WHEEL_ROWS)

    def _scroll_to(self, row: int) -> None:
        before = self._first_row
        self._first_row = row
        self._limit_scroll()
        if self._first_row != before:
            self.host.invalidate(self._page)

    def pointer(self, x: int, y: int) -> str:
        """See `App`."""
        if self._buttons.at(x, y):
            return "hand"
        return "text" if self._page.has(x, y) and x < self._page.right - 16 else "arrow"

    def _position_at(self, x: int, y: int) -> int:
        row = self._first_row + (y - self._page.top - 12) // _LINE
        return self._layout.position(row, x - self.area.left - _MARGIN)

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
        line = self._layout.lines[self._layout.row(document.caret)]
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
                self._layout.position(self._layout.row(document.caret), 1e9), extend=key.shift
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
        rows = {"up": -1, "down": 1, "page-up": -self._rows, "page-down": self._rows}[key.name]
        layout, caret = self._layout, self.document.caret
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
        before, first = self.document.text, self._first_row
        rows_before = self._appearance()
        action()
        self._wished_x = None
        self._now, self._caret_on, self._blinks_at = now, True, now + _BLINK_SECONDS
        if self.document.text != before:
            self._lay_out()
            self.host.text_changed(DOCUMENT_NAME, self.document.text)
        self._show_caret()
        if self._first_row != first:
            self.host.invalidate(self._page)
        self._invalidate_rows(rows_before, self._appearance())

    def _appearance(self) -> list[tuple[object, ...]]:
        """What each visible row looks like, to repaint only those that changed."""
        start, end = self.document.selection
        caret_row = self._layout.row(self.document.caret)
        rows: list[tuple[object, ...]] = []
        for row in range(self._first_row, min(self._first_row + self._rows, len(self._layout.lines))):
            line = self._layout.lines[row]
            chosen = (max(start, line.start) - line.start, min(end, line.end + 1) - line.start)
            caret = self.document.caret - line.start if row == caret_row else None
            rows.append((self._layout.visible(row), chosen if chosen[0] < chosen[1] else None, caret))
        return rows

    def _invalidate_rows(self, before: list[tuple[object, ...]], after: list[tuple[object, ...]]) -> None:
        for index in range(max(len(before), len(after))):
            if before[index : index + 1] != after[index : index + 1]:
                self.host.invalidate(self._row_rect(index))
        self.host.invalidate(Rect(self.area.left, self.area.bottom - _STATUS, self.area.right, self.area.bottom))
        self.host.invalidate(Rect(self.area.right - 16, self._page.top, self.area.right, self._page.bottom))

    def _row_rect(self, index: int) -> Rect:
        return Rect.sized(self.area.left, self._page.top + 12 + index * _LINE, self.area.width, _LINE)

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
        self.host.invalidate(self._caret_rect().grown(1))

    def _caret_rect(self) -> Rect:
        row = self._layout.row(self.document.caret)
        x = self.area.left + _MARGIN + round(self._layout.x(self.document.caret))
        return Rect.sized(x, self._row_rect(row - self._first_row).top + 2, 2, _LINE - 4)

    # Painting

    def paint(self, canvas: Canvas, *, focused: bool, now: float) -> None:
        """See `App`."""
        self._now = now
        canvas.fill(self.area, theme.SURFACE)
        canvas.fill(Rect(self.area.left, self.area.top, self.area.right, self._page.top), theme.SURFACE_SOFT)
        canvas.horizontal(self.area.left, self.area.right, self._page.top - 1, theme.BORDER)
        self._buttons.paint(canvas)
        with canvas.clipped(self._page) as page:
            self._paint_rows(page)
            if focused and self._caret_on:
                page.fill(self._caret_rect(), self.host.tint.accent)
        self._paint_scroll_bar(canvas)
        self._paint_status(canvas)

    def _paint_rows(self, page: Canvas) -> None:
        start, end = self.document.selection
        for index in range(min(self._rows + 1, len(self._layout.lines) - self._first_row)):
            rect = self._row_rect(index)
            if not page.sees(rect):
                continue
            line = self._layout.lines[self._first_row + index]
            if start < end and start <= line.end and end > line.start:
                self._paint_selection(page, rect, line.start, line.end, start, end)
            text = self._layout.visible(self._first_row + index)
            page.text(rect.left + _MARGIN, rect.top + 17, text, fonts.WRITING, theme.INK)

    def _paint_selection(self, page: Canvas, rect: Rect, first: int, last: int, start: int, end: int) -> None:
        text = self.document.text
        before = fonts.width(fonts.WRITING, text[first : max(first, start)].replace("\t", TAB))
        inside = fonts.width(fonts.WRITING, text[max(first, start) : min(last, end)].replace("\t", TAB))
        left = rect.left + _MARGIN + round(before)
        # A selected line feed shows as a little more than the text.
        right = left + round(inside) + (6 if end > last else 0)
        page.fill(
            Rect(left, rect.top, right, rect.bottom), theme.mix(self.host.tint.accent_soft, self.host.tint.accent, 0.18)
        )

    def _paint_scroll_bar(self, canvas: Canvas) -> None:
        total = len(self._layout.lines)
        if total <= self._rows:
            return
        height = max(28, self._page.height * self._rows // total)
        top = self._page.top + (self._page.height - height) * self._first_row // (total - self._rows)
        canvas.rounded(Rect.sized(self.area.right - 11, top + 2, 6, height - 4), 3, theme.BORDER_STRONG)

    def _paint_status(self, canvas: Canvas) -> None:
        bar = Rect(self.area.left, self.area.bottom - _STATUS, self.area.right, self.area.bottom)
        canvas.fill(bar, theme.SURFACE_SOFT)
        canvas.horizontal(bar.left, bar.right, bar.top, theme.BORDER)
        inside = Rect(bar.left + 16, bar.top, bar.right - 16, bar.bottom)
        before = self.document.text[: self.document.caret]
        place = f"Ligne {before.count(chr(10)) + 1}, colonne {len(before) - before.rfind(chr(10))}"
        words = len(self.document.text.split())
        canvas.label(inside, place, fonts.SMALL, theme.INK_SOFT)
        canvas.label(inside, f"{words} mot{'s' if words > 1 else ''} · UTF-8", fonts.SMALL, theme.INK_FAINT, "right")
