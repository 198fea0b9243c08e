"""What is kept for a gateway until its line can say it."""

from __future__ import annotations

import asyncio

from parvis.serve.hints.board import Ear


def test_a_thousand_hints_leave_one_word() -> None:
    async def story() -> None:
        ear = Ear("gw-1", "listening")
        for _ in range(1000):
            ear.tell("ask")
        assert await ear.words(60) == ["listening", "ask"]
        assert await ear.words(0.01) == ["alive"]  # they are said once

    asyncio.run(story())


def test_the_latest_of_two_states_is_said_last() -> None:
    async def story() -> None:
        ear = Ear("gw-1", "listening")
        for state in ("away", "listening"):
            ear.tell(state)
        assert await ear.words(60) == ["away", "listening"]

    asyncio.run(story())
