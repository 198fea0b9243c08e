"""Run a gateway in this process, and play the browser against it."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any

import picows
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport

from parvis.gateway.server import Gateway
from parvis.gateway.settings import Limits, Settings
from parvis.ticket.addresses import AddressPolicy
from tests.integration.gateway.fake_portal import SECRET, FakePortal
from tests.servers.process import free_port, running
from tests.unit.gateway.protocol.samples import PIXEL_FORMAT

ORIGIN = "https://parvis.test"
TIMEOUT = 60.0
"""For what must come; on a machine that is full it takes long."""


def in_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an async test function on uvloop."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        uvloop.run(asyncio.wait_for(test(*args, **kwargs), 60))

    return run


def settings_for(
    portal: FakePortal, directory: Path, *targets: int, limits: dict[str, Any] | None = None, **changes: Any
) -> Settings:
    """Settings of a gateway that may connect to these loopback ports."""
    pairs = ",".join(f"127.0.0.1:{port}" for port in targets)
    settings = Settings(
        name="test",
        portal_url=portal.url,
        secret=SECRET,
        origins=frozenset({ORIGIN}),
        addresses=AddressPolicy.parse("10.0.0.0/8", "", pairs),
        state_dir=directory,
        listen=("127.0.0.1", 0),
        limits=Limits(**{"heartbeat_seconds": 0.2, **(limits or {})}),
    )
    return dataclasses.replace(settings, **changes)


@contextlib.asynccontextmanager
async def gateway_for(
    portal: FakePortal, directory: Path, *targets: int, limits: dict[str, Any] | None = None, **changes: Any
) -> AsyncIterator[Gateway]:
    """A started gateway that has met the portal."""
    gateway = Gateway(settings_for(portal, directory, *targets, limits=limits, **changes))
    await gateway.start()
    try:
        await until(lambda: bool(gateway.context.portal.public_keys))
        yield gateway
    finally:
        await gateway.stop()


@contextlib.contextmanager
def gateway_process(
    portal: FakePortal,
    directory: Path,
    *targets: int,
    log_path: Path | None = None,
    wrapper: Sequence[str] = (),
    command: Sequence[str] = (sys.executable, "-m", "parvis.gateway"),
    **environment: str,
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A gateway in its own process, started by `command` through `wrapper`; (process, port)."""
    port = free_port()
    hellos = len(portal.hellos)
    env = {
        "PARVIS_GATEWAY_NAME": "test",
        "PARVIS_GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "PARVIS_PORTAL_INTERNAL_URL": portal.url,
        "PARVIS_GATEWAY_SECRET": SECRET,
        "PARVIS_ORIGINS": ORIGIN,
        "PARVIS_ALLOWED_NETWORKS": "10.0.0.0/8",
        "PARVIS_LOOPBACK_TARGETS": ",".join(f"127.0.0.1:{target}" for target in targets),
        "PARVIS_GATEWAY_STATE_DIR": str(directory),
        "PARVIS_GATEWAY_HEARTBEAT_SECONDS": "0.2",
        **environment,
    }
    with running(
        [*wrapper, *command],
        log_path=log_path or directory / "gateway.log",
        is_ready=lambda: _has_met(portal, hellos) or portal.down,
        env=env,
    ) as process:
        yield process, port


def _has_met(portal: FakePortal, hellos: int) -> bool:
    """Whether a new process has read the answer to its hello, and so takes screens: its heartbeats come after."""
    boots = {hello["boot"] for hello in portal.hellos[hellos:]}
    return any(beat["boot"] in boots for beat in portal.heartbeats[-20:])


async def until(condition: Callable[[], bool], timeout: float = TIMEOUT) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.01)


class Browser(WSListener):
    """A WebSocket client that keeps what it receives."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        self.close_code: int | None = None
        self.close_reason: str | None = None
        self.transport: WSTransport
        self.received = 0
        self._buffer = b""

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Keep the transport."""
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Keep the message."""
        if frame.msg_type == WSMsgType.CLOSE:
            self.close_code, self.close_reason = int(frame.get_close_code()), frame.get_close_reason()
            transport.send_close(frame.get_close_code())
            transport.disconnect()
            return
        if frame.msg_type in (WSMsgType.BINARY, WSMsgType.TEXT):
            self.received += frame.payload_size
            kind = "text" if frame.msg_type == WSMsgType.TEXT else "binary"
            self.messages.put_nowait((kind, frame.get_payload_as_bytes()))

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Wake whoever waits for a message."""
        self.messages.put_nowait(("closed", b""))

    def send(self, data: bytes) -> None:
        """One binary message."""
        self.transport.send(WSMsgType.BINARY, data)

    async def message(self) -> tuple[str, bytes]:
        """The next message: ("binary" | "text" | "closed", payload)."""
        return await asyncio.wait_for(self.messages.get(), TIMEOUT)

    async def read(self, size: int) -> bytes:
        """Exactly `size` bytes of the binary stream."""
        while len(self._buffer) < size:
            kind, data = await self.message()
            assert kind == "binary", (kind, data, self.close_code)
            self._buffer += data
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def take(self) -> bytes:
        """What was received and not asked for by `read`."""
        data, self._buffer = self._buffer, b""
        return data

    async def closed(self) -> int | None:
        """Wait for the end; the close code."""
        while (await self.message())[0] != "closed":
            pass
        return self.close_code

    def leave(self) -> None:
        """Close as a page does when its script ends the session."""
        self.transport.send_close(picows.WSCloseCode.OK)
        self.transport.disconnect()


async def browser(port: int, path: str = "/gateway/v1/vnc", *, origin: str | None = ORIGIN, **headers: str) -> Browser:
    """Open a WebSocket."""
    extra = dict(headers)
    if origin is not None:
        extra["Origin"] = origin
    _, listener = await picows.ws_connect(
        Browser, f"ws://127.0.0.1:{port}{path}", extra_headers=extra, max_frame_size=64 * 1024 * 1024
    )
    assert isinstance(listener, Browser)
    return listener


async def handshake_none(client: Browser) -> bytes:
    """Do RFB 3.8 with security None up to ServerInit and say the pixel format, as noVNC does at once.

    Returns ServerInit's fixed part.
    """
    assert await client.read(12) == b"RFB 003.008\n"
    client.send(b"RFB 003.008\n")
    assert await client.read(2) == b"\x01\x01"
    client.send(b"\x01")
    assert await client.read(4) == bytes(4)
    client.send(b"\x01")
    init = await client.read(24)
    await client.read(int.from_bytes(init[20:], "big"))
    client.send(bytes(4) + PIXEL_FORMAT)
    return init


async def session(portal: FakePortal, port: int, target: int, **policy: int) -> Browser:
    """A person's screen, open."""
    client = await browser(port)
    client.send(portal.ticket(target, **policy).encode())
    assert await client.message() == ("text", b'{"accepted": true}'), client.close_code
    await handshake_none(client)
    return client


class ScriptedTarget:
    """A loopback TCP server that does what a test tells it."""

    def __init__(self, serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> None:
        self._serve = serve
        self.connections = 0
        self.port = 0

    async def __aenter__(self) -> ScriptedTarget:
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.get_running_loop().create_task(self._run(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # A task that is cancelled before its first step closes nothing itself.
        task.add_done_callback(lambda _: writer.close())

    async def _run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        except asyncio.CancelledError:
            writer.transport.abort()
            raise
        finally:
            writer.close()


def memory_kib(pid: int | None = None) -> int:
    """Resident memory of a process."""
    fields = Path(f"/proc/{pid or os.getpid()}/statm").read_text().split()
    return int(fields[1]) * 4
