"""The receiving end of `parvis.gateway.handoff`: a Unix socket on which connections arrive."""

from __future__ import annotations

import array
import asyncio
import contextlib
import json
import os
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from parvis.gateway.handoff import MAX_HEADER, MAX_REQUEST
from parvis.gateway.logs import get_logger

_TIMEOUT_SECONDS = 5.0
_ACCEPT_PAUSE_SECONDS = 0.1

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Handoff:
    """A browser's connection, and what has been read from it."""

    sock: socket.socket
    client: str
    request: bytes


class HandoffListener:
    """Accepts handed-over connections until closed."""

    def __init__(self, path: Path, accept: Callable[[Handoff], Awaitable[None]]) -> None:
        """Listen at `path` (mode 0600). An old socket is replaced in one step: at no instant does nobody listen.

        Raises:
            OSError: the path cannot be bound.
        """
        self._path = path
        self._accept = accept
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{os.getpid()}")  # short: the name of a Unix socket has 107 bytes at most
        with contextlib.suppress(FileNotFoundError):
            fresh.unlink()
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        previous = os.umask(0o177)
        try:
            self._sock.bind(str(fresh))
        finally:
            os.umask(previous)
        self._inode = fresh.stat().st_ino
        self._sock.listen(256)
        fresh.replace(path)
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Accept until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                channel, _ = await loop.sock_accept(self._sock)
            except OSError as error:  # out of descriptors: wait for some to come back
                log.error("handoff_not_accepted", error=str(error))
                await asyncio.sleep(_ACCEPT_PAUSE_SECONDS)
                continue
            channel.setblocking(False)
            task = asyncio.create_task(self._serve(channel))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Stop listening and remove the socket, unless another gateway has taken the path meanwhile."""
        self._sock.close()
        with contextlib.suppress(FileNotFoundError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()

    async def _serve(self, channel: socket.socket) -> None:
        with channel:
            try:
                handoff = await asyncio.wait_for(_receive(channel), _TIMEOUT_SECONDS)
            except (OSError, ValueError, TimeoutError) as error:
                log.warning("handoff_refused", error=f"{type(error).__name__}: {error}")
                return
        await self._accept(handoff)


async def _receive(channel: socket.socket) -> Handoff:
    data, sock = await _first_part(channel)
    try:
        while len(data) < 4:
            data += await _more(channel)
        size = int.from_bytes(data[:4], "big")
        if size > MAX_HEADER:
            raise ValueError("header too long")
        while len(data) < 4 + size:
            data += await _more(channel)
        header = json.loads(data[4 : 4 + size])
        client, length = str(ip_address(header["client"])), header["request_length"]
        if type(length) is not int or not 0 <= length <= MAX_REQUEST:
            raise ValueError("impossible request length")
        while len(data) < 4 + size + length:
            data += await _more(channel)
    except BaseException as error:
        sock.close()
        if isinstance(error, KeyError | TypeError):
            raise ValueError("malformed header") from None
        raise
    return Handoff(sock, client, data[4 + size : 4 + size + length])


async def _first_part(channel: socket.socket) -> tuple[bytes, socket.socket]:
    """The first bytes and the one descriptor that came with them."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(channel.fileno(), readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(channel.fileno())
    descriptors = array.array("i")
    space = socket.CMSG_SPACE(4 * descriptors.itemsize)
    data, ancillary, _, _ = channel.recvmsg(4096, space, socket.MSG_CMSG_CLOEXEC)
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(content[: len(content) - len(content) % descriptors.itemsize])
    if len(descriptors) != 1:
        for descriptor in descriptors:
            os.close(descriptor)
        raise ValueError("exactly one descriptor was expected")
    try:
        handed = socket.socket(fileno=descriptors[0])
    except OSError:
        os.close(descriptors[0])
        raise ValueError("not a socket") from None
    # Anything else than TCP would fail deep inside the WebSocket library.
    if handed.getsockopt(socket.SOL_SOCKET, socket.SO_PROTOCOL) != socket.IPPROTO_TCP:
        handed.close()
        raise ValueError("not a TCP socket")
    return data, handed


async def _more(channel: socket.socket) -> bytes:
    data = await asyncio.get_running_loop().sock_recv(channel, 65536)
    if not data:
        raise ValueError("truncated")
    return data
