"""Word wrap: which characters of a text stand on which line, and where."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from typing import Final, NamedTuple

from ..drawing.fonts import Font, width

TAB: Final = "    "


class Line(NamedTuple):
    """A line on screen: characters `start` to `end` of the text (the line feed or the space of the wrap excluded)."""

    start: int
    end: int


@lru_cache(maxsize=1024)
def _breaks(font: Font, paragraph: str, room: int) -> tuple[tuple[int, int], ...]:
    """Where a paragraph is cut, as offsets in it."""
    lines: list[tuple[int, int]] = []
    start = space = 0
    pen = pen_at_space = 0.0
    for index, letter in enumerate(paragraph):
        advance = letter_width(font, letter)
        while letter != " " and pen + advance > room and index > start:
            # At the last space if the line has one, else in the middle of the word.
            cut, used = (space, pen_at_space) if space > start else (index, pen)
            lines.append((start, cut))
            start, pen, pen_at_space = cut, pen - used, pen_at_space - used
        pen += advance
        if letter == " ":
            space, pen_at_space = index + 1, pen
    lines.append((start, len(paragraph)))
    return tuple(lines)


def letter_width(font: Font, letter: str) -> float:
    """How far one character moves the pen, in pixels."""
    return width(font, TAB if letter == "\t" else letter)


class Layout:
    """The lines of `text` in `font` on `room` pixels of width."""

    def __init__(self, text: str, font: Font, room: int) -> None:
        self.text = text
        self._font = font
        self.lines: list[Line] = []
        offset = 0
        for paragraph in text.split("\n"):
            self.lines += [Line(offset + start, offset + end) for start, end in _breaks(font, paragraph, room)]
            offset += len(paragraph) + 1
        self._starts = [line.start for line in self.lines]

    def row(self, position: int) -> int:
        """The line on which a caret at `position` stands."""
        return bisect_right(self._starts, position) - 1

    def x(self, position: int) -> float:
        """How far from the left a caret at `position` stands, in pixels."""
        start = self.lines[self.row(position)].start
        return sum(letter_width(self._font, letter) for letter in self.text[start:position])

    def position(self, row: int, x: float) -> int:
        """The caret position nearest to `x` on line `row`; rows beyond the ends mean the ends."""
        if row < 0:
            return 0
        if row >= len(self.lines):
            return len(self.text)
        line = self.lines[row]
        pen = 0.0
        for position in range(line.start, line.end):
            advance = letter_width(self._font, self.text[position])
            if x < pen + advance / 2:
                return position
            pen += advance
        wraps = row + 1 < len(self.lines) and self.lines[row + 1].start == line.end and line.end > line.start
        # The end of a wrapped line is the start of the next one: stay before its last space.
        return line.end - 1 if wraps else line.end

    def visible(self, row: int) -> str:
        """The characters of a line as they are painted."""
        line = self.lines[row]
        return self.text[line.start : line.end].replace("\t", TAB)
