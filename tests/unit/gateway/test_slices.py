from __future__ import annotations

import asyncio

import pytest

from parvis.gateway.slices import SLICE, slices


@pytest.mark.parametrize("count", [0, 1, SLICE, SLICE + 1, 5 * SLICE])
def test_every_item_comes_once_and_in_order(count: int) -> None:
    async def collect() -> list[int]:
        return [item async for some in slices(range(count)) for item in some]

    assert asyncio.run(collect()) == list(range(count))


def test_others_have_their_turn_between_two_slices() -> None:
    """A list of thousands must not hold up a screen: something else runs after each slice."""

    async def count_turns() -> int:
        turns = 0

        async def screen() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(screen())
        async for some in slices(range(20 * SLICE)):
            assert len(some) == SLICE
        task.cancel()
        return turns

    assert asyncio.run(count_turns()) >= 19
