"""Names and times as providers want them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from django.utils.crypto import salted_hmac


def room_name(uid: str) -> str:
    """How a provider names the meeting `uid`: always the same, not to be guessed by who knows the uid."""
    return "parvis-" + salted_hmac("parvis.conferencing.room", uid, algorithm="sha256").hexdigest()[:24]


def digits(uid: str, *, count: int) -> str:
    """A PIN of `count` digits for the meeting `uid`, always the same; its first digit is not zero."""
    number = int.from_bytes(hashlib.sha256(room_name(uid).encode()).digest()[:8])
    return str(10 ** (count - 1) + number % (9 * 10 ** (count - 1)))


def dialled(number: str) -> str:
    """« +33 1 70 99 00 00 » → +33170990000."""
    return "".join(char for char in number if char in "+0123456789")[:20]


def utc(instant: datetime) -> str:
    """RFC 3339, to the second."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
