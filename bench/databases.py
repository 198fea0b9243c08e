"""Databases that live as long as a measure: the embedded one, and a PostgreSQL server of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.processes import NotStarted

SERVER_USER = "postgres"
"""Who runs the server when we are root: PostgreSQL refuses to be."""


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL that listens on a Unix socket in its own folder only."""

    url: str
    pid: int
    """Of its first process: `processes.cpu_seconds` counts what all of them spend."""


@contextmanager
def postgresql(*, connections: int = 100, keep: Path | None = None) -> Iterator[Server]:
    """A server with the durability of its defaults (fsync, synchronous commit), deleted afterwards.

    `keep` names a folder where its data stays instead, and is found again the next time.

    Raises:
        NotStarted: PostgreSQL is not installed, or does not start; `str()` says why.
    """
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        raise NotStarted("PostgreSQL is not installed (apt install postgresql)")
    folder = keep.resolve() if keep else Path(tempfile.mkdtemp(prefix="parvis-bench-pg-"))
    data = folder / "data"
    new = not (data / "PG_VERSION").exists()
    prefix = ["runuser", "-u", SERVER_USER, "--"] if os.geteuid() == 0 else []

    def ask(program: str, *arguments: str) -> None:
        argv = [*prefix, str(programs[-1] / program), *arguments]
        with (folder / "output").open("ab") as output:
            done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False)
        if done.returncode:
            raise NotStarted(f"{program}: {(folder / 'output').read_text(errors='replace')[-800:]}")

    try:
        folder.mkdir(exist_ok=True)
        if prefix:
            account = pwd.getpwnam(SERVER_USER)
            os.chown(folder, account.pw_uid, account.pw_gid)
        if new:
            encoding = ("-E", "UTF8", "--locale=C.UTF-8")
            ask("initdb", "-D", str(data), "-U", "parvis", "-A", "trust", *encoding, "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c max_connections={connections}"
        ask("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
            if new:
                ask("createdb", "-h", str(folder), "-U", "parvis", "parvis")
            yield Server(f"postgresql://parvis@/parvis?host={folder}", pid)
        finally:
            ask("pg_ctl", "-D", str(data), "-m", "fast" if keep else "immediate", "stop")
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
