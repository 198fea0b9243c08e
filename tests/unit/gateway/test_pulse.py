"""When heartbeats are due."""

from __future__ import annotations

import asyncio
import time

from parvis.gateway.pulse import GAP_SECONDS, Pulse


def test_an_hour_is_not_waited_for_when_somebody_asks() -> None:
    async def story() -> None:
        pulse = Pulse()
        waiting = asyncio.create_task(pulse.wait(3600))
        await asyncio.sleep(0)
        pulse.ask()
        await asyncio.wait_for(waiting, 10)
        assert pulse.count == 1

    asyncio.run(story())


def test_what_is_asked_for_during_a_heartbeat_counts_for_the_next() -> None:
    async def story() -> None:
        pulse = Pulse()
        pulse.ask()
        await pulse.wait(3600)
        pulse.ask()  # the first heartbeat is under way: it may have been answered before this order
        await asyncio.wait_for(pulse.wait(3600), 10)
        assert pulse.count == 2

    asyncio.run(story())


def test_heartbeats_that_take_long_leave_the_portal_alone_longer() -> None:
    pulse = Pulse()
    gaps = []
    for seconds in (0.01, 0.1, 5.0, 0.01):
        pulse.took(seconds)
        gaps.append(pulse.gap)
    assert gaps == [GAP_SECONDS, 0.5, 2.0, GAP_SECONDS]


def test_a_crowd_of_orders_is_fetched_together() -> None:
    async def story() -> None:
        pulse = Pulse()
        pulse.ask()
        await pulse.wait(3600)
        for _ in range(1000):
            pulse.ask()
        began = time.monotonic()
        await pulse.wait(3600)
        assert time.monotonic() - began >= GAP_SECONDS * 0.9
        await pulse.wait(0.01)  # nothing is left over: this one came by its own interval
        assert pulse.count == 3
        assert not pulse._asked.is_set()

    asyncio.run(story())
