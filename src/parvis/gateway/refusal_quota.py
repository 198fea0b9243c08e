"""How many refusals of one address are worth a line in the audit trail.

Whoever reaches the port can be refused as often as they like; without a valid ticket,
only the first ones of each minute are recorded. The others are counted in the metrics,
and told in the next one that is recorded.
"""

from __future__ import annotations

PER_MINUTE = 10
_WINDOW_SECONDS = 60.0
_MAX_ADDRESSES = 10_000


class RefusalQuota:
    """Counts by address; bounded memory."""

    def __init__(self) -> None:
        self._windows: dict[str, tuple[float, int]] = {}

    def take(self, address: str, now: float) -> int | None:
        """Ask to record one more refusal at monotonic time `now`.

        None: do not record it. Otherwise how many of this address were left out before it.
        """
        started, count = self._windows.get(address, (now, 0))
        if now - started < _WINDOW_SECONDS:
            self._remember(address, started, count + 1)
            return 0 if count < PER_MINUTE else None
        self._remember(address, now, 1)
        return max(0, count - PER_MINUTE)

    def _remember(self, address: str, started: float, count: int) -> None:
        if address not in self._windows and len(self._windows) >= _MAX_ADDRESSES:
            del self._windows[next(iter(self._windows))]
        self._windows[address] = (started, count)
