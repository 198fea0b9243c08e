"""Periodic work of this room."""

from __future__ import annotations

from parvis.portal.kernel import clock
from parvis.portal.live_rooms.services import presence


def sweep() -> None:
    """Stays that were lost, rooms whose time is over, passages nobody needs any more."""
    presence.sweep(now=clock.now())
