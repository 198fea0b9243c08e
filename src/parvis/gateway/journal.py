"""The events the portal has not acknowledged yet, on disk: kill -9 loses none of them.

An append-only file of JSON lines, `{"event": {…}}` or `{"acknowledged": [id, …]}`,
synced before `append` returns. A torn last line (power cut, kill) is ignored at the next
start. When everything is acknowledged it is emptied in place. When it outgrows its limit, or a write failed, it is
rewritten with what is pending: what a full disk refused is on it at the first write after there is room.

Synchronous on purpose: `parvis.gateway.events` calls it from one worker thread.
"""

from __future__ import annotations

import json
import os
from collections import OrderedDict
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

Event = dict[str, Any]
"""JSON types only; always has `id` and `kind`."""

MAX_BYTES = 16 * 1024 * 1024
MAX_PENDING = 50_000
"""Events kept while the portal is away: about an hour of 10 refusals a second."""


class Journal:
    """Opened once; replays what is there. One writer."""

    def __init__(self, directory: Path, *, max_bytes: int = MAX_BYTES, max_pending: int = MAX_PENDING) -> None:
        """Open or create the journal.

        Raises:
            OSError: the directory cannot be created or written.
        """
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = directory / "journal.jsonl"
        self._max_bytes = max_bytes
        self._max_pending = max_pending
        self._pending: OrderedDict[str, Event] = OrderedDict()
        self._replay()
        self._file: int | None = None
        self._is_whole = False
        self._rewrite()

    def __len__(self) -> int:
        return len(self._pending)

    def pending(self, limit: int) -> list[Event]:
        """The oldest events not acknowledged yet."""
        return list(islice(self._pending.values(), limit))

    def append(self, events: Iterable[Event]) -> int:
        """Write events and sync them; return how many old ones had to be given up for lack of room.

        The events are pending even when the disk is full: they are then only in memory.

        Raises:
            OSError: they could not be written.
        """
        lines = []
        for event in events:
            self._pending[event["id"]] = event
            lines.append(_line({"event": event}))
        lost = self._shed()
        self._write(b"".join(lines))
        return lost

    def acknowledge(self, ids: Iterable[str]) -> None:
        """Forget events the portal has.

        Raises:
            OSError: the file could not be written; they may be sent again, which is harmless.
        """
        known = [event_id for event_id in ids if self._pending.pop(event_id, None) is not None]
        if not known:
            return
        if self._pending:
            self._write(_line({"acknowledged": known}))
        elif self._file is None:
            self._rewrite()
        else:
            # Not synced: if a power cut brings these lines back, they are sent again.
            os.ftruncate(self._file, 0)
            self._is_whole = True  # an empty file has no torn line

    def close(self) -> None:
        """Close the file; what is pending stays on disk."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _replay(self) -> None:
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return
        for line in data.split(b"\n"):
            try:
                record = json.loads(line)
                if "event" in record:
                    self._pending[record["event"]["id"]] = record["event"]
                for event_id in record.get("acknowledged", ()):
                    self._pending.pop(event_id, None)
            except (ValueError, TypeError, KeyError, AttributeError):
                continue  # torn by a kill or a power cut: never acknowledged to anybody

    def _shed(self) -> int:
        """Give up the oldest refusals first: starts and ends matter more to the audit trail."""
        excess = len(self._pending) - self._max_pending
        if excess <= 0:
            return 0
        refusals = [event_id for event_id, event in self._pending.items() if event.get("kind") == "refused"]
        doomed = (refusals + [event_id for event_id in self._pending if event_id not in set(refusals)])[:excess]
        for event_id in doomed:
            del self._pending[event_id]
        return excess

    def _write(self, data: bytes) -> None:
        if self._file is None or not self._is_whole:
            # A write failed: its torn line would take the next one with it, and its events are in memory only.
            self._rewrite()
            return
        self._is_whole = False
        _write_all(self._file, data)
        os.fdatasync(self._file)
        self._is_whole = True
        if os.fstat(self._file).st_size > self._max_bytes:
            self._rewrite()

    def _rewrite(self) -> None:
        """What is pending, in a file that takes the place of the old one, whose descriptor stays good until then."""
        fresh = self._path.with_suffix(".new")
        file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        try:
            for event in self._pending.values():
                _write_all(file, _line({"event": event}))
            os.fsync(file)
            os.replace(fresh, self._path)
        except OSError:
            os.close(file)
            fresh.unlink(missing_ok=True)  # half of it would take the room that is left
            raise
        old, self._file, self._is_whole = self._file, file, True
        if old is not None:
            os.close(old)
        directory = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _line(record: dict[str, Any]) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"
