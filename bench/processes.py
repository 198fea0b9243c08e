"""Child processes that always die, and what they cost: processor time and memory from /proc."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

_PR_SET_PDEATHSIG = 1
_STOP_SECONDS = 5.0


class NotStarted(RuntimeError):
    """A process ended, or did not answer in time; `str()` holds the end of its log."""


class Child:
    """A process of ours, in a group of its own: it and its children end with the `with` block, or with us."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        log: Path,
        environ: Mapping[str, str] | None = None,
        pipes: bool = False,
        cpu: int | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.log = log
        self._file = log.open("ab")
        self.process: subprocess.Popen[Any] = subprocess.Popen(
            list(argv),
            env=None if environ is None else dict(environ),
            stdin=subprocess.PIPE if pipes else subprocess.DEVNULL,
            stdout=subprocess.PIPE if pipes else self._file,
            stderr=self._file,
            text=pipes,
            cwd=cwd,
            preexec_fn=lambda: _prepare(cpu),
        )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def stdin(self) -> IO[str]:
        assert self.process.stdin is not None
        return self.process.stdin

    @property
    def stdout(self) -> IO[str]:
        assert self.process.stdout is not None
        return self.process.stdout

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        for number, patience in ((signal.SIGTERM, _STOP_SECONDS), (signal.SIGKILL, _STOP_SECONDS)):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(patience)
        self._file.close()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def check(self) -> None:
        """Raise if it has ended."""
        if self.process.poll() is not None:
            raise NotStarted(f"{self.process.args!r} ended with {self.process.returncode}: {self.tail()}")

    def tail(self, size: int = 1500) -> str:
        return self.log.read_bytes()[-size:].decode(errors="replace").strip()


def wait_until(ready: Callable[[], bool], child: Child, seconds: float = 15.0) -> None:
    """Poll until `ready()`.

    Raises:
        NotStarted: `child` ended, or time is up.
    """
    limit = time.monotonic() + seconds
    while not ready():
        child.check()
        if time.monotonic() > limit:
            raise NotStarted(f"{child.process.args!r} is not ready after {seconds:.0f} s: {child.tail()}")
        time.sleep(0.05)


def listens(port: int) -> bool:
    """Whether something accepts on 127.0.0.1."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def free_ports(count: int) -> list[int]:
    """Distinct ports nothing listens on, outside the range of outgoing connections."""
    found: list[int] = []
    first = 20000 + os.getpid() * 37 % 10000
    for port in range(first, first + 2000):
        if len(found) == count:
            return found
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                found.append(port)
    raise NotStarted("no free port on loopback")


def cpu_seconds(root: int) -> float:
    """Processor time of a process tree, in seconds: of the living (to the nanosecond) and of its dead children."""
    return sum(_own_cpu(pid) + _dead_children_cpu(pid) for pid in tree(root))


def pss_bytes(root: int) -> int:
    """Proportional set size of a process tree: shared pages are counted once."""
    total = 0
    for pid in tree(root):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total


def tree(root: int) -> Iterator[int]:
    """A process and all below it."""
    yield root
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{root}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from tree(int(child))


def _own_cpu(pid: int) -> float:
    total = 0
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def _dead_children_cpu(pid: int) -> float:
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _prepare(cpu: int | None) -> None:
    # Linux: our death ends the child too (prctl(2)).
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    os.setpgrp()
    if cpu is not None:
        os.sched_setaffinity(0, {cpu})
