"""How fast one may go. Pure: the caller brings the clock."""

from __future__ import annotations

from collections import deque


class Bucket:
    """`rate` a second on average, `burst` at once."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._at: float | None = None

    def take(self, now: float) -> bool:
        """Whether one more may pass at monotonic time `now`."""
        if self._at is not None:
            self._left = min(self._burst, self._left + max(0.0, now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Tries:
    """Failures by key in a sliding window: too many, and the key is refused for a while. Bounded memory."""

    def __init__(self, most: int, seconds: float, *, keys: int = 10_000) -> None:
        self._most = most
        self._seconds = seconds
        self._keys = keys
        self._failures: dict[str, deque[float]] = {}

    def is_refused(self, key: str, now: float) -> bool:
        """Whether `key` has failed too often."""
        failures = self._failures.get(key)
        if failures is None:
            return False
        while failures and now - failures[0] >= self._seconds:
            failures.popleft()
        if not failures:
            del self._failures[key]
            return False
        return len(failures) >= self._most

    def failed(self, key: str, now: float) -> None:
        """Note a failure."""
        if key not in self._failures and len(self._failures) >= self._keys:
            del self._failures[next(iter(self._failures))]
        self._failures.setdefault(key, deque(maxlen=self._most)).append(now)
