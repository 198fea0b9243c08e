"""Accept TCP connections, and go on accepting after the process has been out of file descriptors."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import aiofastnet

from parvis.gateway.logs import get_logger

_BACKLOG = 1024
_AT_ONCE = 64
"""Connections accepted before others get their turn in the loop."""
_PAUSE_SECONDS = 0.2

log = get_logger(__name__)


class TcpListener:
    """Listens from `start` to `close`; each connection gets a protocol from the factory."""

    def __init__(self, host: str, port: int, protocol: Callable[[], Any], inherited: int | None = None) -> None:
        """Bind, or take the socket that was `inherited` bound.

        Raises:
            OSError: the address is taken or not ours.
        """
        if inherited is None:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._sock = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        else:
            self._sock = socket.socket(fileno=inherited)
            self._sock.listen(_BACKLOG)
        self._sock.setblocking(False)
        self._protocol = protocol
        self._loop = asyncio.get_running_loop()
        self._pause: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port, chosen by the system when 0 was asked for."""
        return int(self._sock.getsockname()[1])

    def start(self) -> None:
        """Begin, or begin again after a pause."""
        self._pause = None
        self._loop.add_reader(self._sock.fileno(), self._accept)

    def close(self) -> None:
        """Stop listening; connections go on."""
        if self._pause is None:
            self._loop.remove_reader(self._sock.fileno())
        else:
            self._pause.cancel()
        self._sock.close()

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                sock, _ = self._sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                # Out of descriptors. The socket stays readable: without a pause the loop would spin.
                log.error("not_accepted", error=str(error))
                self._loop.remove_reader(self._sock.fileno())
                self._pause = self._loop.call_later(_PAUSE_SECONDS, self.start)
                return
            sock.setblocking(False)
            task = self._loop.create_task(self._serve(sock))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, sock: socket.socket) -> None:
        try:
            await aiofastnet.connect_accepted_socket(self._loop, self._protocol, sock)
        except OSError:  # reset before it was looked at
            sock.close()
