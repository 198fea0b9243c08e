"""« Ce PC »: which computer this is and who works at it."""

from __future__ import annotations

from typing import ClassVar

from ..drawing import fonts, icons, theme
from ..drawing.canvas import Canvas
from ..geometry import Rect
from .base import App


class About(App):
    """Facts of the demo PC, as a technician on the phone would ask for them."""

    key: ClassVar[str] = "computer"
    name: ClassVar[str] = "Ce PC"
    size: ClassVar[tuple[int, int]] = (440, 350)
    smallest: ClassVar[tuple[int, int]] = (360, 300)

    def paint(self, canvas: Canvas, *, focused: bool, now: float) -> None:
        """See `App`."""
        who = self.host.identity
        area = self.area
        canvas.fill(area, theme.SURFACE)
        canvas.image(icons.app_icon("computer", 56), area.left + 24, area.top + 22)
        title = Rect(area.left + 96, area.top + 24, area.right - 20, area.top + 52)
        canvas.label(title, who.computer, fonts.HEADING, theme.INK)
        canvas.label(title.moved(0, 26), "Poste de démonstration Parvis", fonts.BODY, theme.INK_SOFT)
        facts = (
            ("Agent", who.agent),
            ("Service", who.service),
            ("Collectivité", who.entity),
            ("Messagerie", who.e_mail),
            ("Clavier", "Français (AZERTY)"),
        )
        y = area.top + 100
        for name, value in facts:
            row = Rect(area.left + 24, y, area.right - 24, y + 38)
            canvas.horizontal(row.left, row.right, row.top, theme.BORDER)
            canvas.label(Rect(row.left, row.top, row.left + 110, row.bottom), name, fonts.LABEL, theme.INK_FAINT)
            canvas.label(Rect(row.left + 116, row.top, row.right, row.bottom), value, fonts.BODY, theme.INK)
            y += 38
