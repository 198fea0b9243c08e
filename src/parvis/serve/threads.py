"""A WSGI application behind an ASGI server: one hand-over to a thread and one back, for a page that is whole.

`a2wsgi` crosses between thread and loop for the body, the head and each part of an answer, waiting each time; under
one interpreter lock that costs as much as a small page. The request's body is in memory already (`buffering`).
"""

from __future__ import annotations

import asyncio
import contextvars
import io
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from a2wsgi.wsgi import build_environ

from parvis.serve.buffering import Message, Receive, Send

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Threads:
    """ASGI: `application` in one of `workers` threads, each request from its first byte to its last."""

    def __init__(self, application: WsgiApp, workers: int) -> None:
        self._application = application
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="WSGI")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One request; whatever the application raises."""
        if scope["type"] != "http":  # WebSockets never come so far
            return
        environ = dict(build_environ(scope, io.BytesIO(await _body(receive))))  # type: ignore[arg-type]
        loop = asyncio.get_running_loop()
        # A context of its own: what one request sets is not there for the next one in this thread.
        run = contextvars.copy_context().run
        for message in await loop.run_in_executor(self._executor, run, self._work, environ, loop, send):
            await send(message)

    def _work(self, environ: dict[str, Any], loop: asyncio.AbstractEventLoop, send: Send) -> list[Message]:
        """In a thread: what is left to send."""
        head: list[Message] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[..., Any]:
            fields = [(name.strip().encode("latin-1").lower(), each.encode("latin-1")) for name, each in headers]
            head[:] = [{"type": "http.response.start", "status": int(status.split(" ", 1)[0]), "headers": fields}]
            return _no_write

        answer = self._application(environ, start_response)
        try:
            if isinstance(answer, list) or getattr(answer, "streaming", True) is False:
                return [*head, {"type": "http.response.body", "body": b"".join(answer)}]
            first = True
            for part in answer:
                for message in [*(head if first else ()), _part(part)]:
                    asyncio.run_coroutine_threadsafe(send(message), loop).result()  # type: ignore[arg-type]
                first = False
            return [*(head if first else ()), {"type": "http.response.body", "body": b""}]
        finally:
            if (close := getattr(answer, "close", None)) is not None:
                close()


async def _body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _part(body: bytes) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": True}


def _no_write(_: bytes) -> None:
    raise RuntimeError("write() of PEP 3333 is for old applications")
