"""With the embedded database everything is on one machine: its processes tell the portals by their Unix sockets."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable

from parvis.portal.remote_desktop import hints
from parvis.serve.hints.readable import readable

_AT_ONCE = 100


class DatagramSource:
    """A socket in the data folder for each portal process, readable by the account of Parvis alone."""

    async def follow(self, heard: Callable[[bytes], None], connected: Callable[[], None]) -> None:
        """See `Source`."""
        path = hints.own_socket()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as listening:
            listening.bind(str(path))
            try:
                path.chmod(0o600)
                connected()
                while True:
                    await readable(listening.fileno())
                    with contextlib.suppress(BlockingIOError):
                        for _ in range(_AT_ONCE):
                            heard(listening.recv(hints.MAX_BYTES + 1))
            finally:
                path.unlink(missing_ok=True)
