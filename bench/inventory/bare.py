"""The least a server could do with a report: decompress, parse, one row per program in SQLite, committed and synced."""

from __future__ import annotations

import sqlite3
import tempfile
import time
import zlib
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree


def per_second(bodies: Sequence[bytes]) -> float:
    """Reports a second: no matching, no history, no rights, no difference with what was there."""
    with tempfile.TemporaryDirectory(prefix="parvis-bench-") as name:
        database = sqlite3.connect(Path(name) / "bare.sqlite3")
        database.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
        database.execute("CREATE TABLE program (device, name, publisher, version)")
        started = time.perf_counter()
        for body in bodies:
            root = ElementTree.fromstring(zlib.decompress(body))  # noqa: S314 - our own text
            device = root.findtext("DEVICEID")
            rows = [
                (device, each.findtext("NAME"), each.findtext("PUBLISHER"), each.findtext("VERSION"))
                for each in root.iter("SOFTWARES")
            ]
            with database:
                database.execute("DELETE FROM program WHERE device = ?", (device,))
                database.executemany("INSERT INTO program VALUES (?, ?, ?, ?)", rows)
        seconds = time.perf_counter() - started
        database.close()
    return len(bodies) / seconds
