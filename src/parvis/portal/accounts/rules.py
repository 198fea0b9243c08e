"""Pure rules of this room: the life of a recovery request, its delays, its code."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

OPEN = ("asked", "identified", "approved")
"""States in which somebody still has something to do."""

MOVES: dict[str, tuple[str, ...]] = {
    "asked": ("identified", "refused", "cancelled", "expired"),
    "identified": ("approved", "refused", "cancelled", "expired"),
    "approved": ("used", "refused", "cancelled", "expired"),
    "used": (),
    "refused": (),
    "cancelled": (),
    "expired": (),
}
"""The lifecycle: from each state, where it may go."""

STANDS_FOR = timedelta(hours=24)
"""A request nobody finished ends then."""
ALONE_WAITS = timedelta(hours=1)
"""Where one person decides alone: time for the owner to read the mail and refuse."""
CODE_STANDS_FOR = timedelta(minutes=30)
TRIES = 5
"""Wrong codes after which the request is over."""

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""32 letters and digits that cannot be taken for each other when read out (no I, O, 0, 1)."""
CODE_LENGTH = 10


def sources(state: str) -> tuple[str, ...]:
    """The states from which one may come to `state`."""
    return tuple(origin for origin, targets in MOVES.items() if state in targets)


def new_code() -> str:
    """50 random bits, to be read out: `ABCDE-23456`."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    return f"{code[:5]}-{code[5:]}"


def code_digest(request_id: int, typed: str) -> str:
    """What is stored for a code, however it was typed (case, spaces, dashes)."""
    plain = "".join(char for char in typed.upper() if char.isascii() and char.isalnum())
    return hashlib.sha256(f"{request_id}:{plain}".encode()).hexdigest()
