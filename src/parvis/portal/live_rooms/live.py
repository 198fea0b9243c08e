"""What voice servers said last and no table keeps: how many of the public listen. In the shared cache, short-lived."""

from __future__ import annotations

from django.core.cache import cache

KEPT_SECONDS = 60


def note_public(room_key: str, listening: int) -> None:
    """Keep the count of a heartbeat."""
    cache.set(f"parvis-live-room-public:{room_key}", listening, timeout=KEPT_SECONDS)


def public_listening(room_key: str) -> int:
    """How many of the public listened at the last heartbeat."""
    return int(cache.get(f"parvis-live-room-public:{room_key}", 0))
