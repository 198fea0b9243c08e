"""« Ask now », on its way to the gateways: what this portal process hears, passed on over lines that stay open.

Lives in the web server's event loop: a line that waits holds a socket and some hundred bytes, never a thread.
"""

from __future__ import annotations

from django.conf import settings

from parvis.serve.hints.board import Board
from parvis.serve.hints.datagram import DatagramSource
from parvis.serve.hints.postgresql import PostgresSource


def own_board() -> Board | None:
    """For a portal as its settings want it; None: hints are off."""
    if settings.PARVIS.hints != "on":
        return None
    embedded = settings.PARVIS.database_url == "sqlite"
    return Board(DatagramSource() if embedded else PostgresSource())
