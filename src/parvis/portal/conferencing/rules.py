"""Pure rules of this room."""

from __future__ import annotations

DOWN_AFTER = 3
"""Failed checks in a row before a tool counts as down."""
CHECK_SECONDS = 300
"""How often each tool is checked."""
TELEPHONE = "0123456789"


def is_down(failures: int) -> bool:
    """Whether so many failures in a row mean that it does not work."""
    return failures >= DOWN_AFTER


def dial_string(phone_number: str, pin: str) -> str:
    """What a telephone dials by itself: number, two pauses, PIN and hash (RFC 3966 with pauses in plain characters)."""
    number = "".join(char for char in phone_number if char in TELEPHONE + "+")
    digits = "".join(char for char in pin if char in TELEPHONE)
    if not number:
        return ""
    return f"tel:{number},,{digits}%23" if digits else f"tel:{number}"
