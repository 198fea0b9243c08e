"""Documents on disk: `<state_dir>/<port>/<name>`, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from .editor.document import MAX_CHARACTERS


class Storage:
    """The folder of one demo PC."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> str | None:
        """A document as last written; None if there is none or it is not text."""
        try:
            with (self._folder / name).open(encoding="utf-8", newline="") as file:
                return file.read(MAX_CHARACTERS)
        except (FileNotFoundError, UnicodeDecodeError):
            return None

    def write(self, name: str, text: str) -> None:
        """Replace a document: a reader sees the old or the new one, even after a crash. Raises `OSError`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=self._folder, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self._folder / name)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
