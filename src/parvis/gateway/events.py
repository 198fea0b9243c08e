"""Events on their way to the portal: to the journal first, then to the portal, in order."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol
from uuid import uuid4

from prometheus_client import Counter, Gauge

from parvis.gateway.journal import Event, Journal
from parvis.gateway.logs import get_logger
from parvis.gateway.portal_client import PortalRefused, PortalUnreachable, now

BATCH = 500
_RETRY_SECONDS = 2.0

log = get_logger(__name__)


class Courier(Protocol):
    """What takes events to the portal."""

    async def events(self, events: Sequence[dict[str, Any]]) -> list[str]:
        """The ids the portal has for good; PortalRefused, PortalUnreachable: send them again later."""


class JournalMetrics(Protocol):
    """Where pending and lost events are counted."""

    journal_pending: Gauge
    journal_lost: Counter


class EventLog:
    """`add` never fails and never blocks; `written` waits for the disk; `run` delivers."""

    def __init__(self, journal: Journal, portal: Courier, metrics: JournalMetrics) -> None:
        self._journal = journal
        self._portal = portal
        self._metrics = metrics
        self._fresh: list[Event] = []
        self._wake = asyncio.Event()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._written: list[asyncio.Future[None]] = []

    def add(self, kind: str, **fields: Any) -> None:
        """Note an event now; JSON types only."""
        self._fresh.append({"id": str(uuid4()), "kind": kind, "at": now(), **fields})
        self._wake.set()

    async def written(self) -> None:
        """Wait until everything added so far is on disk (or could not be written, which is logged)."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._written.append(done)
        self._wake.set()
        await done

    async def run(self) -> None:
        """Write and deliver, until cancelled."""
        while True:
            await self._write()
            delivered = await self.deliver()
            if self._fresh or self._written:
                continue
            self._wake.clear()
            timeout = None if delivered else _RETRY_SECONDS
            try:
                await asyncio.wait_for(self._wake.wait(), timeout)
            except TimeoutError:
                continue

    async def deliver(self) -> bool:
        """Send what is pending; False when the portal could not take all of it."""
        while events := self._journal.pending(BATCH):
            self._metrics.journal_pending.set(len(self._journal))
            try:
                acknowledged = await self._while_writing(self._portal.events(events))
            except (PortalUnreachable, PortalRefused) as error:
                log.warning("events_not_delivered", pending=len(self._journal), error=str(error))
                return False
            if not acknowledged:
                return False
            await self._in_thread(self._journal.acknowledge, acknowledged)
            if self._fresh:
                await self._write()
        self._metrics.journal_pending.set(0)
        return True

    async def _while_writing(self, sending: Coroutine[Any, Any, list[str]]) -> list[str]:
        """The result of `sending`; meanwhile what is added goes to disk: a slow portal holds up nobody's screen."""
        task = asyncio.create_task(sending)
        try:
            while not task.done():
                self._wake.clear()
                if self._fresh or self._written:
                    await self._write()
                    continue
                wake = asyncio.create_task(self._wake.wait())
                try:
                    await asyncio.wait({task, wake}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    wake.cancel()
            return task.result()
        finally:
            task.cancel()

    async def flush(self, seconds: float) -> None:
        """Write and deliver what there is, for at most `seconds`. `run` must have been cancelled."""
        await self._write()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.deliver(), seconds)

    async def close(self) -> None:
        """Write what is left and close the journal. `run` must have been cancelled."""
        await self._write()
        self._thread.shutdown(wait=True)
        self._journal.close()

    async def _write(self) -> None:
        fresh, self._fresh = self._fresh, []
        waiters, self._written = self._written, []
        if fresh:
            lost = await self._in_thread(self._journal.append, fresh)
            if lost:
                self._metrics.journal_lost.inc(lost)
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def _in_thread(self, function: Any, argument: Any) -> Any:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, function, argument)
        except OSError as error:  # disk full: the events stay in memory and still go to the portal
            log.error("journal_not_written", error=str(error))
            return 0
