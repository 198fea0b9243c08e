"""The portal's web server: Django under uvicorn, WebSockets handed to the processes that speak them.

One address for everything: a WebSocket for `/gateway/…` or `/voice/…` that arrives here is
passed, socket and all, to the gateway or the voice server (SCM_RIGHTS); not one byte of a
screen goes through this process. Behind nginx both may be reached directly instead.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import os
import socket
import sys
from typing import TYPE_CHECKING, Any, ClassVar

import structlog
import uvicorn

from parvis.gateway import handoff
from parvis.serve.buffering import Buffering
from parvis.serve.heads import BoundedHttp
from parvis.serve.options import ServeOptions
from parvis.serve.supervisor import LISTEN_FD, SEVERAL
from parvis.serve.threads import Threads

if TYPE_CHECKING:
    from parvis.serve.hints.board import Board

log = structlog.get_logger("parvis.serve.web")

THREADS = 8
"""Requests served at once by a process that is alone; the database connection of each thread persists."""
THREADS_OF_SEVERAL = 4
"""By each of several: threads that want one interpreter lock, and SQLite's only writer, cost more than they serve."""


class HandoffProtocol(asyncio.Protocol):
    """Takes the place of uvicorn's WebSocket protocol: gives the socket away instead of speaking."""

    sockets: ClassVar[dict[bytes, str]] = {}
    """Who takes over, by the beginning of the path."""
    _pending: ClassVar[set[asyncio.Task[None]]] = set()

    def __init__(self, config: uvicorn.Config, server_state: Any, app_state: dict[str, Any]) -> None:
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Uvicorn has read an upgrade request on this transport."""
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """`data` is the whole request head, as uvicorn rebuilds it."""
        transport = self.transport
        if transport is None:
            return
        target = data.split(b" ", 2)[1]
        taker = next((path for start, path in self.sockets.items() if target.startswith(start)), "")
        if not taker:
            self._answer(transport, b"404 Not Found")
            return
        transport.pause_reading()
        # A duplicate lives on in the gateway after this process has closed its own descriptor.
        duplicate = socket.socket(fileno=socket.dup(transport.get_extra_info("socket").fileno()))
        peer = transport.get_extra_info("peername")
        loop = asyncio.get_running_loop()
        task = loop.create_task(self._give(transport, taker, duplicate, peer[0] if peer else "", data))
        self._pending.add(task)  # the loop itself keeps only a weak reference
        task.add_done_callback(self._pending.discard)

    async def _give(
        self, transport: asyncio.Transport, taker: str, duplicate: socket.socket, client: str, data: bytes
    ) -> None:
        try:
            # In a thread: a gateway that hangs must not hold up the pages.
            await asyncio.to_thread(handoff.send, taker, duplicate, client, data)
        except ValueError:
            self._answer(transport, b"431 Request Header Fields Too Large")
        except OSError as error:
            log.warning("gateway_handoff_failed", to=taker, error=str(error))
            self._answer(transport, b"503 Service Unavailable")
        else:
            transport.abort()  # closes the descriptor without shutting the connection down
        finally:
            duplicate.close()

    def _answer(self, transport: asyncio.Transport, status: bytes) -> None:
        transport.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing to clean: the socket is the gateway's."""

    def shutdown(self) -> None:
        """Uvicorn's call at its end."""


def main() -> int:
    """Serve until SIGTERM. Options come from the environment."""
    options = ServeOptions.from_environment()
    from parvis.portal.config.wsgi import application

    sealing = importlib.import_module("parvis.portal.config.sealing")  # has models: after the application
    if not sealing.claim_at_start():
        return 2
    HandoffProtocol.sockets = {b"/gateway/": str(options.gateway_socket), b"/voice/": str(options.voice_socket)}
    hints = importlib.import_module("parvis.serve.hints")
    importlib.import_module("django.urls").get_resolver().reverse_dict  # noqa: B018 - the first page does not wait
    serve(application, options, hints.own_board())
    return 0


def serve(application: Any, options: ServeOptions, board: Board | None) -> None:
    """Serve until SIGTERM; gateways listen for hints at `board`, if there is one."""
    inherited = os.environ.get(LISTEN_FD)
    shared = None if inherited is None else [socket.socket(fileno=int(inherited))]
    threads = THREADS_OF_SEVERAL if SEVERAL in os.environ else THREADS
    config = configuration(application, options.host, options.port, board, threads=threads)
    gc.collect()
    gc.freeze()  # modules, models and addresses live as long as the process: no collection walks through them
    Server(config, board).run(sockets=shared)


class Server(uvicorn.Server):
    """Ends the lines of hints first: otherwise its end would wait for them."""

    def __init__(self, config: uvicorn.Config, board: Board | None) -> None:
        super().__init__(config)
        self._board = board

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Uvicorn's call when it was told to end."""
        if self._board is not None:
            self._board.close()
        await super().shutdown(sockets)


def configuration(
    application: Any, host: str, port: int, board: Board | None = None, *, threads: int = THREADS
) -> uvicorn.Config:
    """How a WSGI application is served: slow connections hold no thread, heads and bodies are bounded."""
    app: Any = Buffering(Threads(application, threads))
    if board is not None:
        door = importlib.import_module("parvis.serve.hints.door")  # has models: after the application
        app = door.HintDoor(app, board)
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http=BoundedHttp,
        ws=HandoffProtocol,
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=10,
        limit_concurrency=1000,
    )


if __name__ == "__main__":
    sys.exit(main())
