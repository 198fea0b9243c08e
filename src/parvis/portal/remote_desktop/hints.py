"""« Ask now »: what makes gateways fetch an order at once instead of at their next heartbeat.

A hint names gateways and says nothing else. It is sent once the order is committed, by PostgreSQL's NOTIFY or, with
the embedded database, by a datagram on this machine; `parvis.serve.hints` in every portal process passes it on to the
gateways that listen there. It may be lost, doubled or forged: the heartbeat, which asks the database, decides alone.
"""

from __future__ import annotations

import re
import secrets
import socket
from collections.abc import Collection
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from parvis.portal.remote_desktop.models import Connection

CHANNEL = "parvis_hints"
MAX_BYTES = 512
"""Of a datagram; longer ones say nothing."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")

state = "off"
"""How this process hears of hints: `off` (nobody listens here yet), `away` or `listening`."""


def ring(**orders: object) -> None:
    """Have the gateways ask, once this is committed, that hold open connections with these properties (as `filter`)."""
    if settings.PARVIS.hints != "on":
        return
    opened = Connection.objects.filter(ended_at__isnull=True, redeemed_at__isnull=False, **orders)
    names = set(opened.order_by().values_list("gateway__name", flat=True)) - {None}
    if names:
        # Should it fail, that is logged: what was decided stands. (A `partial` has no name for that log.)
        transaction.on_commit(lambda: send(names), robust=True)


def send(gateways: Collection[str]) -> None:
    """Tell every portal process that these gateways should ask.

    Raises:
        django.db.Error: not told; their heartbeats will ask all the same.
    """
    if connection.vendor == "postgresql":
        # In a statement of its own: inside the order's transaction it would make commits wait for each other.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, name) FROM unnest(%s::text[]) AS name", [CHANNEL, list(gateways)])
    else:
        _tell_this_machine(gateways)


def _tell_this_machine(gateways: Collection[str]) -> None:
    for path in sockets():
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as told:
            try:
                for gateway in gateways:
                    told.sendto(gateway.encode(), str(path))
            except ConnectionRefusedError:
                path.unlink(missing_ok=True)  # of a portal that was killed: who listens is there from its `bind` on
            except OSError:
                continue  # it has just ended, or is told so much that gateways will ask anyway


def heard(raw: bytes) -> str | None:
    """The gateway that a message names; None: it is no hint."""
    if len(raw) > MAX_BYTES or not raw.isascii():
        return None
    name = raw.decode("ascii")
    return name if _NAME.fullmatch(name) else None


def sockets() -> list[Path]:
    """Where the portal processes of this machine hear of hints, with the embedded database."""
    return sorted(_folder().glob("hints-*.sock"))


def own_socket() -> Path:
    """A place for one more of them."""
    return _folder() / f"hints-{secrets.token_hex(4)}.sock"


def _folder() -> Path:
    return Path(settings.PARVIS.data_dir) / "run"
