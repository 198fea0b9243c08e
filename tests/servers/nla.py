"""freerdp-shadow-cli with Network Level Authentication (CredSSP), showing a TigerVNC desktop."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.requirements import require
from tests.servers.desktop import Desktop, vnc_server
from tests.servers.md4 import nt_hash
from tests.servers.process import accepts, free_port, running

PASSWORD = "Bureau-2020"


@dataclass
class NlaServer:
    """A running shadow server: only this user with this password gets in."""

    host: str
    port: int
    username: str
    password: str
    desktop: Desktop
    """The desktop it shows: start programs there."""
    log_path: Path


@contextlib.contextmanager
def nla_server(
    *, username: str = "agent", password: str = PASSWORD, geometry: str = "1024x768", window_manager: bool = False
) -> Iterator[NlaServer]:
    """freerdp-shadow-cli on a free loopback port, NLA required, one account."""
    require("freerdp-shadow-cli")
    with (
        tempfile.TemporaryDirectory(prefix="parvis-nla-") as folder,
        vnc_server(geometry=geometry, window_manager=window_manager) as desktop,
    ):
        directory = Path(folder)
        accounts = directory / "sam"
        accounts.write_text(f"{username}:::{nt_hash(password)}:::\n")
        port = free_port()
        log_path = directory / "shadow.log"
        command = ["freerdp-shadow-cli", f"/port:{port}", "/bind-address:127.0.0.1", "/sec:nla", "+auth"]
        command.append(f"/sam-file:{accounts}")
        env = {**desktop.env, "HOME": folder, "XDG_CONFIG_HOME": f"{folder}/config", "WLOG_LEVEL": "INFO"}
        with running(command, log_path=log_path, is_ready=lambda: accepts("127.0.0.1", port), env=env, cwd=directory):
            yield NlaServer("127.0.0.1", port, username, password, desktop, log_path)
