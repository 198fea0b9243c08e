"""What is true of the request being served: set by middleware, read by audit and logs."""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar

correlation: ContextVar[str] = ContextVar("correlation", default="")
client_address: ContextVar[str] = ContextVar("client_address", default="")

_FORM = re.compile(r"\A[0-9a-f]{32}\Z")


def new_correlation(proposed: str = "") -> str:
    """32 hexadecimal digits: the one proposed if it has that form, else a fresh one. Becomes current."""
    value = proposed if _FORM.match(proposed) else secrets.token_hex(16)
    correlation.set(value)
    return value
