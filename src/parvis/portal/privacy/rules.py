"""Pure rules: retention in months, pages of the audit trail by windows, limits of an export."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

DAYS_PER_MONTH = 30.5
EXPORT_STANDS_FOR = timedelta(days=7)
EXPORT_GIVEN_UP_AFTER = timedelta(hours=6)
"""The worker that gathered it must have died."""
ROWS_PER_KIND = 100_000
"""Newest rows of one kind that an export holds at most."""
BYTES_PER_EXPORT = 200 * 2**20
"""Uncompressed, all kinds together."""
BATCHES_PER_RUN = 200
"""Batches a purge takes of one kind in one run: the rest waits for the next one, other work gets its turn."""
WINDOWS = (2_000, 8_000, 32_000, 128_000, 512_000)
"""Widths, in records, of the pieces in which the trail is searched from the newest down; the last one repeats."""
TEXT_BUDGET = 20_000
"""Records that a search without an index looks at before it shows what it has and offers to go on."""


def kept_since(now: datetime, months: int) -> datetime:
    """The instant before which rows of a kind go."""
    return now - timedelta(days=round(months * DAYS_PER_MONTH))


def within_bounds(months: int, shortest: int, longest: int) -> bool:
    """Whether a retention may be chosen."""
    return shortest <= months <= longest


def windows(newest: int, oldest: int, budget: int | None = None) -> Iterator[tuple[int, int]]:
    """Ranges of ids (low, high), both included, from `newest` down to `oldest`, wider and wider; together at most
    `budget` records.
    """
    high, left = newest, budget
    widths = iter(WINDOWS)
    width = 0
    while high >= oldest and (left is None or left > 0):
        width = next(widths, width)
        size = width if left is None else min(width, left)
        low = max(high - size + 1, oldest)
        yield low, high
        if left is not None:
            left -= high - low + 1
        high = low - 1
