"""Build and drive the load generator and the plain C relay (`bench/c`)."""

from __future__ import annotations

import json
import select
import shutil
import struct
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.processes import Child, NotStarted
from bench.relay.dialogue import Dialogue

_SOURCES = Path(__file__).parents[1] / "c"
_READY_SECONDS = 70.0
_ORIGIN = "http://localhost"


@dataclass(frozen=True, slots=True)
class Programs:
    load: Path
    relay: Path


@dataclass(frozen=True, slots=True)
class Certificate:
    """Of the pretended office PCs: PEM files."""

    certificate: Path
    key: Path


def compile_programs(folder: Path) -> Programs:
    """Build both with gcc and OpenSSL 3 (its library is enough, headers are not needed).

    Raises:
        NotStarted: no compiler, or it refuses; `str()` says what to do.
    """
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise NotStarted("no C compiler: apt install gcc libc6-dev")
    libraries = ["-l:libssl.so.3", "-l:libcrypto.so.3"]
    programs = Programs(folder / "load", folder / "relay")
    for output, sources in ((programs.load, ("load.c", "side.c")), (programs.relay, ("relay.c",))):
        files = [str(_SOURCES / name) for name in sources]
        done = subprocess.run(
            [compiler, "-O2", "-o", str(output), *files, *libraries], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise NotStarted(f"{output.name} could not be compiled: {done.stderr.strip()[-800:]}")
    return programs


class Load:
    """N sessions through one relay, open while the `with` block runs."""

    def __init__(
        self,
        programs: Programs,
        folder: Path,
        dialogue: Dialogue,
        *,
        relay_port: int,
        target_port: int,
        sessions: int,
        update: int,
        path: str | None,
        secrets: list[bytes],
        certificate: Certificate,
        cpu: int | None,
    ) -> None:
        """`path` of the WebSocket, or None for plain TCP; `secrets`: first message of each session."""
        own = Path(tempfile.mkdtemp(dir=folder))
        (own / "script").write_text(dialogue.text())
        argv = [str(programs.load), "--connect", str(relay_port), "--listen", str(target_port)]
        argv += ["--sessions", str(sessions), "--script", str(own / "script")]
        argv += ["--down-size", str(update), "--down-prefix", dialogue.down_prefix(update).hex()]
        argv += ["--up-prefix", dialogue.up_prefix.hex()]
        argv += ["--certificate", str(certificate.certificate), "--key", str(certificate.key)]
        if path is not None:
            (own / "request").write_bytes(_upgrade(path, relay_port))
            argv += ["--request", str(own / "request")]
        if secrets:
            (own / "secrets").write_bytes(b"".join(struct.pack(">I", len(item)) + item for item in secrets))
            argv += ["--secrets", str(own / "secrets")]
        self._child = Child(argv, log=own / "log", pipes=True, cpu=cpu)

    def __enter__(self) -> Load:
        try:
            if self._line(_READY_SECONDS) != "ready":
                raise NotStarted(f"load generator: {self._child.tail()}")
        except BaseException:
            self._child.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._child.__exit__()

    def run(self, kind: str, seconds: float) -> dict[str, Any]:
        """`bulk` or `interactive`; what the generator saw.

        Raises:
            NotStarted: the relay dropped a connection.
        """
        self._child.stdin.write(f"{kind} {seconds}\n")
        self._child.stdin.flush()
        answer: dict[str, Any] = json.loads(self._line(seconds + 15))
        return answer

    def _line(self, seconds: float) -> str:
        readable, _, _ = select.select([self._child.stdout], [], [], seconds)
        line = self._child.stdout.readline().strip() if readable else ""
        if not line:
            raise NotStarted(f"load generator: {self._child.tail() or 'no answer in time'}")
        return line


def _upgrade(path: str, port: int) -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Origin: {_ORIGIN}\r\nSec-WebSocket-Key: cGFydmlzIGJlbmNobWFyaw==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()
