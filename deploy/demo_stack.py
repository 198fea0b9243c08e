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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DemoStack:
    """Where it answers and where it keeps its things."""

    url: str
    data_dir: Path
    process: subprocess.Popen[bytes]
    environ: dict[str, str]

    @property
    def port(self) -> int:
        """Where the portal itself listens."""
        return int(self.url.rsplit(":", 1)[1])

    def manage(self, *arguments: str) -> str:
        """What a management command prints.

        Raises:
            RuntimeError: it failed; its errors are in the message.
        """
        environ = {
            **self.environ,
            "PARVIS_MODE": "demo",
            "DJANGO_SETTINGS_MODULE": "parvis.portal.config.settings",
        }
        done = subprocess.run(
            [sys.executable, "-m", "django", *arguments], env=environ, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-3000:])
        return done.stdout

    def children(self, module: str) -> list[int]:
        """Process numbers of the stack that run this module."""
        return [
            int(path.parent.name)
            for path in Path("/proc").glob("[0-9]*/cmdline")
            if module.encode() in _read(path).split(b"\0")
            and str(self.data_dir).encode() in _read(path.parent / "environ")
        ]

    def log(self, name: str) -> str:
        """What one of the processes has written so far."""
        return (self.data_dir / "log" / f"{name}.log").read_text(encoding="utf-8", errors="replace")


@contextlib.contextmanager
def running(
    extra: dict[str, str] | None = None,
    *,
    targets: Sequence[int] = (),
    url_port: int | None = None,
    seconds: float = 300,
    prepare: Callable[[Path], None] | None = None,
) -> Iterator[DemoStack]:
    """Start `parvis demo`, wait until portal, gateway and desktops answer, stop it at the end.

    `targets` are more loopback ports the gateway may reach (real servers of a test); `url_port` is the port
    browsers use, when something stands in front of the portal; `prepare` is given the data folder before
    anything starts.

    Raises:
        RuntimeError: it did not become ready; its output is in the message.
    """
    folder = Path(tempfile.mkdtemp(prefix="parvis-demo-"))
    port, base_port = free_port(), _free_ports(34)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PARVIS_", "DJANGO_"))}
    own = {
        "PARVIS_LISTEN": f"127.0.0.1:{port}",
        "PARVIS_DATA_DIR": str(folder),
        "PARVIS_DEMO_BASE_PORT": str(base_port),
        "PARVIS_DEMO_REAL": "off",  # tests and measures that want real servers start their own
        "PARVIS_LOOPBACK_TARGETS": ",".join(
            f"127.0.0.1:{number}" for number in [*range(base_port, base_port + 34), *targets]
        ),
        "PARVIS_URL": f"http://localhost:{url_port or port}",
    }
    environ = {**inherited, **own, **(extra or {})}
    if prepare:
        prepare(folder)
    with (folder / "console.txt").open("wb") as console:
        process = subprocess.Popen(
            [sys.executable, "-m", "parvis", "demo"],
            env=environ,
            stdout=console,
            stderr=console,
            stdin=subprocess.DEVNULL,
        )
    try:
        stack = DemoStack(f"http://localhost:{port}", folder, process, environ)
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


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # the process has just ended
        return b""
