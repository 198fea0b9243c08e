"""When the next heartbeat is due: after its interval, or sooner when somebody asks."""

from __future__ import annotations

import asyncio
import contextlib
import time

GAP_SECONDS = 0.2
"""Between two heartbeats, however often one is asked for: orders that come in crowds are fetched together."""
MOST_GAP_SECONDS = 2.0
_SHARE = 5
"""The gap is this many times what a heartbeat takes: one of thousands of screens costs the portal something."""


class Pulse:
    """`ask` may be called at any time; one task waits."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()
        self._last = float("-inf")
        self.gap = GAP_SECONDS
        self.count = 0
        """How many heartbeats were due so far."""

    def ask(self) -> None:
        """Have the next heartbeat as soon as may be; many times is once."""
        self._asked.set()

    def took(self, seconds: float) -> None:
        """How long the last heartbeat was under way."""
        self.gap = min(max(GAP_SECONDS, _SHARE * seconds), MOST_GAP_SECONDS)

    async def wait(self, seconds: float) -> None:
        """Return when a heartbeat is due, at the latest after `seconds`.

        What is asked for from then on, even while that heartbeat is under way, counts for the next one.
        """
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._asked.wait(), seconds)
        if (rest := self._last + self.gap - time.monotonic()) > 0:
            await asyncio.sleep(min(rest, seconds))
        self._asked.clear()
        self._last = time.monotonic()
        self.count += 1
