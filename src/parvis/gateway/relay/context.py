"""What every relay of one process shares."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from parvis.gateway.events import EventLog
from parvis.gateway.metrics import Metrics
from parvis.gateway.portal_client import PortalClient, PortalRefused, PortalUnreachable
from parvis.gateway.pulse import Pulse
from parvis.gateway.refusal_quota import RefusalQuota
from parvis.gateway.registry import Registry
from parvis.gateway.settings import Settings
from parvis.ticket import codec
from parvis.ticket.claims import Claims, TicketError

if TYPE_CHECKING:
    from parvis.gateway.relay.base import Relay

_KEY_REFRESH_SECONDS = 5.0


@dataclass(kw_only=True)
class Context:
    """Built once by the server."""

    settings: Settings
    metrics: Metrics
    portal: PortalClient
    events: EventLog
    registry: Registry[Relay]
    tls: ssl.SSLContext
    draining: bool = False
    pulse: Pulse = field(default_factory=Pulse)
    refusals: RefusalQuota = field(default_factory=RefusalQuota)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _keys_asked_at: float = float("-inf")

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something that outlives the callback that starts it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def verify(self, ticket: str) -> Claims:
        """The ticket's claims. A signature by an unknown key makes the gateway ask for the keys again, rarely.

        Raises:
            TicketError: the ticket is not to be believed.
        """
        try:
            return codec.verify(ticket, self.portal.public_keys, time.time())
        except TicketError as error:
            if error.code != "forged" or time.monotonic() - self._keys_asked_at < _KEY_REFRESH_SECONDS:
                raise
        self._keys_asked_at = time.monotonic()
        try:
            await self.portal.hello()
        except (PortalRefused, PortalUnreachable):
            raise TicketError("forged", "no known key signed this ticket") from None
        return codec.verify(ticket, self.portal.public_keys, time.time())
