"""Who listens here, and what each must still be told: at most one of each word, however much is heard."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Protocol

import structlog
from prometheus_client import Counter, Gauge

from parvis.portal.remote_desktop import hints

log = structlog.get_logger("parvis.serve.hints")

MOST_LINES = 500
"""Open at once in this process; who comes then is told to come back."""
MOST_LINES_OF_ONE = 4
"""A gateway's newest lines: older ones are of connections that broke without a word."""
RETRY_SECONDS = 1.0

CONNECTED = Gauge(
    "parvis_hints_connected",
    "1: this process hears of hints; 0: it does not, or no gateway listens at it (see parvis_gateway_hints_connected)",
)
LINES = Gauge("parvis_hints_lines", "Gateways that listen at this process")
HEARD = Counter("parvis_hints_heard", "Hints heard by this process")
REFUSED = Counter("parvis_hints_refused", "Messages heard that are no hints")


class Source(Protocol):
    """Where hints come from."""

    async def follow(self, heard: Callable[[bytes], None], connected: Callable[[], None]) -> None:
        """Call `connected` once what is sent from then on is heard; then `heard`. Raises at its end."""


class Ear:
    """One gateway's line."""

    def __init__(self, gateway: str, state: str) -> None:
        self.gateway = gateway
        self.closed = False
        self._words: dict[str, None] = {state: None}
        self._wake = asyncio.Event()
        self._wake.set()

    def tell(self, word: str) -> None:
        """To be said soon, after what waits already; many times is once."""
        self._words.pop(word, None)
        self._words[word] = None
        self._wake.set()

    def close(self) -> None:
        """The line must end."""
        self.closed = True
        self._wake.set()

    async def words(self, seconds: float) -> list[str]:
        """What must be said now; `alive` when there was nothing for so long."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)
        self._wake.clear()
        told, self._words = list(self._words), {}
        return told or ["alive"]


class Board:
    """One per process. Listens from the first line on."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._ears: dict[str, list[Ear]] = defaultdict(list)
        self._keeping: asyncio.Task[None] | None = None
        self._count = 0
        self._is_closed = False
        self._set("off")

    @property
    def is_full(self) -> bool:
        """Whether no further line is taken."""
        return self._is_closed or self._count >= MOST_LINES

    @contextlib.contextmanager
    def ear(self, gateway: str) -> Iterator[Ear]:
        """A line, while the block lasts."""
        if self._keeping is None:
            self._set("away")
            self._keeping = asyncio.get_running_loop().create_task(self._keep())
        ear, own = Ear(gateway, hints.state), self._ears[gateway]
        own.append(ear)
        self._count += 1
        LINES.set(self._count)
        for old in own[:-MOST_LINES_OF_ONE]:
            old.close()
        try:
            yield ear
        finally:
            own.remove(ear)
            if not own:
                del self._ears[gateway]
            self._count -= 1
            LINES.set(self._count)

    def close(self) -> None:
        """The process ends: so do all lines, and gateways listen elsewhere."""
        self._is_closed = True
        if self._keeping is not None:
            self._keeping.cancel()
        for ear in self._all():
            ear.close()

    async def _keep(self) -> None:
        while True:
            try:
                await self._source.follow(self._heard, self._connected)
            except Exception as error:  # whatever it is: the next attempt comes
                if hints.state == "listening":
                    log.warning("hints_away", why=type(error).__name__)
            self._set("away")
            await asyncio.sleep(RETRY_SECONDS * random.uniform(0.5, 1))  # noqa: S311 - a delay, not a secret

    def _heard(self, raw: bytes) -> None:
        gateway = hints.heard(raw)
        if gateway is None:
            REFUSED.inc()
            return
        HEARD.inc()
        for ear in self._ears.get(gateway, ()):
            ear.tell("ask")

    def _connected(self) -> None:
        """What was sent before is lost: each gateway asks once."""
        self._set("listening")
        log.info("hints_listening")

    def _set(self, state: str) -> None:
        hints.state = state
        CONNECTED.set(state == "listening")
        for ear in self._all():
            ear.tell(state)

    def _all(self) -> list[Ear]:
        return [ear for ears in self._ears.values() for ear in ears]
