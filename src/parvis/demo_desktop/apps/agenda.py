"""« Agenda »: the day, hour by hour, with the present moment."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar, Final

from ..drawing import fonts, theme
from ..drawing.canvas import Canvas
from ..french import capitalised, long_date, paris
from ..geometry import Rect
from ..keysyms import Key
from .base import App, Host, Press
from .buttons import Button, Buttons

_HEADER: Final = 52
_HOURS: Final = (8, 19)
_MIN_HOUR_HEIGHT: Final = 34

Event = tuple[float, float, str, str, theme.Colour]
_BLUE: Final = (46, 108, 204)
_GREEN: Final = (34, 138, 96)
_ROSE: Final = (192, 74, 104)
_OCHRE: Final = (190, 122, 24)
#: By day of the week: start and end in hours, what, where, colour.
_WEEK: Final[dict[int, tuple[Event, ...]]] = {
    0: (
        (9, 10.5, "Réunion de service", "Salle Simone-Veil", _BLUE),
        (11, 12, "Point télétravail", "Visioconférence", _GREEN),
        (14, 16, "Accueil sur rendez-vous", "Guichet 2", _OCHRE),
    ),
    1: (
        (9, 9.75, "Café des agents", "Cafétéria", _OCHRE),
        (10, 12, "Instruction des dossiers", "À distance", _BLUE),
        (14.5, 15.5, "Formation : signature électronique", "Visioconférence", _GREEN),
    ),
    2: (
        (9.5, 11, "Comité de pilotage", "Hôtel de la Métropole", _ROSE),
        (14, 17, "Accueil du public", "Guichet 1", _OCHRE),
    ),
    3: (
        (9, 10, "Point budget", "Bureau 214", _BLUE),
        (14, 16.5, "Conseil métropolitain", "Salle du Conseil", _ROSE),
    ),
    4: (
        (10, 11.5, "Relecture des délibérations", "À distance", _BLUE),
        (14, 15, "Bilan de la semaine", "Audioconférence", _GREEN),
    ),
    5: ((9, 12, "Permanence état civil", "Mairie annexe", _OCHRE),),
    6: (),
}  # fmt: skip


class Agenda(App):
    """Buttons and the arrow keys go from day to day."""

    key: ClassVar[str] = "agenda"
    name: ClassVar[str] = "Agenda"
    size: ClassVar[tuple[int, int]] = (440, 500)
    smallest: ClassVar[tuple[int, int]] = (360, 240)

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.offset = 0
        self._now = 0.0
        self._first_hour = 8
        self._buttons = Buttons(
            [
                Button("", lambda: self._go(self.offset - 1), sign="previous"),
                Button("Aujourd’hui", lambda: self._go(0)),
                Button("", lambda: self._go(self.offset + 1), sign="next"),
            ],
            host.tint,
        )

    def place(self, area: Rect) -> None:
        """See `App`."""
        super().place(area)
        width = self._buttons.arrange(0, 0, 32) - 4
        self._buttons.arrange(area.right - width - 12, area.top + 10, 32)
        self._scroll(self._first_hour)

    @property
    def day(self) -> date:
        """The day shown."""
        return paris(self._now).date() + timedelta(days=self.offset)

    def _go(self, offset: int) -> None:
        self.offset = max(-366, min(offset, 366))
        self.invalidate()

    def pressed(self, press: Press) -> None:
        """See `App`."""
        self._now = press.now
        button = self._buttons.at(press.x, press.y)
        if button and press.button == 1:
            button.action()

    def typed(self, key: Key, now: float) -> None:
        """See `App`."""
        if key.name in ("left", "right"):
            self._go(self.offset + (1 if key.name == "right" else -1))

    def hovered(self, x: int, y: int) -> None:
        """See `App`."""
        for rect in self._buttons.hover(x, y):
            self.host.invalidate(rect)

    def left(self) -> None:
        """See `App`."""
        self.hovered(-1, -1)

    def wheel(self, x: int, y: int, steps: int) -> None:
        """See `App`."""
        self._scroll(self._first_hour + steps)
        self.invalidate()

    def pointer(self, x: int, y: int) -> str:
        """See `App`."""
        return "hand" if self._buttons.at(x, y) else "arrow"

    def tick(self, now: float) -> float | None:
        """See `App`."""
        if self._now and int(now // 60) != int(self._now // 60):
            self.invalidate()
        self._now = now
        return (now // 60 + 1) * 60

    # Painting

    @property
    def _grid(self) -> Rect:
        return Rect(self.area.left, self.area.top + _HEADER, self.area.right, self.area.bottom - 4)

    @property
    def _hour_height(self) -> int:
        return max(_MIN_HOUR_HEIGHT, (self._grid.height - 12) // (_HOURS[1] - _HOURS[0]))

    def _scroll(self, hour: int) -> None:
        visible = max(1, (self._grid.height - 12) // self._hour_height)
        self._first_hour = max(_HOURS[0], min(hour, _HOURS[1] - visible))

    def _y(self, hour: float) -> int:
        return self._grid.top + 10 + round((hour - self._first_hour) * self._hour_height)

    def paint(self, canvas: Canvas, *, focused: bool, now: float) -> None:
        """See `App`."""
        self._now = now
        self._buttons.all[1].active = self.offset == 0
        canvas.fill(self.area, theme.SURFACE)
        header = Rect(self.area.left + 18, self.area.top, self._buttons.all[0].rect.left - 8, self._grid.top)
        date_text = capitalised(long_date(self.day))
        if fonts.width(fonts.BODY_STRONG, date_text) > header.width:
            date_text = date_text.rsplit(" ", 1)[0]
        canvas.label(header, date_text, fonts.BODY_STRONG, theme.INK)
        self._buttons.paint(canvas)
        canvas.horizontal(self.area.left, self.area.right, self._grid.top - 1, theme.BORDER)
        with canvas.clipped(self._grid) as grid:
            self._paint_hours(grid)
            for event in _WEEK[self.day.weekday()]:
                self._paint_event(grid, event)
            if self.offset == 0:
                self._paint_now(grid)

    def _paint_hours(self, grid: Canvas) -> None:
        for hour in range(self._first_hour, _HOURS[1] + 1):
            y = self._y(hour)
            grid.label(
                Rect(self.area.left, y - 8, self.area.left + 48, y + 8),
                f"{hour}\u202fh",
                fonts.SMALL,
                theme.INK_FAINT,
                "right",
            )
            grid.horizontal(self.area.left + 58, self.area.right - 14, y, theme.BORDER)

    def _paint_event(self, grid: Canvas, event: Event) -> None:
        start, end, what, where, colour = event
        box = Rect(self.area.left + 62, self._y(start) + 2, self.area.right - 18, self._y(end) - 1)
        grid.rounded(box, 6, theme.mix(theme.WHITE, colour, 0.14))
        grid.rounded(Rect(box.left, box.top, box.left + 4, box.bottom), 2, colour)
        ink = theme.mix(colour, theme.INK, 0.45)
        first = Rect(box.left + 14, box.top + 3, box.right - 8, box.top + 23)
        if box.height < 44:
            grid.label(Rect(first.left, box.top, first.right, box.bottom), f"{what} · {where}", fonts.LABEL, ink)
            return
        grid.label(first, what, fonts.LABEL, ink)
        grid.label(
            first.moved(0, 19),
            f"{_hour(start)} – {_hour(end)} · {where}",
            fonts.SMALL,
            theme.mix(ink, theme.WHITE, 0.2),
        )

    def _paint_now(self, grid: Canvas) -> None:
        moment = paris(self._now)
        y = self._y(moment.hour + moment.minute / 60)
        grid.fill(Rect(self.area.left + 58, y - 1, self.area.right - 14, y + 1), theme.RED)
        grid.rounded(Rect.sized(self.area.left + 53, y - 5, 10, 10), 5, theme.RED)


def _hour(hour: float) -> str:
    minutes = round(hour * 60)
    return f"{minutes // 60}\u202fh" + (f"\u202f{minutes % 60:02}" if minutes % 60 else "")
