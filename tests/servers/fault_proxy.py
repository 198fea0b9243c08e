"""A TCP proxy on loopback that makes the weather: tiny pieces, silences, resets and cuts, in either direction."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass, field


@dataclass
class Way:
    """One direction. Read at each piece: a test may change it while bytes flow."""

    piece: int = 65536
    """At most so many bytes at a time, each in a segment of its own."""
    stalls_after: int | None = None
    """After so many bytes nothing passes until `go_on` is set."""
    ends_after: int | None = None
    """After so many bytes both connections end; see `FaultProxy.reset`."""
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    passed: int = 0
    """Bytes so far, over all connections."""

    @property
    def has_stalled(self) -> bool:
        """Whether something waits."""
        return self.stalls_after is not None and self.passed >= self.stalls_after and not self.go_on.is_set()


class FaultProxy:
    """`async with FaultProxy(port) as proxy`: connect to `proxy.port`. `up` goes to the server, `down` comes back."""

    def __init__(self, target_port: int, *, up: Way | None = None, down: Way | None = None, reset: bool = True) -> None:
        self._target_port = target_port
        self.up, self.down = up or Way(), down or Way()
        self._reset = reset
        """End with RST (both sides), or with an orderly FIN."""
        self.port = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> FaultProxy:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=65536)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # A task that is cancelled before its first step closes nothing itself.
        task.add_done_callback(lambda _: writer.close())

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers = [writer]
        try:
            to_server, server = await asyncio.open_connection("127.0.0.1", self._target_port)
            writers.append(server)
            for each in writers:
                each.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            ways = {
                asyncio.create_task(_pump(reader, server, self.up)),
                asyncio.create_task(_pump(to_server, writer, self.down)),
            }
            try:
                done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                if any(each.exception() is None and each.result() for each in done) and self._reset:
                    for each in writers:
                        _linger_nothing(each)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except OSError:
            pass
        finally:
            # Without the linger option: FIN, and what was still unread is lost as with a proxy that dies.
            # All before the first wait: the end of the proxy may interrupt it.
            for each in writers:
                each.close()
            for each in writers:
                with contextlib.suppress(OSError):
                    await each.wait_closed()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way) -> bool:
    """Whether it ended because it was told to (`ends_after`)."""
    while data := await reader.read(65536):
        while data:
            room = way.piece
            for limit in (way.ends_after, None if way.go_on.is_set() else way.stalls_after):
                if limit is not None:
                    room = min(room, limit - way.passed)
            if room <= 0:
                if way.ends_after is not None and way.passed >= way.ends_after:
                    return True
                await way.go_on.wait()
                continue
            writer.write(data[:room])
            await writer.drain()
            way.passed += min(room, len(data))
            data = data[room:]
            if way.piece < 1024:
                await asyncio.sleep(0)
        if way.ends_after is not None and way.passed >= way.ends_after:
            return True
    return False


def _linger_nothing(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
