"""LISTEN on a connection of its own. Not psycopg's `notifies()`: it wakes up ten times a second for nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from django.db import connections

from parvis.portal.remote_desktop.hints import CHANNEL
from parvis.serve.hints.readable import readable

CHECK_SECONDS = 20.0
"""Without a word for this long the server is asked whether it is there: a firewall may have forgotten us."""
ANSWER_SECONDS = 5.0


class PostgresSource:
    """The portal's own database server."""

    async def follow(self, heard: Callable[[bytes], None], connected: Callable[[], None]) -> None:
        """See `Source`."""
        import psycopg

        server = await psycopg.AsyncConnection.connect(**_parameters(), autocommit=True)
        try:
            server.add_notify_handler(lambda told: heard(told.payload.encode()))  # those that come with an answer
            await server.execute(f"LISTEN {CHANNEL}")
            connected()
            while True:
                while told := server.pgconn.notifies():
                    heard(told.extra)
                if await readable(server.pgconn.socket, CHECK_SECONDS):
                    server.pgconn.consume_input()  # raises when the server has gone
                else:
                    await asyncio.wait_for(server.execute("SELECT 1"), ANSWER_SECONDS)
        finally:
            server.pgconn.finish()  # at once: nothing waits for a server that may be gone


def _parameters() -> dict[str, Any]:
    told = connections["default"].settings_dict
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    given = {name: told[key] for name, key in names.items() if told[key]}
    return {**told["OPTIONS"], **given, "application_name": "parvis hints"}
