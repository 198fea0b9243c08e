"""Start a server as a child process, wait until it answers, keep its log, end its whole process group."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

_POLL_SECONDS = 0.05
_END_SECONDS = 5.0
_LOG_TAIL = 4000


class ServerFailed(RuntimeError):
    """A server did not start; the message ends with the end of its log."""


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port nobody listens on just now."""
    with socket.socket() as sock:
        sock.bind((host, 0))
        return int(sock.getsockname()[1])


def accepts(host: str, port: int) -> bool:
    """Whether a TCP connection is accepted there."""
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
        return True
    return False


@contextlib.contextmanager
def running(
    command: Sequence[str],
    *,
    log_path: Path,
    is_ready: Callable[[], bool],
    timeout: float = 20.0,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` in its own process group until the block ends.

    Raises:
        ServerFailed: it ended, or was not ready within `timeout` seconds.
    """
    with log_path.open("ab") as log:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            start_new_session=True,
        )
    try:
        _wait(process, is_ready, timeout, log_path)
        yield process
    finally:
        _end(process)


def _wait(process: subprocess.Popen[bytes], is_ready: Callable[[], bool], timeout: float, log_path: Path) -> None:
    deadline = time.monotonic() + timeout
    while not is_ready():
        if process.poll() is not None:
            raise ServerFailed(f"{process.args!r} ended with {process.returncode}\n{_tail(log_path)}")
        if time.monotonic() > deadline:
            raise ServerFailed(f"{process.args!r} was not ready after {timeout} s\n{_tail(log_path)}")
        time.sleep(_POLL_SECONDS)


def _end(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM, then SIGKILL, to the group: xrdp and X servers leave children behind."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_END_SECONDS)
    process.wait(_END_SECONDS)


def _tail(path: Path) -> str:
    return path.read_text(errors="replace")[-_LOG_TAIL:]
