"""One name, one gateway: a second one that was given the same name is refused while the first lives.

Without this each would be taken for a restart of the other, and their sessions would be closed in turn. A gateway
is known again by the `instance` it keeps in its state folder: its own restart is never held up. The cache is enough:
losing it, the first to speak has the name.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.core.cache import cache

from parvis.portal.kernel.errors import Conflict

HELD_SECONDS = 15
"""After this silence of its holder, a name is free."""
_REFRESH_SECONDS = 2


def hold(gateway: str, *, instance: UUID | None, now: datetime) -> None:
    """Take the name, or go on holding it. A gateway too old to have an `instance` is believed.

    Raises:
        Conflict: `gateway_name_taken`.
    """
    if instance is None:
        return
    key, at = f"remote_desktop.name.{gateway}", now.timestamp()
    held: list[object] | None = cache.get(key)
    holder, since = held if held is not None else ("", 0.0)
    age = at - since if isinstance(since, float) else float("inf")
    if holder not in ("", str(instance)) and -HELD_SECONDS < age < HELD_SECONDS:
        raise Conflict(
            f"Another gateway named {gateway} is running: give each its own PARVIS_GATEWAY_NAME. "
            f"The name is free {HELD_SECONDS} seconds after the other has ended.",
            code="gateway_name_taken",
        )
    if holder != str(instance) or not 0 <= age < _REFRESH_SECONDS:
        cache.set(key, [str(instance), at], timeout=HELD_SECONDS * 4)
