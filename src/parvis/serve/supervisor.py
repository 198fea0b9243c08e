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
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, Protocol

import structlog

from parvis.serve.processes import Process

log = structlog.get_logger("parvis.serve.supervisor")

STOP_SECONDS = 12.0
"""How long a process may take to finish what it is doing before it is killed."""
BACKOFF_SECONDS = (0.5, 1, 2, 5, 10, 30)
STEADY_SECONDS = 60.0
"""A process that lived this long starts again from the shortest delay."""
PR_SET_PDEATHSIG = 1
_BACKLOG = 2048
"""Connections that wait while no process accepts."""
SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
"""What a supervisor is told by."""


class Listener:
    """An address that several processes accept on: whoever is free takes the next connection.

    Bound once and inherited. It stays ours while one of them starts again: a connection then waits for its neighbours.
    """

    def __init__(self, host: str, port: int, inherited: int | None = None) -> None:
        self.host, self.port = host, port
        self._socket = None if inherited is None else socket.socket(fileno=inherited)
        if self._socket is not None:
            self._socket.set_inheritable(False)  # it was for our former self's exec; each child is given its own

    def fileno(self) -> int:
        """The bound socket. It listens at once: one that is only bound another user of the machine could bind too.

        Raises:
            OSError: the address is taken, or not ours.
        """
        if self._socket is None:
            family, *_, address = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)[0]
            bound = socket.socket(family, socket.SOCK_STREAM)
            try:
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                bound.bind(address)
                bound.listen(_BACKLOG)
            except OSError:
                bound.close()
                raise
            self._socket = bound
        return self._socket.fileno()

    @property
    def is_bound(self) -> bool:
        """Whether it has its address yet."""
        return self._socket is not None

    def close(self) -> None:
        """Let others have it."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class Listeners:
    """The addresses of one machine, each bound once."""

    def __init__(self, inherited: Mapping[str, int] | None = None) -> None:
        self._inherited = dict(inherited or {})
        self._known: dict[str, Listener] = {}

    def at(self, host: str, port: int) -> Listener:
        """The one of this address, from our former self if it had it."""
        key = f"{host}:{port}"
        if key not in self._known:
            self._known[key] = Listener(host, port, self._inherited.pop(key, None))
        return self._known[key]

    def descriptors(self) -> dict[str, int]:
        """What one's next self inherits."""
        return {key: listener.fileno() for key, listener in self._known.items() if listener.is_bound}

    def close_unclaimed(self) -> None:
        """Let go of addresses of our former self that nothing of ours uses."""
        while self._inherited:
            os.close(self._inherited.popitem()[1])


def is_taken(host: str, port: int) -> bool:
    """Whether another program listens on this address. An address that this machine has not yet is no obstacle."""
    trial = Listener(host, port)
    try:
        trial.fileno()
    except OSError as error:
        return error.errno == errno.EADDRINUSE
    trial.close()
    return False


LISTEN_FD = "PARVIS_LISTEN_FD"
"""Tells a child which descriptor is the inherited `Listener`."""
SEVERAL = "PARVIS_PORTAL_SEVERAL"
"""Tells a portal process that it is one of so many."""


@dataclass
class Service:
    """One process kept running."""

    name: str
    argv: list[str]
    environ: Mapping[str, str]
    log_path: Path | None = None
    listener: Listener | None = None
    """The address it shares with others; None: it binds its own."""
    process: Process | None = None
    started: float = 0.0
    failures: int = 0
    retry_at: float = 0.0
    renewed_by: float | None = None
    """It was told to end and will be started again; when to insist."""
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

    def renew(self) -> None:
        """Ask it to end; `tend` starts it again as soon as it has."""
        if self.process is not None:
            self.process.terminate()
            self.renewed_by = time.monotonic() + STOP_SECONDS

    def tend(self) -> None:
        """Restart it if it has died, later and later if it keeps dying."""
        now = time.monotonic()
        if self.renewed_by is not None:
            if self.is_running:
                if now > self.renewed_by and self.process is not None:
                    log.error("process_killed", process=self.name)
                    self.process.kill()
                return
            self.process, self.renewed_by, self.failures, self.retry_at = None, None, 0, now
            log.info("process_renewed", process=self.name)
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

    @property
    def is_running(self) -> bool:
        """Whether it lives just now."""
        return self.process is not None and self.process.poll() is None

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


class Renewal(Protocol):
    """What goes on beside the services: see `parvis.serve.renewal`."""

    def ask(self) -> None:
        """SIGHUP came."""

    def tick(self, stopping: threading.Event) -> None:
        """Called all the time."""

    def others(self) -> Iterator[Service]:
        """Processes that are none of the services and end with them."""


class Supervisor:
    """Runs services until SIGTERM or Ctrl-C; they are stopped in reverse order."""

    def __init__(self, services: list[Service], renewal: Renewal | None = None) -> None:
        self.services = services
        self.renewal = renewal
        self.stopping = threading.Event()

    def run(self) -> int:
        """Block until told to stop; 0."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        if self.renewal is not None:
            signal.signal(signal.SIGHUP, self._on_hangup)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)  # what came while we became ourselves again comes now
        try:
            while not self.stopping.is_set():
                for service in self.services:
                    service.tend()
                if self.renewal is not None:
                    self.renewal.tick(self.stopping)
                self.stopping.wait(0.3)
        finally:
            deadline = time.monotonic() + STOP_SECONDS
            others = [] if self.renewal is None else list(self.renewal.others())
            for service in others:
                if service.process is not None:
                    service.process.terminate()
            for service in [*reversed(self.services), *others]:
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

    def _on_hangup(self, _signum: int, _frame: FrameType | None) -> None:
        if self.renewal is not None:
            self.renewal.ask()


def python(module: str, *arguments: str) -> list[str]:
    """The command line of one of our modules."""
    return [sys.executable, "-m", module, *arguments]


def die_with_parent() -> None:
    """Called in a child before exec: SIGTERM when its parent dies, and a process group of its own."""
    # Linux: a killed supervisor leaves no process behind (prctl(2)). The group keeps Ctrl-C for the supervisor.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    os.setpgrp()
