"""The visible part of a document: its lines in a rectangle, scrolled, with caret and selection."""

from __future__ import annotations

from typing import Final

from ..drawing import fonts, theme
from ..drawing.canvas import Canvas
from ..geometry import Rect
from .document import Document
from .layout import TAB, Layout

MARGIN: Final = 26
_TOP: Final = 12
_LINE: Final = 24
_BASELINE: Final = 17
_SCROLL_BAR: Final = 16

Appearance = list[tuple[object, ...]]


class Page:
    """`rect` is where it is on the screen; `layout` follows the document by `lay_out`."""

    def __init__(self, document: Document, tint: theme.Tint) -> None:
        self._document = document
        self._tint = tint
        self.rect = Rect(0, 0, 0, 0)
        self.layout = Layout(document.text, fonts.WRITING, 400)
        self.first_row = 0

    @property
    def rows(self) -> int:
        """How many lines are wholly visible."""
        return max(1, (self.rect.height - 2 * _TOP) // _LINE)

    @property
    def scroll_bar(self) -> Rect:
        """The strip at the right."""
        return Rect(self.rect.right - _SCROLL_BAR, self.rect.top, self.rect.right, self.rect.bottom)

    def lay_out(self) -> None:
        """The text or the width changed."""
        self.layout = Layout(self._document.text, fonts.WRITING, max(80, self.rect.width - 2 * MARGIN))

    # Scrolling

    def show_caret(self) -> None:
        """Scroll as little as needed to see the caret."""
        row = self.layout.row(self._document.caret)
        if row < self.first_row:
            self.first_row = row
        elif row >= self.first_row + self.rows:
            self.first_row = row - self.rows + 1
        self.scroll_to(self.first_row)

    def scroll_to(self, row: int) -> None:
        """Have `row` on top, as far as the text goes."""
        self.first_row = max(0, min(row, len(self.layout.lines) - self.rows))

    def rows_of_bar(self, pixels: int) -> int:
        """How many rows the scroll bar means by so many pixels."""
        return round(pixels * len(self.layout.lines) / max(1, self.rect.height))

    # Places

    def position_at(self, x: int, y: int) -> int:
        """The caret position nearest to a place on the screen."""
        row = self.first_row + (y - self.rect.top - _TOP) // _LINE
        return self.layout.position(row, x - self.rect.left - MARGIN)

    def row_rect(self, index: int) -> Rect:
        """Where the `index`-th visible line is."""
        return Rect.sized(self.rect.left, self.rect.top + _TOP + index * _LINE, self.rect.width, _LINE)

    def caret_rect(self) -> Rect:
        """Where the caret is."""
        row = self.layout.row(self._document.caret)
        x = self.rect.left + MARGIN + round(self.layout.x(self._document.caret))
        return Rect.sized(x, self.row_rect(row - self.first_row).top + 2, 2, _LINE - 4)

    # Changes

    def appearance(self) -> Appearance:
        """What each visible line looks like: to be compared with `changed_since`."""
        start, end = self._document.selection
        caret_row = self.layout.row(self._document.caret)
        lines: Appearance = []
        for row in range(self.first_row, min(self.first_row + self.rows, len(self.layout.lines))):
            line = self.layout.lines[row]
            chosen = (max(start, line.start) - line.start, min(end, line.end + 1) - line.start)
            caret = self._document.caret - line.start if row == caret_row else None
            lines.append((self.layout.visible(row), chosen if chosen[0] < chosen[1] else None, caret))
        return lines

    def changed_since(self, before: Appearance) -> list[Rect]:
        """The lines that look different from `before`."""
        after = self.appearance()
        return [
            self.row_rect(index)
            for index in range(max(len(before), len(after)))
            if before[index : index + 1] != after[index : index + 1]
        ]

    # Painting

    def paint(self, canvas: Canvas, *, caret: bool) -> None:
        """Paint text, selection, scroll bar, and the caret if it is on."""
        with canvas.clipped(self.rect) as page:
            self._paint_rows(page)
            if caret:
                page.fill(self.caret_rect(), self._tint.accent)
        self._paint_scroll_bar(canvas)

    def _paint_rows(self, page: Canvas) -> None:
        start, end = self._document.selection
        for index in range(min(self.rows + 1, len(self.layout.lines) - self.first_row)):
            rect = self.row_rect(index)
            if not page.sees(rect):
                continue
            line = self.layout.lines[self.first_row + index]
            if start < end and start <= line.end and end > line.start:
                self._paint_selection(page, rect, line.start, line.end)
            text = self.layout.visible(self.first_row + index)
            page.text(rect.left + MARGIN, rect.top + _BASELINE, text, fonts.WRITING, theme.INK)

    def _paint_selection(self, page: Canvas, rect: Rect, first: int, last: int) -> None:
        """The selected part of the line with characters `first` to `last`."""
        start, end = self._document.selection
        text = self._document.text
        before = fonts.width(fonts.WRITING, text[first : max(first, start)].replace("\t", TAB))
        inside = fonts.width(fonts.WRITING, text[max(first, start) : min(last, end)].replace("\t", TAB))
        left = rect.left + MARGIN + round(before)
        # A selected line feed shows as a little more than the text.
        right = left + round(inside) + (6 if end > last else 0)
        colour = theme.mix(self._tint.accent_soft, self._tint.accent, 0.18)
        page.fill(Rect(left, rect.top, right, rect.bottom), colour)

    def _paint_scroll_bar(self, canvas: Canvas) -> None:
        total, bar = len(self.layout.lines), self.scroll_bar
        if total <= self.rows:
            return
        height = max(28, bar.height * self.rows // total)
        top = bar.top + (bar.height - height) * self.first_row // (total - self.rows)
        canvas.rounded(Rect.sized(bar.right - 11, top + 2, 6, height - 4), 3, theme.BORDER_STRONG)
