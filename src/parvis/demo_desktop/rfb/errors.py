"""What a client can do wrong."""

from __future__ import annotations


class ProtocolError(Exception):
    """The client's bytes are not RFB, or break a limit of this server; the connection must be closed."""
