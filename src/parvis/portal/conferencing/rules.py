"""Pure rules of this room."""

from __future__ import annotations

DOWN_AFTER = 3
"""Failed checks in a row before a tool counts as down."""
CHECK_SECONDS = 300
"""How often each tool is checked."""


def is_down(failures: int) -> bool:
    """Whether so many failures in a row mean that it does not work."""
    return failures >= DOWN_AFTER
