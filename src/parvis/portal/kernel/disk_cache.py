"""The cache of one machine: files in the data folder, shared by its processes.

Django's, with two differences. What is done in two steps there (`add`, counting) is done under a lock of all processes
here: several portal processes count one limit together, and of many that `add`, one does. And the folder is not listed
at every write to know whether there are too many (with 10,000 entries a write costs some fifty times what it does with
none): one write in `LOOK_EVERY` looks; and what is over goes before what is not.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.filebased import FileBasedCache

from parvis.portal.kernel.counting import Counting

LOOK_EVERY = 64
"""Writes of a process between two looks: it goes past the most entries by no more than that."""

THIRDS = 8
"""How often Django's third is thrown away at one look: each time leaves two thirds, and eight times 4 in 100."""

# Of the process, since Django makes a cache for each thread; begun anywhere, since commands write little and end.
_writes = itertools.count(random.randrange(LOOK_EVERY))  # noqa: S311 nothing secret
_there: set[str] = set()
"""Folders this process has seen: it asks the disk again when one turns out to be gone."""


class DiskCache(Counting, FileBasedCache):
    """`LOCATION`: the folder. `MAX_ENTRIES` of them at most, or nearly."""

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Keep it."""
        try:
            super().set(key, value, timeout, version)
        except FileNotFoundError:  # somebody has deleted the folder
            _there.discard(self._dir)  # type: ignore[attr-defined]
            super().set(key, value, timeout, version)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep it unless something is kept there; whether it was kept. Of many at once, one."""
        with self._alone():
            return bool(super().add(key, value, timeout, version))

    def sweep(self) -> int:
        """Delete the entries whose time is over; how many."""
        gone = 0
        for name in self._list_cache_files():  # type: ignore[attr-defined]
            with suppress(OSError), Path(name).open("rb") as file:  # another process may have deleted it
                gone += self._is_expired(file)  # type: ignore[attr-defined]
        return gone

    def _createdir(self) -> None:
        if self._dir not in _there:  # type: ignore[attr-defined]
            super()._createdir()  # type: ignore[misc]
            _there.add(self._dir)  # type: ignore[attr-defined]

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

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Held by one thread of one process of this machine; given up by the kernel when its process dies."""
        try:
            lock = self._lock()
        except FileNotFoundError:  # somebody has deleted the folder
            _there.discard(self._dir)  # type: ignore[attr-defined]
            lock = self._lock()
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _lock(self) -> int:
        self._createdir()
        # Opened each time: threads of one process that shared a descriptor would not wait for each other.
        return os.open(Path(self._dir) / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)  # type: ignore[attr-defined]
