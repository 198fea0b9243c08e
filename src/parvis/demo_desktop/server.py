"""The process: one listening socket per demo PC, and a clean end.

Entry points: `run` for a command of its own, `DemoDesktops` to have the PCs inside another asyncio program.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from types import TracebackType
from typing import Final

from .computer import Computer
from .names import Identity, NamesError, default_identity, load_names
from .options import Options
from .storage import Storage

_READ_LIMIT: Final = 64 * 1024


class DemoDesktops:
    """`async with DemoDesktops(options):` listens at entry and has shut down at exit. Raises `OSError` if a port is
    taken and `NamesError` if the file of names cannot be used."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._servers: list[asyncio.Server] = []
        self.computers: list[Computer] = []
        self.ports: list[int] = []

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where it listens, in the order of the ports."""
        return [server.sockets[0].getsockname()[:2] for server in self._servers]

    async def __aenter__(self) -> DemoDesktops:
        options = self._options
        ports = list(options.ports)
        identities = load_names(options.names, ports) if options.names else {}
        try:
            for index, port in enumerate(ports):
                await self._listen(index, port, identities.get(port) or default_identity(index))
        except BaseException:
            await self._shut_down()
            raise
        # Fonts and icons are rendered once per process: now, not when the first client waits for its first frame.
        self.computers[0].warm_up()
        return self

    async def _listen(self, index: int, port: int, identity: Identity) -> None:
        options = self._options
        listener = socket.create_server((options.host, port), family=_family(options.host))
        # Port 0 means any free one, which is known only now.
        bound = int(listener.getsockname()[1])
        storage = Storage(options.state_dir / str(bound)) if options.state_dir else None
        computer = Computer(identity, bound, size=options.size, password=options.password, storage=storage)
        self._servers.append(await asyncio.start_server(computer.serve, sock=listener, limit=_READ_LIMIT))
        self.computers.append(computer)
        self.ports.append(bound)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._shut_down()

    async def _shut_down(self) -> None:
        for server in self._servers:
            server.close()
        await asyncio.gather(*(computer.shut_down() for computer in self.computers))


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def run(options: Options) -> int:
    """Serve until SIGINT or SIGTERM; returns the exit code: 0, or 1 if a port or the file of names cannot be used."""
    try:
        asyncio.run(_serve(options))
    except (OSError, NamesError) as error:
        sys.stderr.write(f"parvis demo-desktop: {error}\n")
        return 1
    return 0


async def _serve(options: Options) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    async with DemoDesktops(options) as desktops:
        ports = ", ".join(map(str, desktops.ports))
        sys.stdout.write(f"parvis demo-desktop: {len(desktops.ports)} PC at {options.host}, port {ports}\n")
        sys.stdout.flush()
        await stop.wait()
