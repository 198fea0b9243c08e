"""The start menu: who works here, and the apps."""

from __future__ import annotations

from typing import Final

from ..drawing import fonts, icons, theme
from ..drawing.canvas import Canvas
from ..geometry import Rect
from ..names import Identity

_WIDTH: Final = 330
_ROW: Final = 46
_HEADER: Final = 84


class StartMenu:
    """A panel above the start button; `entries` are the apps' keys and names."""

    def __init__(self, entries: list[tuple[str, str]], identity: Identity, tint: theme.Tint) -> None:
        self.entries = entries
        self._identity = identity
        self._tint = tint
        self.rect = Rect(0, 0, 0, 0)
        self.hovered = ""

    @property
    def outer(self) -> Rect:
        """With its shadow."""
        return self.rect.grown(theme.SHADOW_MARGIN + 6)

    def place(self, width: int, height: int) -> None:
        """Above the task bar of a screen of this size."""
        tall = _HEADER + _ROW * len(self.entries) + 20
        self.rect = Rect.sized(8, height - theme.TASKBAR_HEIGHT - 8 - tall, _WIDTH, tall)

    def row(self, index: int) -> Rect:
        """Where an entry is."""
        return Rect.sized(self.rect.left + 10, self.rect.top + _HEADER + 8 + index * _ROW, _WIDTH - 20, _ROW)

    def entry_at(self, x: int, y: int) -> str:
        """The key of the app there."""
        return next((key for index, (key, _) in enumerate(self.entries) if self.row(index).has(x, y)), "")

    def step(self, rows: int) -> None:
        """Choose the next or previous entry from the keyboard."""
        keys = [key for key, _ in self.entries]
        index = keys.index(self.hovered) + rows if self.hovered in keys else (0 if rows > 0 else -1)
        self.hovered = keys[index % len(keys)]

    def paint(self, canvas: Canvas) -> None:
        """Paint all of it."""
        if not canvas.sees(self.outer):
            return
        canvas.shadow(self.rect.moved(0, 6), 12, theme.SHADOW_MARGIN, 130)
        canvas.rounded(self.rect.grown(1), 13, (20, 30, 52), 64)
        canvas.rounded(self.rect, 12, theme.SURFACE)
        self._paint_agent(canvas)
        for index, (key, name) in enumerate(self.entries):
            row = self.row(index)
            if key == self.hovered:
                canvas.rounded(row, 8, self._tint.accent_soft)
            canvas.image(icons.app_icon(key, 30), row.left + 10, row.top + 8)
            canvas.label(Rect(row.left + 54, row.top, row.right - 8, row.bottom), name, fonts.BODY, theme.INK)

    def _paint_agent(self, canvas: Canvas) -> None:
        left, top = self.rect.left + 20, self.rect.top + 18
        disc = Rect.sized(left, top, 48, 48)
        canvas.rounded(disc, 24, self._tint.accent)
        initials = "".join(word[0].upper() for word in self._identity.agent.split()[:2])
        canvas.label(disc, initials, fonts.HEADING, theme.WHITE, "center")
        text = Rect(left + 62, top + 2, self.rect.right - 16, top + 25)
        canvas.label(text, self._identity.agent, fonts.BODY_STRONG, theme.INK)
        canvas.label(text.moved(0, 21), self._identity.service, fonts.SMALL, theme.INK_SOFT)
        canvas.horizontal(self.rect.left + 20, self.rect.right - 20, self.rect.top + _HEADER, theme.BORDER)
