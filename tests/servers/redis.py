"""A real Redis server of our own: on a socket in a folder, nothing on disk, gone at the end."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

from tests.requirements import require
from tests.servers.process import running


def address(folder: Path) -> str:
    """What `PARVIS_CACHE_URL` says for the server of this folder."""
    return f"unix://{_socket(folder)}?db=0"


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Run it until the block ends; its address. Again in the same folder: the same address, and nothing kept."""
    require("redis-server")
    path = _socket(folder)
    command = ["redis-server", "--port", "0", "--unixsocket", str(path), "--save", "", "--appendonly", "no"]
    with running([*command, "--dir", str(folder)], log_path=folder / "redis.log", is_ready=lambda: _answers(path)):
        yield address(folder)


def _socket(folder: Path) -> Path:
    return folder / "r.sock"


def _answers(path: Path) -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as asked:
        asked.settimeout(1)
        asked.connect(str(path))
        asked.sendall(b"PING\r\n")
        return asked.recv(16).startswith(b"+PONG")
    return False
