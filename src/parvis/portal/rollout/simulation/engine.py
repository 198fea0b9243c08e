"""A clock of events, and a desk of technicians who answer calls first."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

Then = Callable[[], None]


class Clock:
    """Events in the order of their time; of those at one time, in the order they were asked for."""

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Then]] = []
        self._asked = 0

    def after(self, minutes: float, then: Then) -> None:
        """`then` happens this much later."""
        self._asked += 1
        heapq.heappush(self._events, (self.now + minutes, self._asked, then))

    def run(self) -> None:
        """Until nothing is left to happen."""
        while self._events:
            self.now, _, then = heapq.heappop(self._events)
            then()


@dataclass(slots=True)
class Desk:
    """Technicians. Somebody on the phone goes before work that waits on a list; each in the order they came."""

    clock: Clock
    technicians: int
    minutes: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Of work, by reason."""
    jobs: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    waits: list[float] = field(default_factory=list)
    """Of each call, before somebody answered."""
    most_waiting: int = 0
    """Callers at once that nobody had answered yet."""
    _busy: int = 0
    _calling: int = 0
    _queue: list[tuple[bool, int, float, str, float, Then]] = field(default_factory=list)
    _asked: int = 0

    def do(self, reason: str, minutes: float, then: Then, *, call: bool = False) -> None:
        """Ask for work of this long; `then` happens when it is done. None to do: it is done at once."""
        if minutes <= 0:
            then()
            return
        self._asked += 1
        self._calling += call
        heapq.heappush(self._queue, (not call, self._asked, self.clock.now, reason, minutes, then))
        self._start()
        self.most_waiting = max(self.most_waiting, self._calling)

    def _start(self) -> None:
        while self._queue and self._busy < self.technicians:
            listed, _, since, reason, minutes, then = heapq.heappop(self._queue)
            if not listed:
                self._calling -= 1
                self.waits.append(self.clock.now - since)
            self._busy += 1
            self.minutes[reason] += minutes
            self.jobs[reason] += 1
            self.clock.after(minutes, lambda done=then: self._end(done))  # type: ignore[misc]

    def _end(self, then: Then) -> None:
        self._busy -= 1
        then()
        self._start()
