"""Which event calls which handler: all of it, on this page."""

from __future__ import annotations


def connect() -> None:
    """Subscribe every handler. Called once, when Django is ready."""
