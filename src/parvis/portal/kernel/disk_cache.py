"""The cache of one machine: files in the data folder, shared by its processes.

Django's, with two differences. What is done in two steps there (`add`, counting) is done under a lock of all processes
here: several portal processes count one limit together, and of many that `add`, one does. And the folder is not
listed at every write, but now and then: listing takes longer than writing once a few hundred people are there.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.filebased import FileBasedCache

LOOK_EVERY = 256
"""Writes of one process between two looks at how many entries there are: so many may be too many."""


class DiskCache(FileBasedCache):
    """`LOCATION`: the folder."""

    _writes = itertools.count(1)  # Django makes a cache object per thread: counted for the process

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep it unless something is kept there; whether it was kept. Of many at once, one."""
        with self._alone():
            return bool(super().add(key, value, timeout, version))

    def count(self, name: str, *, seconds: int) -> int:
        """Count one use in a window that begins at the first; how many there are in it."""
        with self._alone():
            now = time.time()  # in here: of two at once, the later one to count must not be the earlier by its clock
            began, used = self.get(name, (now, 0))
            if not 0 <= now - began < seconds:
                began, used = now, 0
            self.set(name, (began, used + 1), timeout=began + seconds - now)
        return int(used) + 1

    def counted(self, name: str) -> int:
        """How many uses `count` has seen in the window under way."""
        return int(self.get(name, (0, 0))[1])

    def _cull(self) -> None:
        if next(self._writes) % LOOK_EVERY == 0:
            super()._cull()  # type: ignore[misc]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Held by one thread of one process of this machine; given up by the kernel when its process dies."""
        self._createdir()  # type: ignore[attr-defined]
        # Opened each time: threads of one process that shared a descriptor would not wait for each other.
        lock = os.open(Path(self._dir) / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)  # type: ignore[attr-defined]
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)
