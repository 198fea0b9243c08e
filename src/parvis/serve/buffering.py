"""Between the network and the threads: a browser that sends or reads slowly holds memory, never a thread.

Each WSGI thread serves one request from its first byte to its last. A dozen connections that stop
half-way through a body, or that do not read a file, would otherwise stop the pages for everybody.
The memory has an end (`most_held`), looked at with every piece: bodies may fill a part of it, answers more, and the
last part is for gateways, whose heartbeats are not refused because strangers fill the rest.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from parvis.serve.supervisor import SEVERAL

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

MAX_BODY = 12 * 2**20
"""Bytes of one request; nginx's example says the same."""
MAX_HELD = 256 * 2**20
"""Bytes waiting in memory for all connections of all portal processes together: each has its share."""
LEAST_HELD = 4 * MAX_BODY
"""The share of one of very many processes."""
BODIES, ANSWERS = 5 / 8, 7 / 8
"""Parts of a share that bodies, and bodies and answers together, may fill: pages go on when bodies are refused."""
BODY_SECONDS = 60.0
ANSWER_SECONDS = 600.0
"""How long the last byte of an answer may wait for its reader."""
ROOM_SECONDS = 30.0
"""How long an answer that has begun waits for room: its thread is held meanwhile, then it is cut."""


class _TooLarge(Exception):
    """More than `MAX_BODY`."""


class _Full(Exception):
    """No room for another piece."""


def own_share() -> int:
    """Bytes that this process may hold: `MAX_HELD`, divided if `parvis serve` runs several on one address."""
    count = int(os.environ.get(SEVERAL, "1"))
    return MAX_HELD if count == 1 else max(MAX_HELD // count, LEAST_HELD)


class _Hold:
    """What one request keeps in memory; given back at its end, however it ends."""

    def __init__(self, owner: Buffering, *, is_gateways: bool) -> None:
        self._owner = owner
        self._held = 0
        self.for_body = int(owner.most_held * (1 if is_gateways else BODIES))
        self.for_answer = int(owner.most_held * (1 if is_gateways else ANSWERS))

    @property
    def is_full(self) -> bool:
        """Whether the request need not begin."""
        return self._owner.held >= self.for_answer

    def take(self, size: int, most: int) -> bool:
        """Count `size` bytes, unless there would be more than `most` of all requests."""
        if self._owner.held + size > most:
            return False
        self._held += size
        self._owner.held += size
        return True

    def give(self, size: int) -> None:
        """These are gone."""
        size = min(size, self._held)  # a part that is being sent when the request ends was given back with the rest
        self._held -= size
        self._owner.held -= size
        self._owner.freed.set()

    def close(self) -> None:
        """The request is over."""
        self.give(self._held)


class Buffering:
    """ASGI: reads the whole body first, calls the application, hands its answer on at the reader's pace."""

    def __init__(
        self,
        app: App,
        *,
        body_seconds: float = BODY_SECONDS,
        answer_seconds: float = ANSWER_SECONDS,
        room_seconds: float = ROOM_SECONDS,
        most_held: int | None = None,
    ) -> None:
        self._app = app
        self._body_seconds = body_seconds
        self._answer_seconds = answer_seconds
        self._room_seconds = room_seconds
        self.most_held = own_share() if most_held is None else most_held
        self.held = 0
        """Bytes, of all requests under way."""
        self.freed = asyncio.Event()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        # What comes through a proxy is no gateway (`gateway_guard`).
        is_gateways = scope["path"].startswith("/internal/") and b"x-forwarded-for" not in headers
        hold = _Hold(self, is_gateways=is_gateways)
        try:
            if hold.is_full:
                await _refuse(send, 503)
                return
            body = await self._fetch(headers, receive, hold)
            if isinstance(body, int):
                await _refuse(send, body)
            else:
                await self._answer(scope, receive, send, [body], hold)
        finally:
            hold.close()

    async def _fetch(self, headers: dict[bytes, bytes], receive: Receive, hold: _Hold) -> bytes | int:
        """The whole body, or the status of a refusal."""
        if b"content-length" not in headers and b"transfer-encoding" not in headers:
            return b""
        try:
            return await asyncio.wait_for(self._read(headers, receive, hold), self._body_seconds)
        except _TooLarge:
            return 413
        except _Full:
            return 503
        except (TimeoutError, ConnectionAbortedError):  # nobody hears it in the second case
            return 408

    async def _read(self, headers: dict[bytes, bytes], receive: Receive, hold: _Hold) -> bytes:
        declared = headers.get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > MAX_BODY:
            raise _TooLarge
        body = io.BytesIO()  # gives its bytes away without copying them
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise ConnectionAbortedError
            part = message.get("body", b"")
            if body.tell() + len(part) > MAX_BODY:
                raise _TooLarge
            if not hold.take(len(part), hold.for_body):
                raise _Full
            body.write(part)
            if not message.get("more_body", False):
                return body.getvalue()

    async def _answer(self, scope: Message, receive: Receive, send: Send, body: list[bytes], hold: _Hold) -> None:
        """Hands over what is in `body`, which is then empty: only the application keeps it."""
        length = len(body[0])

        async def replay() -> Message:
            return {"type": "http.request", "body": body.pop(), "more_body": False} if body else await receive()

        waiting: asyncio.Queue[Message | None] = asyncio.Queue()
        head: list[Message] = []

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                head[:] = [message]  # until it is known that there is room for what follows
                return
            await self._make_room(len(message.get("body", b"")), hold, has_begun=not head)
            if head:
                waiting.put_nowait(head.pop())
            waiting.put_nowait(message)

        pump = asyncio.create_task(self._pump(waiting, send, hold))
        try:
            await self._app(scope, replay, keep)
            hold.give(length)
            waiting.put_nowait(None)
            # A reader that never finishes: uvicorn closes the connection of an unfinished answer.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(pump, self._answer_seconds)
        except _Full:
            if head:
                await _refuse(send, 503)
        finally:
            pump.cancel()

    async def _make_room(self, size: int, hold: _Hold, *, has_begun: bool) -> None:
        """Count `size` bytes of an answer; one that has begun waits for slow readers, who may be its own."""
        deadline = asyncio.get_running_loop().time() + (self._room_seconds if has_begun else 0)
        while not hold.take(size, hold.for_answer):
            rest = deadline - asyncio.get_running_loop().time()
            if rest <= 0:
                raise _Full
            self.freed.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.freed.wait(), rest)

    async def _pump(self, waiting: asyncio.Queue[Message | None], send: Send, hold: _Hold) -> None:
        while (message := await waiting.get()) is not None:
            await send(message)
            hold.give(len(message.get("body", b"")))


async def _refuse(send: Send, status: int) -> None:
    headers = [(b"content-length", b"0"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
