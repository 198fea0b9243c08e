"""The picture of the desktop, and what changed in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageChops

from ..drawing.canvas import Canvas
from ..drawing.theme import TASKBAR_HEIGHT, WINDOW_RADIUS
from ..geometry import Rect, Region
from .windows import Shift

_MIN_COPY_PIXELS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Painted:
    """These pixels are new."""

    rect: Rect


@dataclass(frozen=True, slots=True)
class Copied:
    """The pixels of `target` are those that were at `source` (left, top)."""

    target: Rect
    source: tuple[int, int]


Change = Painted | Copied


class Screen:
    """Keeps the picture; `paint` paints whatever a canvas covers. Without a viewer, `release` frees the pixels."""

    def __init__(self, paint: Callable[[Canvas], None]) -> None:
        self._paint = paint
        self._bounds = Rect(0, 0, 0, 0)
        self._picture: Image.Image | None = None
        self._damage = Region()
        self._copies: list[Change] = []

    def resize(self, width: int, height: int) -> None:
        """A new size: everything is to be painted."""
        self._bounds = Rect(0, 0, width, height)
        self.release()

    def release(self) -> None:
        """Forget the pixels."""
        self._picture = None
        self._copies = []
        self._damage = Region([self._bounds])

    def invalidate(self, rect: Rect) -> None:
        """These pixels are to be painted."""
        self._damage.add(rect.intersect(self._bounds))

    def stale(self, rect: Rect) -> bool:
        """Whether some of these pixels wait to be painted."""
        return self._damage.touches(rect)

    def shift(self, shift: Shift) -> None:
        """A window in front moved, its old and new place are invalidated: copy what was already painted of it.

        The caller has checked that nothing in its old place was `stale`.
        """
        if self._picture is None or self._copies:
            return
        dx, dy = shift.target.left - shift.source.left, shift.target.top - shift.source.top
        visible = Rect(0, 0, self._bounds.right, self._bounds.bottom - TASKBAR_HEIGHT)
        source = shift.source.grown(-WINDOW_RADIUS).intersect(visible)
        target = source.moved(dx, dy).intersect(visible)
        if target.area < _MIN_COPY_PIXELS:
            return
        source = target.moved(-dx, -dy)
        self._picture.paste(self._picture.crop(source), target)
        self._damage.remove(target)
        self._copies.append(Copied(target, (source.left, source.top)))

    def pixels(self, rect: Rect) -> Image.Image:
        """A copy of a part of the picture (RGB), as last rendered."""
        return self._kept().crop(rect)

    def render(self) -> list[Change]:
        """Paint what is damaged; returns what really changed."""
        fresh = self._picture is None
        picture = self._kept()
        changes, self._copies = self._copies, []
        damage, self._damage = self._damage, Region()
        for rect in _merged(damage):
            canvas = Canvas(rect)
            self._paint(canvas)
            changed = rect if fresh else _difference(picture, rect, canvas.picture)
            picture.paste(canvas.picture, rect)
            if not changed.empty:
                changes.append(Painted(changed))
        return changes

    def _kept(self) -> Image.Image:
        if self._picture is None:
            self._picture = Image.new("RGB", (self._bounds.width, self._bounds.height))
        return self._picture


def _difference(old: Image.Image, rect: Rect, new: Image.Image) -> Rect:
    """The box around the pixels of `rect` that are not what they were."""
    box = ImageChops.difference(old.crop(rect), new).getbbox()
    return Rect(*box).moved(rect.left, rect.top) if box else Rect(0, 0, 0, 0)


def _merged(region: Region) -> list[Rect]:
    """The rectangles, or their bounding box where that is hardly more to paint."""
    bounds = region.bounds
    return [bounds] if region.area * 5 > bounds.area * 3 else list(region)
