"""« Réseau »: a small graph of traffic that moves, so that one sees the screen is alive."""

from __future__ import annotations

import math
from collections import deque
from typing import ClassVar, Final

from PIL import Image, ImageDraw

from ..drawing import fonts, theme
from ..drawing.canvas import Canvas
from ..geometry import Rect
from .base import App, Host

_STEP_SECONDS: Final = 0.5
_SAMPLES: Final = 90
_OVERSAMPLING: Final = 2
_FOOT: Final = 34
_SCALE: Final = 100.0


class Activity(App):
    """The last 45 seconds of a made-up but plausible traffic, received and sent, in Mbit/s."""

    key: ClassVar[str] = "activity"
    name: ClassVar[str] = "Réseau"
    size: ClassVar[tuple[int, int]] = (400, 250)
    smallest: ClassVar[tuple[int, int]] = (280, 190)

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._received: deque[float] = deque(maxlen=_SAMPLES)
        self._sent: deque[float] = deque(maxlen=_SAMPLES)
        self._next = 0.0

    @property
    def title(self) -> str:
        """See `App`."""
        return "Réseau – Activité"

    def tick(self, now: float) -> float | None:
        """See `App`."""
        if now >= self._next:
            missed = min(_SAMPLES, 1 + int((now - self._next) / _STEP_SECONDS)) if self._next else _SAMPLES
            for back in range(missed - 1, -1, -1):
                self._sample(now - back * _STEP_SECONDS)
            self._next = now + _STEP_SECONDS
            # Not the foot, which does not change: without the window's round corners nothing behind it is painted.
            self.host.invalidate(Rect(self.area.left, self.area.top, self.area.right, self.area.bottom - _FOOT))
        return self._next

    def _sample(self, moment: float) -> None:
        self._received.append(traffic(moment))
        self._sent.append(0.12 + 0.45 * traffic(moment * 1.31 + 500))

    def paint(self, canvas: Canvas, *, focused: bool, now: float) -> None:
        """See `App`."""
        canvas.fill(self.area, theme.SURFACE)
        top = Rect(self.area.left + 18, self.area.top + 10, self.area.right - 18, self.area.top + 54)
        half = top.width // 2
        self._paint_rate(
            canvas,
            Rect(top.left, top.top, top.left + half, top.bottom),
            "Réception",
            self._received,
            self.host.tint.accent,
        )
        self._paint_rate(
            canvas, Rect(top.left + half, top.top, top.right, top.bottom), "Envoi", self._sent, theme.AMBER
        )
        plot = Rect(self.area.left + 14, self.area.top + 64, self.area.right - 14, self.area.bottom - _FOOT)
        if plot.height > 20:
            self._paint_plot(canvas, plot)
        foot = Rect(plot.left + 4, self.area.bottom - 32, plot.right - 4, self.area.bottom - 6)
        canvas.label(foot, "45 dernières secondes", fonts.SMALL, theme.INK_FAINT)
        canvas.label(foot, self.host.identity.computer, fonts.SMALL, theme.INK_FAINT, "right")

    @staticmethod
    def _paint_rate(canvas: Canvas, box: Rect, name: str, samples: deque[float], colour: theme.Colour) -> None:
        canvas.rounded(Rect.sized(box.left, box.top + 7, 8, 8), 4, colour)
        canvas.label(Rect.sized(box.left + 14, box.top, box.width - 14, 22), name, fonts.SMALL, theme.INK_SOFT)
        value = f"{samples[-1] * _SCALE:.1f}".replace(".", ",") if samples else "–"
        canvas.label(Rect.sized(box.left, box.top + 20, box.width, 26), f"{value} Mbit/s", fonts.HEADING, theme.INK)

    def _paint_plot(self, canvas: Canvas, plot: Rect) -> None:
        canvas.rounded(plot, 8, theme.SURFACE_SOFT)
        for share in (0.25, 0.5, 0.75):
            y = plot.top + int(plot.height * share)
            canvas.horizontal(plot.left + 8, plot.right - 8, y, theme.BORDER)
        inside = plot.grown(-6)
        self._paint_curve(canvas, inside, self._received, self.host.tint.accent)
        self._paint_curve(canvas, inside, self._sent, theme.AMBER)

    @staticmethod
    def _paint_curve(canvas: Canvas, box: Rect, samples: deque[float], colour: theme.Colour) -> None:
        if len(samples) < 2 or not canvas.sees(box):
            return
        width, height = box.width * _OVERSAMPLING, box.height * _OVERSAMPLING
        step = width / (_SAMPLES - 1)
        start = _SAMPLES - len(samples)
        points = [((start + i) * step, height * (1 - min(1.0, value))) for i, value in enumerate(samples)]
        area = Image.new("L", (width, height))
        draw = ImageDraw.Draw(area)
        draw.polygon([(points[0][0], height), *points, (width, height)], fill=36)
        draw.line(points, fill=255, width=2 * _OVERSAMPLING)
        canvas.stencilled(colour, area.resize((box.width, box.height), Image.Resampling.BOX), box.left, box.top)


def traffic(moment: float) -> float:
    """A plausible load from 0 to 1 at a moment in seconds: slow waves, bursts, a little noise."""
    slow = 0.30 + 0.16 * math.sin(moment / 7.3) + 0.09 * math.sin(moment / 2.9 + 1.7)
    burst = max(0.0, math.sin(moment / 11.0 + 0.6) - 0.72) * 1.9
    noise = math.sin(moment * 12.9898) * 43758.5453
    return max(0.03, min(0.97, slow + burst + 0.07 * (noise - math.floor(noise))))
