"""Holds the processes of one machine together: starts, restarts, stops them in order."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

import structlog

log = structlog.get_logger("parvis.serve.supervisor")

STOP_SECONDS = 12.0
"""How long a process may take to finish what it is doing before it is killed."""
BACKOFF_SECONDS = (0.5, 1, 2, 5, 10, 30)
STEADY_SECONDS = 60.0
"""A process that lived this long starts again from the shortest delay."""
PR_SET_PDEATHSIG = 1


class Listener:
    """An address that several processes accept on: whoever is free takes the next connection.

    Bound once and inherited. It stays ours while one of them starts again: a connection then waits for its neighbours.
    """

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self._socket: socket.socket | None = None

    def fileno(self) -> int:
        """The bound socket; it listens as soon as the first process does.

        Raises:
            OSError: the address is taken, or not ours.
        """
        if self._socket is None:
            family, *_, address = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)[0]
            bound = socket.socket(family, socket.SOCK_STREAM)
            try:
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                bound.bind(address)
            except OSError:
                bound.close()
                raise
            self._socket = bound
        return self._socket.fileno()

    def close(self) -> None:
        """Let others have it."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def is_taken(host: str, port: int) -> bool:
    """Whether another program listens on this address. One that is not ours yet may become it: it is tried again."""
    trial = Listener(host, port)
    try:
        trial.fileno()
    except OSError as error:
        return error.errno == errno.EADDRINUSE
    trial.close()
    return False


LISTEN_FD = "PARVIS_LISTEN_FD"
"""Tells a child which descriptor is the inherited `Listener`."""


@dataclass
class Service:
    """One process kept running."""

    name: str
    argv: list[str]
    environ: Mapping[str, str]
    log_path: Path | None = None
    listener: Listener | None = None
    """The address it shares with others; None: it binds its own."""
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    retry_at: float = 0.0
    _log: IO[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it; its output goes to `log_path`, or to ours.

        Raises:
            OSError: its address cannot be bound.
        """
        inherited = {} if self.listener is None else {LISTEN_FD: str(self.listener.fileno())}
        if self.log_path is not None and self._log is None:
            self.log_path.parent.mkdir(parents=True, exist_ok=True)
            self._log = self.log_path.open("ab")
        self.process = subprocess.Popen(
            self.argv,
            env={**self.environ, **inherited},
            pass_fds=[int(each) for each in inherited.values()],
            stdout=self._log,
            stderr=self._log,
            stdin=subprocess.DEVNULL,
            preexec_fn=die_with_parent,
        )
        self.started = time.monotonic()

    def tend(self) -> None:
        """Restart it if it has died, later and later if it keeps dying."""
        now = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            if now - self.started > STEADY_SECONDS:
                self.failures = 0
            delay = BACKOFF_SECONDS[min(self.failures, len(BACKOFF_SECONDS) - 1)]
            log.error("process_died", process=self.name, code=self.process.returncode, restart_in=delay)
            self.process, self.failures, self.retry_at = None, self.failures + 1, now + delay
        if self.process is None and now >= self.retry_at:
            try:
                self.start()
            except OSError as error:
                delay = BACKOFF_SECONDS[min(self.failures, len(BACKOFF_SECONDS) - 1)]
                log.error("process_not_started", process=self.name, error=str(error), retry_in=delay)
                self.failures, self.retry_at = self.failures + 1, now + delay

    def stop(self, deadline: float) -> None:
        """Ask it to end, then insist."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.error("process_killed", process=self.name)
            self.process.kill()
            self.process.wait()


class Supervisor:
    """Runs services until SIGTERM or Ctrl-C; they are stopped in reverse order."""

    def __init__(self, services: list[Service]) -> None:
        self.services = services
        self.stopping = threading.Event()

    def run(self) -> int:
        """Block until told to stop; 0."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        try:
            while not self.stopping.is_set():
                for service in self.services:
                    service.tend()
                self.stopping.wait(0.3)
        finally:
            deadline = time.monotonic() + STOP_SECONDS
            for service in reversed(self.services):
                service.stop(deadline)
        return 0

    def when_reachable(self, host: str, port: int, then: Callable[[], None]) -> None:
        """Call `then` once, from a thread, when the port answers; never if we are stopped before."""

        def wait() -> None:
            while not self.stopping.wait(0.2):
                try:
                    socket.create_connection((host, port), timeout=1).close()
                except OSError:
                    continue
                then()
                return

        threading.Thread(target=wait, daemon=True).start()

    def _on_signal(self, _signum: int, _frame: FrameType | None) -> None:
        self.stopping.set()


def python(module: str, *arguments: str) -> list[str]:
    """The command line of one of our modules."""
    return [sys.executable, "-m", module, *arguments]


def die_with_parent() -> None:
    """Called in a child before exec: SIGTERM when its parent dies, and a process group of its own."""
    # Linux: a killed supervisor leaves no process behind (prctl(2)). The group keeps Ctrl-C for the supervisor.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    os.setpgrp()
