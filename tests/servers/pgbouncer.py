"""A real PgBouncer before the suite's PostgreSQL: server processes are shared, a transaction at a time."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.requirements import require
from tests.servers.process import accepts, free_port, running

CONFIG = """
[databases]
* = {server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
{account}
"""


@contextlib.contextmanager
def pgbouncer(database: Mapping[str, Any], folder: Path) -> Iterator[int]:
    """Its port. `database`: as Django's settings say where PostgreSQL is."""
    require("pgbouncer")
    port = free_port()
    told = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    server = " ".join(f"{name}='{database[key]}'" for name, key in told.items() if database[key])
    config = folder / "pgbouncer.ini"
    # It refuses to be root; PostgreSQL’s own account reaches a server that listens in a folder of its own.
    account = "user = postgres" if os.geteuid() == 0 else ""
    config.write_text(CONFIG.format(server=server, port=port, account=account))
    with running(
        ["/usr/sbin/pgbouncer", str(config)],
        log_path=folder / "pgbouncer.log",
        is_ready=lambda: accepts("127.0.0.1", port),
    ):
        yield port
