"""« Messagerie »: folders' list at the left, the chosen message at the right."""

from __future__ import annotations

from typing import ClassVar, Final

from ..drawing import fonts, theme
from ..drawing.canvas import Canvas
from ..geometry import Rect
from ..keysyms import Key
from .base import App, Host, Press
from .mail_messages import Mail, inbox

_ROW: Final = 66
_HEADER: Final = 44
_LINE: Final = 22
_COLOURS: Final = ((66, 112, 200), (190, 86, 96), (34, 138, 110), (150, 100, 190), (206, 130, 40))


class MailReader(App):
    """Click or the arrow keys choose a message; reading it marks it as read."""

    key: ClassVar[str] = "mail"
    name: ClassVar[str] = "Messagerie"
    size: ClassVar[tuple[int, int]] = (720, 440)
    smallest: ClassVar[tuple[int, int]] = (480, 280)

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.messages = inbox(host.identity)
        self.chosen = 1
        self.messages[self.chosen].unread = False
        self._hovered = -1
        self._first = 0
        self._read_down = 0
        self._overflow = 0

    @property
    def title(self) -> str:
        """See `App`."""
        unread = sum(message.unread for message in self.messages)
        return f"{self.name} – Boîte de réception" + (f" ({unread})" if unread else "")

    @property
    def _list(self) -> Rect:
        width = min(290, self.area.width * 2 // 5)
        return Rect(self.area.left, self.area.top + _HEADER, self.area.left + width, self.area.bottom)

    @property
    def _visible_rows(self) -> int:
        return max(1, self._list.height // _ROW)

    def _row(self, index: int) -> Rect:
        box = self._list
        return Rect.sized(box.left, box.top + (index - self._first) * _ROW, box.width, _ROW)

    def _index_at(self, x: int, y: int) -> int:
        if not self._list.has(x, y):
            return -1
        index = self._first + (y - self._list.top) // _ROW
        return index if index < len(self.messages) else -1

    def place(self, area: Rect) -> None:
        """See `App`."""
        super().place(area)
        self._scroll(self._first)

    def pressed(self, press: Press) -> None:
        """See `App`."""
        index = self._index_at(press.x, press.y)
        if index >= 0 and press.button == 1:
            self._choose(index)

    def typed(self, key: Key, now: float) -> None:
        """See `App`."""
        if key.name in ("up", "down"):
            self._choose(self.chosen + (1 if key.name == "down" else -1))

    def wheel(self, x: int, y: int, steps: int) -> None:
        """See `App`."""
        if self._list.has(x, y):
            self._scroll(self._first + steps)
        else:
            self._read_down = max(0, min(self._read_down + 3 * _LINE * steps, self._overflow))
        self.invalidate()

    def hovered(self, x: int, y: int) -> None:
        """See `App`."""
        index = self._index_at(x, y)
        if index != self._hovered:
            self._hovered = index
            self.host.invalidate(self._list)

    def left(self) -> None:
        """See `App`."""
        self.hovered(-1, -1)

    def pointer(self, x: int, y: int) -> str:
        """See `App`."""
        return "hand" if self._index_at(x, y) >= 0 else "arrow"

    def _choose(self, index: int) -> None:
        self.chosen = max(0, min(index, len(self.messages) - 1))
        self.messages[self.chosen].unread = False
        self._read_down = 0
        if not self._first <= self.chosen < self._first + self._visible_rows:
            self._scroll(self.chosen if self.chosen < self._first else self.chosen - self._visible_rows + 1)
        # The title counts unread messages.
        self.host.invalidate(self.area.grown(theme.TITLE_BAR_HEIGHT))

    def _scroll(self, first: int) -> None:
        self._first = max(0, min(first, len(self.messages) - self._visible_rows))

    def paint(self, canvas: Canvas, *, focused: bool, now: float) -> None:
        """See `App`."""
        canvas.fill(self.area, theme.SURFACE)
        header = Rect.sized(self.area.left, self.area.top, self._list.width, _HEADER)
        canvas.fill(header, theme.SURFACE_SOFT)
        canvas.label(header.grown(-14), "Boîte de réception", fonts.BODY_STRONG, theme.INK)
        canvas.label(header.grown(-14), f"{len(self.messages)} messages", fonts.SMALL, theme.INK_FAINT, "right")
        with canvas.clipped(self._list) as rows:
            rows.fill(self._list, theme.SURFACE_SOFT)
            for index in range(self._first, len(self.messages)):
                self._paint_row(rows, index)
        canvas.vertical(self._list.right, self.area.top, self.area.bottom, theme.BORDER)
        reading = Rect(self._list.right + 1, self.area.top, self.area.right, self.area.bottom)
        with canvas.clipped(reading) as page:
            self._paint_message(page, reading, self.messages[self.chosen])

    def _paint_row(self, canvas: Canvas, index: int) -> None:
        row, message = self._row(index), self.messages[index]
        if not canvas.sees(row):
            return
        card = Rect(row.left + 8, row.top + 2, row.right - 8, row.bottom - 2)
        if index == self.chosen:
            canvas.rounded(card, 8, self.host.tint.accent_soft)
        elif index == self._hovered:
            canvas.rounded(card, 8, theme.HOVER)
        strong = fonts.BODY_STRONG if message.unread else fonts.BODY
        if message.unread:
            canvas.rounded(Rect.sized(card.left + 6, card.top + 17, 7, 7), 4, self.host.tint.accent)
        left, right = card.left + 20, card.right - 10
        when = int(fonts.width(fonts.SMALL, message.when))
        canvas.label(Rect(left, card.top + 8, right - when - 8, card.top + 34), message.sender, strong, theme.INK)
        canvas.label(
            Rect(right - when, card.top + 8, right + 1, card.top + 34), message.when, fonts.SMALL, theme.INK_FAINT
        )
        ink = theme.INK if message.unread else theme.INK_SOFT
        canvas.label(Rect(left, card.top + 32, right, card.top + 54), message.subject, fonts.LABEL, ink)

    def _paint_message(self, canvas: Canvas, page: Rect, message: Mail) -> None:
        left, right, y = page.left + 26, page.right - 22, page.top + 34 - self._read_down
        for line in fonts.wrapped(fonts.HEADING, message.subject, right - left):
            canvas.text(left, y, line, fonts.HEADING, theme.INK)
            y += 25
        self._paint_sender(canvas, Rect(left, y - 6, right, y + 34), message)
        canvas.horizontal(left, right, y + 44, theme.BORDER)
        y += 72
        for line in fonts.wrapped(fonts.BODY, message.body, right - left):
            canvas.text(left, y, line, fonts.BODY, theme.INK)
            y += _LINE if line else 12
        self._overflow = max(0, y + self._read_down - page.bottom)

    def _paint_sender(self, canvas: Canvas, row: Rect, message: Mail) -> None:
        colour = _COLOURS[len(message.sender) % len(_COLOURS)]
        disc = Rect.sized(row.left, row.top + 2, 36, 36)
        canvas.rounded(disc, 18, colour)
        initials = "".join(word[0].upper() for word in message.sender.split()[:2])
        canvas.label(disc, initials, fonts.SMALL_STRONG, theme.WHITE, "center")
        text = Rect(row.left + 46, row.top, row.right, row.top + 22)
        canvas.label(text, message.sender, fonts.BODY_STRONG, theme.INK)
        canvas.label(text.moved(0, 19), f"à {self.host.identity.agent} · {message.when}", fonts.SMALL, theme.INK_FAINT)
