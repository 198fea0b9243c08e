"""The demo on a free port, for screenshots, benchmarks and browser tests: everything in a temporary folder."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DemoStack:
    """Where it answers and where it keeps its things."""

    url: str
    data_dir: Path
    process: subprocess.Popen[bytes]

    def log(self, name: str) -> str:
        """What one of the processes has written so far."""
        return (self.data_dir / "log" / f"{name}.log").read_text(encoding="utf-8", errors="replace")


@contextlib.contextmanager
def running(extra: dict[str, str] | None = None, *, seconds: float = 90) -> Iterator[DemoStack]:
    """Start `parvis demo`, wait until portal, gateway and desktops answer, stop it at the end.

    Raises:
        RuntimeError: it did not become ready; its output is in the message.
    """
    folder = Path(tempfile.mkdtemp(prefix="parvis-demo-"))
    port, base_port = free_port(), _free_ports(32)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PARVIS_", "DJANGO_"))}
    own = {
        "PARVIS_LISTEN": f"127.0.0.1:{port}",
        "PARVIS_DATA_DIR": str(folder),
        "PARVIS_DEMO_BASE_PORT": str(base_port),
    }
    with (folder / "console.txt").open("wb") as console:
        process = subprocess.Popen(
            [sys.executable, "-m", "parvis", "demo"],
            env={**inherited, **own, **(extra or {})},
            stdout=console,
            stderr=console,
            stdin=subprocess.DEVNULL,
        )
    try:
        stack = DemoStack(f"http://localhost:{port}", folder, process)
        deadline = time.monotonic() + seconds
        while not _is_ready(stack, base_port):
            if process.poll() is not None or time.monotonic() > deadline:
                console_text = (folder / "console.txt").read_text(errors="replace")
                raise RuntimeError(f"the demo did not start:\n{console_text[-3000:]}")
            time.sleep(0.2)
        yield stack
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """A TCP port of loopback nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _free_ports(count: int) -> int:
    """The first of `count` TCP ports in a row that nobody listens on, below the ephemeral ones."""
    start = 20000 + os.getpid() % 100 * 100
    for base in (*range(start, 32000, count), *range(20000, start, count)):
        with contextlib.ExitStack() as held:
            try:
                for port in range(base, base + count):
                    held.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return base
    raise RuntimeError(f"no {count} free ports in a row")


def _is_ready(stack: DemoStack, base_port: int) -> bool:
    try:
        with urllib.request.urlopen(f"{stack.url}/readyz", timeout=5) as answer:
            portal = answer.status == 200
        with socket.socket(socket.AF_UNIX) as gateway:
            gateway.connect(str(stack.data_dir / "run" / "gateway.sock"))
        socket.create_connection(("127.0.0.1", base_port), timeout=1).close()
    except OSError:
        return False
    return portal
