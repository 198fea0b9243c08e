"""Rectangles and regions of the screen, in pixels; right and bottom edges are exclusive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Rect(NamedTuple):
    """A rectangle; its tuple is also a Pillow box."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def sized(cls, left: int, top: int, width: int, height: int) -> Rect:
        """From a corner and a size."""
        return cls(left, top, left + width, top + height)

    @property
    def width(self) -> int:
        """In pixels; negative rectangles are empty."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """In pixels; negative rectangles are empty."""
        return self.bottom - self.top

    @property
    def empty(self) -> bool:
        """Whether no pixel is inside."""
        return self.right <= self.left or self.bottom <= self.top

    @property
    def area(self) -> int:
        """Pixels inside."""
        return 0 if self.empty else self.width * self.height

    def has(self, x: int, y: int) -> bool:
        """Whether the pixel is inside."""
        return self.left <= x < self.right and self.top <= y < self.bottom

    def covers(self, other: Rect) -> bool:
        """Whether every pixel of `other` is inside."""
        return (
            self.left <= other.left
            and self.top <= other.top
            and self.right >= other.right
            and self.bottom >= other.bottom
        )

    def intersect(self, other: Rect) -> Rect:
        """The common part, possibly empty."""
        return Rect(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def union(self, other: Rect) -> Rect:
        """The smallest rectangle around both."""
        if self.empty:
            return other
        if other.empty:
            return self
        return Rect(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def moved(self, dx: int, dy: int) -> Rect:
        """The same size elsewhere."""
        return Rect(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy)

    def grown(self, margin: int) -> Rect:
        """Larger by `margin` on each side (smaller if negative)."""
        return Rect(self.left - margin, self.top - margin, self.right + margin, self.bottom + margin)

    def without(self, hole: Rect) -> list[Rect]:
        """What is left when `hole` is cut out: up to four rectangles."""
        cut = self.intersect(hole)
        if cut.empty:
            return [] if self.empty else [self]
        pieces = (
            Rect(self.left, self.top, self.right, cut.top),
            Rect(self.left, cut.bottom, self.right, self.bottom),
            Rect(self.left, cut.top, cut.left, cut.bottom),
            Rect(cut.right, cut.top, self.right, cut.bottom),
        )
        return [piece for piece in pieces if not piece.empty]

    def tiles(self, width: int, height: int) -> Iterator[Rect]:
        """The rectangle cut into tiles of at most `width` × `height`."""
        for top in range(self.top, self.bottom, height):
            for left in range(self.left, self.right, width):
                yield Rect(left, top, min(left + width, self.right), min(top + height, self.bottom))


class Region:
    """A set of pixels as disjoint rectangles; beyond `limit` of them it becomes their bounding box, so that its
    memory is bounded whatever happens."""

    def __init__(self, rects: Iterable[Rect] = (), *, limit: int = 48) -> None:
        self._rects: list[Rect] = []
        self._limit = limit
        for rect in rects:
            self.add(rect)

    def __bool__(self) -> bool:
        return bool(self._rects)

    def __iter__(self) -> Iterator[Rect]:
        return iter(tuple(self._rects))

    @property
    def area(self) -> int:
        """Pixels inside."""
        return sum(rect.area for rect in self._rects)

    def add(self, rect: Rect) -> None:
        """Put the rectangle's pixels in."""
        if rect.empty or any(known.covers(rect) for known in self._rects):
            return
        new = [rect]
        for known in self._rects:
            new = [piece for part in new for piece in part.without(known)]
        self._rects += new
        if len(self._rects) > self._limit:
            self._rects = [self.bounds]

    def remove(self, rect: Rect) -> None:
        """Take the rectangle's pixels out."""
        self._rects = [piece for known in self._rects for piece in known.without(rect)]

    def touches(self, rect: Rect) -> bool:
        """Whether any pixel of the rectangle is inside."""
        return any(not known.intersect(rect).empty for known in self._rects)

    def clipped(self, rect: Rect) -> Region:
        """The part inside the rectangle."""
        return Region((known.intersect(rect) for known in self._rects), limit=self._limit)

    @property
    def bounds(self) -> Rect:
        """The smallest rectangle around all."""
        box = Rect(0, 0, 0, 0)
        for rect in self._rects:
            box = box.union(rect)
        return box

    def clear(self) -> None:
        """Empty the region."""
        self._rects = []
