"""Long lists a slice at a time: between slices the loop moves screens, so nobody waits behind thousands of others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TypeVar

SLICE = 50
"""Sessions handled in one go: about half a millisecond."""

T = TypeVar("T")


async def slices(items: Sequence[T]) -> AsyncIterator[Sequence[T]]:
    """`items` in order, `SLICE` at a time."""
    for start in range(0, len(items), SLICE):
        if start:
            await asyncio.sleep(0)
        yield items[start : start + SLICE]
