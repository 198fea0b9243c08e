"""Waiting for a descriptor without waking up for anything else."""

from __future__ import annotations

import asyncio


async def readable(descriptor: int, seconds: float | None = None) -> bool:
    """Whether something can be read from it before `seconds` are over."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()

    def note() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(descriptor, note)
    try:
        await asyncio.wait_for(ready, seconds)
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(descriptor)
    return True
