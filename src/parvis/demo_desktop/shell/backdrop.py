"""What lies behind the windows: wallpaper, the PC's name, desktop icons."""

from __future__ import annotations

from typing import Final

from PIL import Image

from ..drawing import fonts, icons, theme
from ..drawing.canvas import Canvas
from ..drawing.wallpaper import wallpaper
from ..geometry import Rect
from ..names import Identity

_CELL: Final = (92, 96)
_ICON: Final = 46
_NAME: Final = fonts.Font("SemiBold", 15)


class Backdrop:
    """`entries` are the icons: an app's key and its label."""

    def __init__(self, entries: list[tuple[str, str]], identity: Identity, tint: theme.Tint) -> None:
        self._entries = entries
        self._identity = identity
        self._tint = tint
        self._size = (0, 0)
        self._picture: Image.Image | None = None
        self.chosen = ""
        self.hovered = ""

    def place(self, width: int, height: int) -> None:
        """For a screen of this size."""
        self._size = (width, height)
        self._picture = None

    def release(self) -> None:
        """Forget the pixels; they are painted again when needed."""
        self._picture = None

    def cell(self, index: int) -> Rect:
        """Where an icon is, its label included."""
        rows = max(1, (self._size[1] - theme.TASKBAR_HEIGHT - 12) // _CELL[1])
        return Rect.sized(8 + index // rows * _CELL[0], 12 + index % rows * _CELL[1], *_CELL)

    def cell_of(self, key: str) -> Rect:
        """Where an app's icon is; empty for no icon."""
        index = next((i for i, (name, _) in enumerate(self._entries) if name == key), None)
        return Rect(0, 0, 0, 0) if index is None else self.cell(index)

    def icon_at(self, x: int, y: int) -> str:
        """The key of the icon there."""
        return next((key for index, (key, _) in enumerate(self._entries) if self.cell(index).has(x, y)), "")

    def paint(self, canvas: Canvas) -> None:
        """Paint all of it."""
        if self._picture is None:
            self._picture = wallpaper(self._tint, *self._size)
        canvas.image(self._picture, 0, 0)
        self._paint_name(canvas)
        for index, (key, label) in enumerate(self._entries):
            self._paint_icon(canvas, self.cell(index), key, label)

    def _paint_name(self, canvas: Canvas) -> None:
        who, right = self._identity, self._size[0] - 24
        bottom = self._size[1] - theme.TASKBAR_HEIGHT
        box = Rect(right - 400, bottom - 74, right, bottom - 54)
        ink = theme.mix(self._tint.light, theme.WHITE, 0.55)
        canvas.label(box, who.computer, _NAME, ink, "right")
        canvas.label(box.moved(0, 20), f"{who.agent} · {who.service}", fonts.SMALL, ink, "right")
        canvas.label(box.moved(0, 37), who.entity, fonts.SMALL, ink, "right")

    def _paint_icon(self, canvas: Canvas, cell: Rect, key: str, label: str) -> None:
        if not canvas.sees(cell):
            return
        if key in (self.chosen, self.hovered):
            canvas.rounded(cell.grown(-2), 8, theme.WHITE, 62 if key == self.chosen else 34)
        canvas.image(icons.app_icon(key, _ICON), cell.left + (cell.width - _ICON) // 2, cell.top + 9)
        for index, line in enumerate(fonts.wrapped(fonts.SMALL, label, cell.width - 6)[:2]):
            box = Rect.sized(cell.left + 2, cell.top + 59 + 16 * index, cell.width - 4, 16)
            canvas.label(box.moved(1, 1), line, fonts.SMALL, (10, 20, 40), "center")
            canvas.label(box, line, fonts.SMALL, theme.WHITE, "center")
