"""The few words of Janus’s interface that we use, over its Unix socket (SEQPACKET: one datagram, one message)."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from parvis.gateway.logs import get_logger

MOST_BYTES = 8000
"""Janus 1.1 reads a Unix socket by 8,192 bytes and drops what is longer without a word."""
_ANSWER_SECONDS = 10.0
_KEEPALIVE_SECONDS = 20.0
_READ = 1 << 18

log = get_logger(__name__)
Message = dict[str, Any]


class JanusError(Exception):
    """Janus refused, or did not answer; `code` is its number (0: none)."""

    def __init__(self, detail: str, code: int = 0) -> None:
        super().__init__(detail)
        self.code = code


class Handle:
    """One attachment to a plugin: one PeerConnection, or one RTP leg."""

    def __init__(self, client: JanusClient, number: int, plugin: str) -> None:
        self._client = client
        self.number = number
        self.plugin = plugin
        self.on_event: Callable[[Message, Message | None], None] = lambda data, jsep: None
        """Called with the plugin’s data and jsep of events that answer no request."""
        self.on_media: Callable[[str, Message], None] = lambda word, message: None
        """Called with `webrtcup`, `hangup`, `slowlink`, `media`, `trickle`, `detached`."""

    async def ask(self, body: Message, jsep: Message | None = None) -> tuple[Message, Message | None]:
        """Send a request; the plugin’s answer and its jsep.

        Raises:
            JanusError: refused, or no answer.
        """
        message: Message = {"janus": "message", "handle_id": self.number, "body": body}
        if jsep is not None:
            message["jsep"] = jsep
        answer = await self._client.ask(message)
        data = answer.get("plugindata", {}).get("data", {})
        if not isinstance(data, dict):
            raise JanusError("malformed answer")
        if "error_code" in data:
            raise JanusError(str(data.get("error", "")), int(data["error_code"]))
        jsep = answer.get("jsep")
        return data, jsep if isinstance(jsep, dict) else None

    async def trickle(self, candidate: Message) -> None:
        """Pass one ICE candidate of the browser (`{"completed": True}`: no more)."""
        await self._client.ask({"janus": "trickle", "handle_id": self.number, "candidate": candidate})

    async def detach(self) -> None:
        """Leave the plugin; never fails."""
        self._client.handles.pop(self.number, None)
        with contextlib.suppress(JanusError, OSError):
            await self._client.ask({"janus": "detach", "handle_id": self.number})


class JanusClient:
    """One session, many handles."""

    def __init__(self, sock: socket.socket, admin_key: str) -> None:
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._numbers = itertools.count(1)
        self._waiting: dict[str, tuple[asyncio.Future[Message], bool]] = {}
        """By transaction; whether an `ack` is the whole answer (a plugin’s event follows its ack)."""
        self._session = 0
        self.admin_key = admin_key
        self.handles: dict[int, Handle] = {}
        self.closed: asyncio.Future[None] = self._loop.create_future()
        self._tasks = [self._loop.create_task(self._read())]

    @classmethod
    async def connect(cls, path: Path, admin_key: str) -> JanusClient:
        """Connect and open a session.

        Raises:
            OSError: nobody listens there yet.
            JanusError: no session.
        """
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        sock.setblocking(False)
        try:
            # sock_connect of the loop takes stream sockets by their address; a Unix connect does not block.
            sock.connect(str(path))
        except BaseException:
            sock.close()
            raise
        client = cls(sock, admin_key)
        try:
            client._session = int((await client.ask({"janus": "create"}))["data"]["id"])
        except BaseException:
            client.close()
            raise
        client._tasks.append(client._loop.create_task(client._keep_alive()))
        return client

    async def attach(self, plugin: str) -> Handle:
        """A new handle on `audiobridge` or `videoroom`."""
        answer = await self.ask({"janus": "attach", "plugin": f"janus.plugin.{plugin}"})
        number = int(answer["data"]["id"])
        handle = self.handles[number] = Handle(self, number, plugin)
        return handle

    async def ask(self, message: Message) -> Message:
        """Send one message and wait for its answer (for a plugin’s asynchronous request, for the event).

        Raises:
            JanusError: refused, too long, closed, or no answer in time.
        """
        if self.closed.done():
            raise JanusError("Janus is not there")
        transaction = str(next(self._numbers))
        message = {**message, "transaction": transaction}
        if self._session:
            message["session_id"] = self._session
        data = json.dumps(message, separators=(",", ":")).encode()
        if len(data) > MOST_BYTES:
            raise JanusError("message too long")
        future: asyncio.Future[Message] = self._loop.create_future()
        self._waiting[transaction] = (future, message["janus"] in ("trickle", "keepalive"))
        try:
            await self._loop.sock_sendall(self._sock, data)
            answer = await asyncio.wait_for(future, _ANSWER_SECONDS)
        except TimeoutError:
            raise JanusError("no answer in time") from None
        except OSError as error:
            raise JanusError(str(error)) from None
        finally:
            self._waiting.pop(transaction, None)
        if answer.get("janus") == "error":
            why = answer.get("error", {})
            raise JanusError(str(why.get("reason", "")), int(why.get("code", 0)))
        return answer

    def close(self) -> None:
        """End the session by closing the socket."""
        for task in self._tasks:
            task.cancel()
        self._lost()
        self.handles.clear()
        self._loop.remove_reader(self._sock.fileno())
        self._sock.close()

    async def _read(self) -> None:
        try:
            while data := await self._loop.sock_recv(self._sock, _READ):
                try:
                    message = json.loads(data)
                except ValueError:
                    log.warning("janus_message_malformed", size=len(data))
                    continue
                try:
                    self._take(message)
                except Exception:  # one person's event must not deafen all
                    log.exception("janus_event_failed")
        except OSError as error:
            log.warning("janus_socket_lost", error=str(error))
        self._lost()

    def _lost(self) -> None:
        """Nobody waits for an answer that cannot come."""
        if not self.closed.done():
            self.closed.set_result(None)
        for future, _ in self._waiting.values():
            if not future.done():
                future.set_exception(JanusError("Janus is not there"))
        self._waiting.clear()

    def _take(self, message: Message) -> None:
        word = message.get("janus")
        future, ack_is_enough = self._waiting.get(str(message.get("transaction", "")), (None, False))
        if future is not None and (word != "ack" or ack_is_enough):
            if not future.done():
                future.set_result(message)
            return
        handle = self.handles.get(message.get("sender", 0))
        if handle is None:
            return
        if word == "event":
            data = message.get("plugindata", {}).get("data", {})
            handle.on_event(data, message.get("jsep"))
        elif isinstance(word, str) and word != "ack":
            handle.on_media(word, message)

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(_KEEPALIVE_SECONDS)
            with contextlib.suppress(JanusError):
                await self.ask({"janus": "keepalive"})
