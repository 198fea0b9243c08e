"""A text being edited: caret, selection, edits, undo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_CHARACTERS: Final = 60_000
_MAX_UNDO: Final = 400


@dataclass(slots=True)
class _Edit:
    """`removed` was replaced by `inserted` at `position`."""

    position: int
    removed: str
    inserted: str
    caret: int
    anchor: int


class Document:
    """Positions are character offsets from 0 to len(text); the selection lies between `anchor` and `caret`."""

    def __init__(self, text: str = "") -> None:
        self.text = text[:MAX_CHARACTERS]
        self.caret = self.anchor = len(self.text)
        self._undo: list[_Edit] = []

    @property
    def selection(self) -> tuple[int, int]:
        """Start and end; equal if nothing is selected."""
        return min(self.anchor, self.caret), max(self.anchor, self.caret)

    @property
    def selected(self) -> str:
        """The selected text."""
        start, end = self.selection
        return self.text[start:end]

    def move(self, position: int, *, extend: bool = False) -> None:
        """Put the caret at `position`; `extend` keeps the other end of the selection."""
        self.caret = max(0, min(position, len(self.text)))
        if not extend:
            self.anchor = self.caret

    def select(self, start: int, end: int) -> None:
        """Select from `start` to `end`, caret at the end."""
        self.move(start)
        self.move(end, extend=True)

    def select_all(self) -> None:
        """Select everything."""
        self.select(0, len(self.text))

    def insert(self, text: str) -> None:
        """Replace the selection by `text`, as much of it as the largest document allows."""
        start, end = self.selection
        clean = "".join(
            c
            for c in text.replace("\r\n", "\n").replace("\r", "\n")
            if c in "\n\t" or c.isprintable() or c in "\u00a0\u202f"
        )
        self._replace(start, end, clean[: max(0, MAX_CHARACTERS - len(self.text) + end - start)])

    def backspace(self, *, word: bool = False) -> None:
        """Remove the selection, or what stands before the caret."""
        if self.anchor == self.caret and self.caret > 0:
            self.anchor = self.word_start(self.caret) if word else self.caret - 1
        self._replace(*self.selection, "")

    def delete(self, *, word: bool = False) -> None:
        """Remove the selection, or what stands after the caret."""
        if self.anchor == self.caret and self.caret < len(self.text):
            self.anchor = self.word_end(self.caret) if word else self.caret + 1
        self._replace(*self.selection, "")

    def word_start(self, position: int) -> int:
        """The start of the word before `position`."""
        while position > 0 and not self.text[position - 1].isalnum():
            position -= 1
        while position > 0 and self.text[position - 1].isalnum():
            position -= 1
        return position

    def word_end(self, position: int) -> int:
        """The end of the word after `position`."""
        while position < len(self.text) and not self.text[position].isalnum():
            position += 1
        while position < len(self.text) and self.text[position].isalnum():
            position += 1
        return position

    def word_around(self, position: int) -> tuple[int, int]:
        """Start and end of the word at `position`."""
        start = end = position
        while start > 0 and self.text[start - 1].isalnum():
            start -= 1
        while end < len(self.text) and self.text[end].isalnum():
            end += 1
        return start, end

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to take back."""
        return bool(self._undo)

    def undo(self) -> None:
        """Take back the last edit; letters typed in a row are one edit."""
        if not self._undo:
            return
        edit = self._undo.pop()
        tail = self.text[edit.position + len(edit.inserted) :]
        self.text = self.text[: edit.position] + edit.removed + tail
        self.caret, self.anchor = edit.caret, edit.anchor

    def _replace(self, start: int, end: int, text: str) -> None:
        removed = self.text[start:end]
        if not removed and not text:
            return
        self._remember(_Edit(start, removed, text, self.caret, self.anchor))
        self.text = self.text[:start] + text + self.text[end:]
        self.caret = self.anchor = start + len(text)

    def _remember(self, edit: _Edit) -> None:
        last = self._undo[-1] if self._undo else None
        typing = len(edit.inserted) == 1 and edit.inserted.isalnum() and not edit.removed
        if last and typing and last.inserted[-1:].isalnum() and edit.position == last.position + len(last.inserted):
            last.inserted += edit.inserted
            return
        self._undo.append(edit)
        del self._undo[:-_MAX_UNDO]
