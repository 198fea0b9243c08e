"""What the shell and the apps paint on: one rectangle of the screen, addressed in screen coordinates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from PIL import Image, ImageDraw

from ..geometry import Rect
from . import fonts, shapes
from .theme import Colour


class Canvas:
    """A picture of the part `rect` of the screen; whatever lies outside is cut off."""

    def __init__(self, rect: Rect) -> None:
        self.rect = rect
        self.picture = Image.new("RGB", (rect.width, rect.height))
        self._draw = ImageDraw.Draw(self.picture)

    def sees(self, rect: Rect) -> bool:
        """Whether painting inside `rect` can leave a trace."""
        return not self.rect.intersect(rect).empty

    def fill(self, rect: Rect, colour: Colour) -> None:
        """A flat rectangle."""
        seen = rect.intersect(self.rect)
        if not seen.empty:
            self.picture.paste(colour, self._local(seen))

    def rounded(self, rect: Rect, radius: int, colour: Colour, alpha: int = 255) -> None:
        """A rectangle with round, soft corners, as opaque as `alpha` (0 to 255)."""
        if self.sees(rect):
            self.picture.paste(colour, self._local(rect), shapes.rounded_mask(rect.width, rect.height, radius, alpha))

    def framed(self, rect: Rect, radius: int, colour: Colour, border: Colour) -> None:
        """A rounded rectangle with a border of one pixel."""
        self.rounded(rect, radius, border)
        self.rounded(rect.grown(-1), radius - 1, colour)

    def shadow(self, rect: Rect, radius: int, margin: int, strength: int) -> None:
        """The soft shadow a rounded rectangle throws around itself."""
        around = rect.grown(margin)
        if self.sees(around):
            mask = shapes.shadow_mask(rect.width, rect.height, radius, margin, strength)
            self.picture.paste((6, 12, 26), self._local(around), mask)

    def horizontal(self, left: int, right: int, y: int, colour: Colour) -> None:
        """A line of one pixel."""
        self.fill(Rect(left, y, right, y + 1), colour)

    def vertical(self, x: int, top: int, bottom: int, colour: Colour) -> None:
        """A line of one pixel."""
        self.fill(Rect(x, top, x + 1, bottom), colour)

    def path(self, points: Sequence[tuple[float, float]], colour: Colour, width: int = 1) -> None:
        """Straight strokes from point to point."""
        left, top = self.rect.left, self.rect.top
        self._draw.line([(x - left, y - top) for x, y in points], fill=colour, width=width, joint="curve")

    def text(self, x: float, baseline: int, text: str, font: fonts.Font, colour: Colour) -> None:
        """One line of text from the pen position (x, baseline)."""
        stencil = fonts.stencil(font, text)
        if stencil is None:
            return
        left, top = round(x) + stencil.left, baseline + stencil.top
        place = Rect.sized(left, top, *stencil.mask.size)
        if self.sees(place):
            self.picture.paste(colour, self._local(place), stencil.mask)

    def label(self, rect: Rect, text: str, font: fonts.Font, colour: Colour, align: str = "left") -> None:
        """One line of text in the middle of the rectangle's height, shortened to its width; `align` is left, center
        or right."""
        if not self.sees(rect):
            return
        text = fonts.shortened(font, text, rect.width)
        spare = rect.width - fonts.width(font, text)
        x = rect.left + {"left": 0.0, "center": spare / 2, "right": spare}[align]
        self.text(x, rect.top + (rect.height + fonts.ascent(font)) // 2, text, font, colour)

    def image(self, picture: Image.Image, x: int, y: int) -> None:
        """A picture; RGBA ones are blended."""
        place = Rect.sized(x, y, *picture.size)
        if not self.sees(place):
            return
        if picture.mode == "RGBA":
            self.picture.paste(picture, self._local(place), picture)
        else:
            seen = place.intersect(self.rect)
            self.picture.paste(picture.crop(seen.moved(-x, -y)), self._local(seen))

    def stencilled(self, colour: Colour, mask: Image.Image, x: int, y: int) -> None:
        """A colour through a mask whose corner is at (x, y)."""
        place = Rect.sized(x, y, *mask.size)
        if self.sees(place):
            self.picture.paste(colour, self._local(place), mask)

    @contextmanager
    def clipped(self, rect: Rect) -> Iterator[Canvas]:
        """A canvas whose painting stays inside `rect`; it starts with what is there."""
        seen = rect.intersect(self.rect)
        if seen.empty:
            yield Canvas(Rect.sized(rect.left, rect.top, 0, 0))
            return
        inner = Canvas(seen)
        inner.picture.paste(self.picture.crop(self._local(seen)))
        yield inner
        self.picture.paste(inner.picture, self._local(seen))

    def pasted(self, inner: Canvas, shape: Rect, radius: int) -> None:
        """Put another canvas on this one, cut to a rounded rectangle."""
        place = self._local(inner.rect)
        corners = (
            Rect.sized(shape.left, shape.top, radius, radius),
            Rect.sized(shape.right - radius, shape.top, radius, radius),
            Rect.sized(shape.left, shape.bottom - radius, radius, radius),
            Rect.sized(shape.right - radius, shape.bottom - radius, radius, radius),
        )
        if not any(inner.sees(corner) for corner in corners):
            self.picture.paste(inner.picture, place)
            return
        mask = shapes.rounded_mask(shape.width, shape.height, radius)
        self.picture.paste(inner.picture, place, mask.crop(inner.rect.moved(-shape.left, -shape.top)))

    def _local(self, rect: Rect) -> Rect:
        return rect.moved(-self.rect.left, -self.rect.top)
