"""Django's cache on the disk, which does not look through its whole folder at each write.

Django's lists every entry at every write, to know whether there are too many: with 10,000 of them a write costs some
fifty times what it does with none. Here one write in `LOOK_EVERY` looks; and what is over goes before what is not.
"""

from __future__ import annotations

import itertools
import random
from contextlib import suppress
from pathlib import Path

from django.core.cache.backends.filebased import FileBasedCache

LOOK_EVERY = 64
"""Writes of a process between two looks: it goes past the most entries by no more than that."""

THIRDS = 8
"""How often Django's third is thrown away at one look: each time leaves two thirds, and eight times 4 in 100."""

# Of the process, since Django makes a cache for each thread; begun anywhere, since commands write little and end.
_writes = itertools.count(random.randrange(LOOK_EVERY))  # noqa: S311 nothing secret


class DiskCache(FileBasedCache):
    """As Django's: files that processes of one machine share, `MAX_ENTRIES` of them at most, or nearly."""

    def sweep(self) -> int:
        """Delete the entries whose time is over; how many."""
        gone = 0
        for name in self._list_cache_files():  # type: ignore[attr-defined]
            with suppress(OSError), Path(name).open("rb") as file:  # another process may have deleted it
                gone += self._is_expired(file)  # type: ignore[attr-defined]
        return gone

    def _cull(self) -> None:
        if next(_writes) % LOOK_EVERY or not self._is_full():
            return
        self.sweep()
        for _third in range(THIRDS):
            if not self._is_full():
                return
            super()._cull()  # type: ignore[misc]

    def _is_full(self) -> bool:
        return len(self._list_cache_files()) >= self._max_entries  # type: ignore[attr-defined]
