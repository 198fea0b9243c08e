"""Pure rules: the life of a run, and how many lines are written at once."""

from __future__ import annotations

TRANSITIONS: dict[str, tuple[str, ...]] = {
    "draft": ("queued", "discarded"),
    "queued": ("reading", "failed"),
    "reading": ("planned", "failed"),
    "planned": ("queued", "applying", "discarded"),
    "applying": ("applied", "failed"),
    "failed": ("applying",),
    "applied": ("undoing",),
    "undoing": ("undone", "applied"),
}
"""A run's states and what may follow. Planned → queued: the columns were corrected. Failed → applying: taken up."""

FIRST_BATCH, MOST = 100, 500
"""Lines per transaction: how many at first, and at most."""


def paced(size: int, seconds: float) -> int:
    """How many lines come next, when `size` took `seconds`: others' writes should wait half a second at most."""
    if seconds > 0.5:
        return max(size // 2, 20)
    return min(size * 2, MOST) if seconds < 0.25 else size
