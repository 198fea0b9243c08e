"""The cache of the tests: Django's in memory, which counts as those of an installation do."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager

from django.core.cache.backends.locmem import LocMemCache

from parvis.portal.kernel.counting import Counting

_lock = threading.Lock()


class MemoryCache(Counting, LocMemCache):
    """Forgotten with the process."""

    def _alone(self) -> AbstractContextManager[None]:
        return _lock  # type: ignore[return-value]
