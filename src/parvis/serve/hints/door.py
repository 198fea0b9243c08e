"""`POST /internal/gateway/v1/hints`, answered here and not by Django: the answer lasts for hours, a word a line."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus

from pydantic import ValidationError

from parvis.portal.remote_desktop import gateway_guard
from parvis.portal.remote_desktop.gateway_schemas import Body
from parvis.serve.buffering import App, Message, Receive, Send
from parvis.serve.hints.board import Board, Ear

PATH = "/internal/gateway/v1/hints"
ALIVE_SECONDS = 10.0
"""A word at least so often: proxies and gateways can tell a quiet line from a broken one."""
MAX_BODY_BYTES = 4096
BODY_SECONDS = 5.0

_HEADERS = [
    (b"content-type", b"text/plain; charset=us-ascii"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx hands each word on at once
]


class HintDoor:
    """ASGI: the line of hints; everything else goes on to the application."""

    def __init__(self, app: App, board: Board, *, alive_seconds: float = ALIVE_SECONDS) -> None:
        self._app = app
        self._board = board
        self._alive_seconds = alive_seconds

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["path"] != PATH:
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1").title(): value.decode("latin-1") for name, value in scope["headers"]}
        refused = gateway_guard.refusal(scope["method"], headers, most=MAX_BODY_BYTES)
        if refused is None and self._board.is_full:
            refused = 503, "unavailable", "No further line here."
        if refused is not None:
            await _refuse(send, refused)
            return
        try:
            body = Body.model_validate_json(await asyncio.wait_for(_read(receive), BODY_SECONDS), strict=True)
        except (ValidationError, TimeoutError, ConnectionAbortedError):
            await _refuse(send, (422, "invalid", "Not a gateway's words."))
            return
        with self._board.ear(body.gateway) as ear:
            await self._speak(ear, receive, send)

    async def _speak(self, ear: Ear, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        gone = asyncio.create_task(_gone(receive, ear))
        try:
            while not ear.closed:
                words = await ear.words(self._alive_seconds)
                if not ear.closed:
                    text = "".join(f"{word}\n" for word in words)
                    await send({"type": "http.response.body", "body": text.encode("ascii"), "more_body": True})
        finally:
            gone.cancel()
        await send({"type": "http.response.body", "body": b""})


async def _read(receive: Receive) -> bytes:
    """The whole body; its declared length, which the server enforces, is small."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ConnectionAbortedError
        body += bytes(message.get("body", b""))
        if not message.get("more_body", False):
            return body


async def _gone(receive: Receive, ear: Ear) -> None:
    """Close the ear when the gateway has left."""
    while (await receive())["type"] != "http.disconnect":
        continue
    ear.close()


async def _refuse(send: Send, refused: gateway_guard.Refused) -> None:
    status, code, detail = refused
    problem = {"code": code, "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    text = json.dumps(problem).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, (b"connection", b"close")]})
    await send({"type": "http.response.body", "body": text})
