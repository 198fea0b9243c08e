"""Between the network and the threads: a browser that sends or reads slowly holds memory, never a thread.

Each WSGI thread serves one request from its first byte to its last. A dozen connections that stop
half-way through a body, or that do not read a file, would otherwise stop the pages for everybody.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

MAX_BODY = 12 * 2**20
"""Bytes of one request; nginx's example says the same."""
MAX_HELD = 256 * 2**20
"""Bytes waiting in memory for all connections together; beyond it new requests are told to come back."""
BODY_SECONDS = 60.0
ANSWER_SECONDS = 600.0
"""How long the last byte of an answer may wait for its reader."""


class _TooLarge(Exception):
    """More than `MAX_BODY`."""


class Buffering:
    """ASGI: reads the whole body first, calls the application, hands its answer on at the reader's pace."""

    def __init__(self, app: App, *, body_seconds: float = BODY_SECONDS, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._app = app
        self._body_seconds = body_seconds
        self._answer_seconds = answer_seconds
        self.held = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self.held > MAX_HELD:
            await _refuse(send, 503)
            return
        body = bytearray()
        try:
            refused = await self._fetch(scope, receive, body)
            if refused:
                await _refuse(send, refused)
            else:
                await self._answer(scope, receive, send, bytes(body))
        finally:
            self.held -= len(body)

    async def _fetch(self, scope: Message, receive: Receive, body: bytearray) -> int:
        """Fill `body`; the status of a refusal, or 0."""
        headers = dict(scope["headers"])
        if b"content-length" not in headers and b"transfer-encoding" not in headers:
            return 0
        try:
            await asyncio.wait_for(self._read(headers, receive, body), self._body_seconds)
        except _TooLarge:
            return 413
        except (TimeoutError, ConnectionAbortedError):  # nobody hears it in the second case
            return 408
        return 0

    async def _read(self, headers: dict[bytes, bytes], receive: Receive, body: bytearray) -> None:
        declared = headers.get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > MAX_BODY:
            raise _TooLarge
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise ConnectionAbortedError
            part = message.get("body", b"")
            if len(body) + len(part) > MAX_BODY:
                raise _TooLarge
            body += part
            self.held += len(part)
            if not message.get("more_body", False):
                return

    async def _answer(self, scope: Message, receive: Receive, send: Send, body: bytes) -> None:
        given = False

        async def replay() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        waiting: asyncio.Queue[Message | None] = asyncio.Queue()

        async def keep(message: Message) -> None:
            self.held += len(message.get("body", b""))
            waiting.put_nowait(message)

        pump = asyncio.create_task(self._pump(waiting, send))
        try:
            await self._app(scope, replay, keep)
            waiting.put_nowait(None)
            # A reader that never finishes: uvicorn closes the connection of an unfinished answer.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(pump, self._answer_seconds)
        finally:
            pump.cancel()
            while not waiting.empty():
                left = waiting.get_nowait()
                self.held -= len(left.get("body", b"")) if left else 0

    async def _pump(self, waiting: asyncio.Queue[Message | None], send: Send) -> None:
        while (message := await waiting.get()) is not None:
            try:
                await send(message)
            finally:
                self.held -= len(message.get("body", b""))


async def _refuse(send: Send, status: int) -> None:
    headers = [(b"content-length", b"0"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
