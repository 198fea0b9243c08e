"""A PostgreSQL of one's own, thrown away afterwards, that may be stopped and started."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from tests.requirements import require

OWNER = "postgres"


@dataclass(frozen=True)
class Server:
    """Listens on a Unix socket in `folder`, for nobody else."""

    binaries: Path
    folder: Path

    def url(self, database: str) -> str:
        """What `PARVIS_DATABASE_URL` would be."""
        return f"postgresql://parvis@/{database}?{urlencode({'host': str(self.folder)})}"

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = (
            f"-c listen_addresses='' -c unix_socket_directories='{self.folder}' -c fsync=off -c max_connections=60"
        )
        self._control("-w", "-t", "90", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        """As a machine that loses its current: no connection is said goodbye to."""
        self._control("-m", "immediate", "stop")

    def create(self, database: str, template: str = "template1") -> str:
        """A new database, a copy of `template`; its address."""
        command = [str(self.binaries / "createdb"), "-h", str(self.folder), "-U", "parvis", "-T", template, database]
        subprocess.run(_as_owner(command), check=True, cwd=self.folder)
        return self.url(database)

    def _control(self, *arguments: str) -> None:
        command = [str(self.binaries / "pg_ctl"), "-D", str(self.folder / "data"), *arguments]
        # Not captured: the server inherits the pipe, and would keep it open.
        with (self.folder / "control.log").open("ab") as log:
            subprocess.run(_as_owner(command), check=True, cwd=self.folder, stdout=log, stderr=log)


@contextlib.contextmanager
def throwaway() -> Iterator[Server]:
    """A server from the Debian package, running until the block ends."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        require("postgres")
    # Not in pytest's folder: the server's account must be able to enter, and a socket's path is short.
    folder = Path(tempfile.mkdtemp(prefix="parvis-faults-pg."))
    if os.geteuid() == 0:
        shutil.chown(folder, OWNER)
    server = Server(found[-1], folder)
    command = [str(server.binaries / "initdb"), "-D", str(folder / "data"), "-U", "parvis", "-A", "trust", "-E", "UTF8"]
    try:
        subprocess.run(
            _as_owner([*command, "--locale=C.UTF-8", "--no-sync"]), check=True, cwd=folder, stdout=subprocess.DEVNULL
        )
        server.start()
        try:
            yield server
        finally:
            with contextlib.suppress(subprocess.CalledProcessError):  # a test may have left it stopped
                server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as_owner(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", OWNER, "--", *command] if os.geteuid() == 0 else command
