"""« Tableur »: the budget of the year as a table whose amounts can be changed; sums follow."""

from __future__ import annotations

from typing import ClassVar, Final

from ..drawing import fonts, theme
from ..drawing.canvas import Canvas
from ..french import euros
from ..geometry import Rect
from ..keysyms import Key
from .base import App, Host, Press
from .budget_sheet import COLUMNS, Sheet

_ROW: Final = 32
_BAR: Final = 40
_MAX_TYPED: Final = 12


class Budget(App):
    """Arrow keys or the mouse choose a cell, typing replaces its amount, Enter takes it, Escape leaves it."""

    key: ClassVar[str] = "budget"
    name: ClassVar[str] = "Budget"
    size: ClassVar[tuple[int, int]] = (680, 452)
    smallest: ClassVar[tuple[int, int]] = (460, 240)

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.sheet = Sheet()
        self.row = 1
        self.column = 1
        self.typing: str | None = None
        self._first = 0

    @property
    def title(self) -> str:
        """See `App`."""
        return "Budget – Tableur"

    # Places

    @property
    def _grid(self) -> Rect:
        return Rect(self.area.left, self.area.top + _BAR, self.area.right, self.area.bottom)

    @property
    def _visible_rows(self) -> int:
        return max(1, self._grid.height // _ROW - 2)

    def _edges(self) -> list[int]:
        """Left edges of label, amounts, gauge, and the right end."""
        amounts = min(118, self.area.width // 6)
        gauge = max(70, self.area.width // 6)
        label_end = self.area.right - 3 * amounts - gauge
        return [self.area.left, *(label_end + amounts * i for i in range(4)), self.area.right]

    def _cell(self, row: int, column: int) -> Rect:
        edges = self._edges()
        last = len(self.sheet.lines)
        top = self._grid.bottom - _ROW if row == last else self._grid.top + _ROW * (1 + row - self._first)
        return Rect(edges[column + 1], top, edges[column + 2], top + _ROW)

    # Input

    def place(self, area: Rect) -> None:
        """See `App`."""
        super().place(area)
        self._scroll(self._first)

    def pressed(self, press: Press) -> None:
        """See `App`."""
        for row in range(self._first, min(self._first + self._visible_rows, len(self.sheet.lines))):
            for column in range(len(COLUMNS)):
                if self._cell(row, column).has(press.x, press.y) and press.button == 1:
                    self._accept()
                    self.row, self.column = row, column
                    self.invalidate()

    def wheel(self, x: int, y: int, steps: int) -> None:
        """See `App`."""
        self._scroll(self._first + steps)
        self.invalidate()

    def typed(self, key: Key, now: float) -> None:
        """See `App`."""
        moves = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1), "tab": (0, 1), "enter": (1, 0)}
        if key.control and key.name == "c":
            self.host.copy(str(self.sheet.amount(self.row, self.column)))
        elif key.control and key.name == "v":
            self.typing = self.host.clipboard().strip()[:_MAX_TYPED]
            self._accept()
        elif key.name in moves:
            self._accept()
            self._move(*moves[key.name])
        elif key.name == "escape":
            self.typing = None
        elif key.name == "backspace":
            self.typing = (self.typing or "")[:-1]
        elif key.name == "delete":
            self.typing = "0"
            self._accept()
        elif key.text.isdigit():
            self.typing = ((self.typing or "") + key.text)[:_MAX_TYPED]
        self.invalidate()

    def _accept(self) -> None:
        if self.typing:
            self.sheet.write(self.row, self.column, self.typing)
        self.typing = None

    def _move(self, rows: int, columns: int) -> None:
        self.row = max(0, min(self.row + rows, len(self.sheet.lines) - 1))
        self.column = max(0, min(self.column + columns, len(COLUMNS) - 1))
        if not self._first <= self.row < self._first + self._visible_rows:
            self._scroll(self.row if self.row < self._first else self.row - self._visible_rows + 1)

    def _scroll(self, first: int) -> None:
        self._first = max(0, min(first, len(self.sheet.lines) - self._visible_rows))

    # Painting

    def paint(self, canvas: Canvas, *, focused: bool, now: float) -> None:
        """See `App`."""
        canvas.fill(self.area, theme.SURFACE)
        self._paint_bar(canvas)
        self._paint_heads(canvas)
        last = len(self.sheet.lines)
        for row in range(self._first, min(self._first + self._visible_rows, last)):
            self._paint_row(canvas, row, self.sheet.lines[row].label, strong=False)
        self._paint_row(canvas, last, "Total", strong=True)
        if self._first <= self.row < self._first + self._visible_rows:
            self._paint_chosen(canvas, focused=focused)

    def _paint_bar(self, canvas: Canvas) -> None:
        bar = Rect(self.area.left, self.area.top, self.area.right, self._grid.top)
        canvas.fill(bar, theme.SURFACE_SOFT)
        name = Rect.sized(bar.left + 12, bar.top + 6, 54, 28)
        canvas.framed(name, 6, theme.SURFACE, theme.BORDER)
        canvas.label(name, f"{'BCD'[self.column]}{self.row + 2}", fonts.LABEL, theme.INK_SOFT, "center")
        field = Rect(name.right + 8, name.top, bar.right - 12, name.bottom)
        canvas.framed(field, 6, theme.SURFACE, theme.BORDER)
        shown = self.typing if self.typing is not None else str(self.sheet.amount(self.row, self.column))
        canvas.label(field.grown(-10), shown, fonts.BODY, theme.INK)
        line = f"{self.sheet.lines[self.row].label} · {COLUMNS[self.column]}"
        canvas.label(field.grown(-10), line, fonts.SMALL, theme.INK_FAINT, "right")

    def _paint_heads(self, canvas: Canvas) -> None:
        edges, top = self._edges(), self._grid.top
        canvas.fill(Rect(self.area.left, top, self.area.right, top + _ROW), theme.SURFACE_SUNK)
        canvas.label(Rect(edges[0] + 16, top, edges[1], top + _ROW), "Dépense", fonts.SMALL_STRONG, theme.INK_SOFT)
        for column, name in enumerate(COLUMNS):
            box = Rect(edges[column + 1], top, edges[column + 2] - 14, top + _ROW)
            canvas.label(box, name, fonts.SMALL_STRONG, theme.INK_SOFT, "right")
        canvas.label(Rect(edges[4] + 14, top, edges[5], top + _ROW), "Part engagée", fonts.SMALL_STRONG, theme.INK_SOFT)

    def _paint_row(self, canvas: Canvas, row: int, label: str, *, strong: bool) -> None:
        edges = self._edges()
        box = self._cell(row, 0)
        whole = Rect(self.area.left, box.top, self.area.right, box.bottom)
        if not canvas.sees(whole):
            return
        canvas.fill(whole, theme.SURFACE_SUNK if strong else theme.SURFACE)
        canvas.horizontal(whole.left, whole.right, whole.bottom - 1, theme.BORDER)
        font = fonts.BODY_STRONG if strong else fonts.BODY
        canvas.label(Rect(edges[0] + 16, box.top, edges[1] - 8, box.bottom), label, font, theme.INK)
        for column in range(len(COLUMNS)):
            cell = self._cell(row, column)
            inside = Rect(cell.left + 4, cell.top, cell.right - 14, cell.bottom)
            canvas.label(inside, euros(self.sheet.amount(row, column)), font, theme.INK, "right")
            canvas.vertical(cell.left, cell.top, cell.bottom, theme.BORDER)
        canvas.vertical(edges[4], box.top, box.bottom, theme.BORDER)
        self._paint_gauge(canvas, Rect(edges[4] + 14, box.top, edges[5] - 14, box.bottom), self.sheet.share(row))

    @staticmethod
    def _paint_gauge(canvas: Canvas, box: Rect, share: float) -> None:
        text = f"{round(min(share, 9.99) * 100)}\u202f%"
        canvas.label(Rect(box.right - 42, box.top, box.right, box.bottom), text, fonts.SMALL, theme.INK_SOFT, "right")
        middle = (box.top + box.bottom) // 2
        track = Rect(box.left, middle - 3, box.right - 46, middle + 3)
        if track.width < 20:
            return
        canvas.rounded(track, 3, theme.BORDER)
        colour = theme.RED if share > 1 else theme.AMBER if share > 0.9 else theme.GREEN
        canvas.rounded(Rect.sized(track.left, track.top, max(6, round(track.width * min(1, share))), 6), 3, colour)

    def _paint_chosen(self, canvas: Canvas, *, focused: bool) -> None:
        cell = self._cell(self.row, self.column)
        accent = self.host.tint.accent if focused else theme.BORDER_STRONG
        canvas.framed(cell.grown(1), 4, theme.SURFACE, accent)
        canvas.framed(cell, 3, theme.SURFACE, accent)
        text = self.typing if self.typing is not None else euros(self.sheet.amount(self.row, self.column))
        canvas.label(Rect(cell.left + 4, cell.top, cell.right - 14, cell.bottom), text, fonts.BODY, theme.INK, "right")
        if self.typing is not None:
            canvas.vertical(cell.right - 12, cell.top + 7, cell.bottom - 7, accent)
