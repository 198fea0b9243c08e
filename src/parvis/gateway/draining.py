"""Leaving without cutting anyone: no new session, the live ones until they end, then the process.

A balancer reads `/gateway/readyz` and sends newcomers elsewhere. Whoever comes all the same, before it has looked,
is refused with `gateway_restarting` (1001): their page asks for another ticket by itself and reaches another gateway.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from parvis.gateway.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from parvis.gateway.relay.context import Context

_NOTICE_HEARTBEATS = 2
"""Even an empty gateway stays that long: the portal and the balancers have heard of it before it is gone."""
_OPENING_SECONDS = 30.0
"""Whoever was being let in when it began is in, or refused; whoever knocks later does not hold it up."""

log = get_logger(__name__)


class Drain:
    """Begins once; calls `over` once, when nobody is left or the limit is reached."""

    def __init__(self, context: Context, over: Callable[[], None]) -> None:
        self._context = context
        self._over = over
        self._began: float | None = None
        self._is_over = False

    def begin(self) -> None:
        """From now on no new session. A second call changes nothing."""
        if self._began is not None:
            return
        self._began = time.monotonic()
        self._context.draining = True
        log.info(
            "gateway_draining",
            connections=len(self._context.registry.admitted),
            limit_seconds=self._context.settings.limits.drain_limit_seconds,
        )

    def tick(self, now: float) -> None:
        """Look whether it is over; called every second with the monotonic time."""
        if self._began is None or self._is_over:
            return
        elapsed, registry = now - self._began, self._context.registry
        limits = self._context.settings.limits
        opening = registry.pending and elapsed < _OPENING_SECONDS
        if elapsed >= limits.drain_limit_seconds:
            log.warning("drain_limit_reached", connections=len(registry.admitted))
        elif registry.admitted or opening or elapsed < _NOTICE_HEARTBEATS * limits.heartbeat_seconds:
            return
        else:
            log.info("gateway_drained", seconds=round(elapsed))
        self._is_over = True
        self._over()
