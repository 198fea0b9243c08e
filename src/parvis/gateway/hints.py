"""The line on which the portal says « ask now »: one request that stays open (contract, section 3).

A hint carries no order. It only brings the next heartbeat forward, whose answer says what must end; what a hint
forgets or invents costs a heartbeat, never a screen. Without the line everything works two seconds later.
"""

from __future__ import annotations

import asyncio
import random

from parvis.gateway.logs import get_logger
from parvis.gateway.metrics import Metrics
from parvis.gateway.portal_client import PortalClient, PortalRefused, PortalUnreachable
from parvis.gateway.pulse import Pulse

SILENCE_SECONDS = 25.0
"""The portal says a word every ten seconds at least: one that has said none for this long is gone."""
_RETRY_SECONDS = (0.2, 1.0, 2.0, 5.0, 10.0)
_REFUSED_SECONDS = 60.0
"""A portal that knows no hints, or does not want to give any, is asked again this much later."""

log = get_logger(__name__)


class HintLine:
    """Keeps the line open, to whichever portal answers."""

    def __init__(self, portal: PortalClient, pulse: Pulse, metrics: Metrics) -> None:
        self._portal = portal
        self._pulse = pulse
        self._metrics = metrics
        self._failures = 0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            pause = _REFUSED_SECONDS
            try:
                await self._follow()
            except PortalRefused as error:
                log.info("hints_refused", error=str(error))
            except PortalUnreachable as error:
                pause = _RETRY_SECONDS[min(self._failures, len(_RETRY_SECONDS) - 1)]
                self._failures += 1
                log.info("hints_not_connected", error=str(error))
            except Exception:  # whatever it is: heartbeats go on, and so do attempts
                log.exception("hints_failed")
            self._metrics.hints_connected.set(0)
            # Gateways whose portal ends do not all come back at the same moment.
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - a delay, not a secret

    async def _follow(self) -> None:
        async for word in self._portal.hints(SILENCE_SECONDS):
            if word == "ask":
                self._metrics.hints.inc()
                self._pulse.ask()
            elif word == "listening":
                # From here on orders are told; what was decided before that must be asked for.
                self._failures = 0
                self._metrics.hints_connected.set(1)
                self._pulse.ask()
            elif word == "away":
                self._metrics.hints_connected.set(0)
