"""With the embedded database everything is on one machine: its processes tell the portal by a Unix socket."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable

from parvis.portal.remote_desktop import hints
from parvis.serve.hints.readable import readable

_AT_ONCE = 100


class DatagramSource:
    """A socket in the data folder, readable by the account of Parvis alone."""

    async def follow(self, heard: Callable[[bytes], None], connected: Callable[[], None]) -> None:
        """See `Source`."""
        path = hints.socket_path()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.unlink(missing_ok=True)  # of a process that was killed
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as listening:
            listening.bind(str(path))
            path.chmod(0o600)
            connected()
            while True:
                await readable(listening.fileno())
                with contextlib.suppress(BlockingIOError):
                    for _ in range(_AT_ONCE):
                        heard(listening.recv(hints.MAX_BYTES + 1))
