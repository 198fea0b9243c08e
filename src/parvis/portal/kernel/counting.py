"""The rule of windows, for a cache whose reading and writing of a count are two steps."""

from __future__ import annotations

import time
from abc import abstractmethod
from contextlib import AbstractContextManager
from typing import Any


class Counting:
    """Beside a Django cache backend, whose `get` and `set` it takes. `kernel.shared_cache` counts on its server."""

    @abstractmethod
    def _alone(self) -> AbstractContextManager[None]:
        """Nobody else who uses this cache counts meanwhile."""

    def count(self: Any, name: str, *, seconds: float) -> int:
        """Count one use in a window that begins at the first; how many there are in it."""
        with self._alone():
            now = time.time()  # in here: of two at once, the later one to count must not be the earlier by its clock
            began, used = self.get(name, (now, 0))
            if not 0 <= now - began < seconds:
                began, used = now, 0
            self.set(name, (began, used + 1), timeout=began + seconds - now)
        return int(used) + 1

    def counted(self: Any, name: str) -> int:
        """How many uses `count` has seen in the window under way."""
        return int(self.get(name, (0, 0))[1])
