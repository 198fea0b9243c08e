"""A PC whose bytes take long to follow is read a little at a time, so that others get their turn."""

from __future__ import annotations

import asyncio
import time

from parvis.gateway.protocol.errors import ProtocolError
from parvis.gateway.relay.target import LONG_SECONDS, Target

LARGE, SIP = 64 * 1024, 4096


class Transport(asyncio.Transport):
    """Notes whether it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.reads, self.closing = True, False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def is_closing(self) -> bool:
        return self.closing

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True


class Owner:
    """Takes so much processor for each byte."""

    def __init__(self) -> None:
        self.seconds_a_byte, self.got = 0.0, 0

    def target_data(self, data: memoryview) -> None:
        self.got += len(data)
        end = time.thread_time() + self.seconds_a_byte * len(data)
        while time.thread_time() < end:
            pass

    def target_broken(self, error: ProtocolError) -> None:
        raise error

    def target_lost(self) -> None: ...

    def target_full(self) -> None: ...

    def target_drained(self) -> None: ...


class Pc:
    """A target that has begun, with what is around it."""

    def __init__(self) -> None:
        self.owner, self.transport = Owner(), Transport()
        self.target = Target(self.owner)
        self.target.connection_made(self.transport)
        self.target.start()

    def says(self, many: int) -> int:
        """As a transport does: as much as there is room for. How much that was."""
        taken = min(many, len(self.target.get_buffer(-1)))
        self.target.buffer_updated(taken)
        return taken

    def is_dear(self) -> None:
        self.owner.seconds_a_byte = 3 * LONG_SECONDS / LARGE

    def is_cheap(self) -> None:
        self.owner.seconds_a_byte = 0.0


def test_cheap_bytes_are_read_as_they_come() -> None:
    async def run() -> None:
        pc = Pc()
        assert [pc.says(LARGE) for _ in range(5)] == [LARGE] * 5
        assert pc.transport.reads

    asyncio.run(run())


def test_dear_bytes_are_read_in_sips_one_a_round_until_they_are_cheap_again() -> None:
    async def run() -> None:
        pc = Pc()
        pc.is_dear()
        assert pc.says(LARGE) == LARGE
        for _ in range(3):
            assert not pc.transport.reads
            await asyncio.sleep(0)
            assert pc.transport.reads
            assert pc.says(LARGE) == SIP
        pc.is_cheap()
        await asyncio.sleep(0)
        assert pc.says(LARGE) == SIP
        await asyncio.sleep(0)
        assert pc.says(LARGE) == LARGE
        assert pc.transport.reads
        assert pc.owner.got == 2 * LARGE + 4 * SIP

    asyncio.run(run())


def test_few_bytes_are_not_weighed() -> None:
    async def run() -> None:
        pc = Pc()
        pc.owner.seconds_a_byte = 2 * LONG_SECONDS / 100
        pc.says(100)
        assert pc.transport.reads
        assert pc.says(100) == 100

    asyncio.run(run())


def test_who_was_paused_meanwhile_stays_paused() -> None:
    """The browser reads too slowly: the end of a round must not open the PC again."""

    async def run() -> None:
        pc = Pc()
        pc.is_dear()
        pc.says(LARGE)
        pc.target.pause()
        await asyncio.sleep(0)
        assert not pc.transport.reads
        pc.target.resume()
        assert pc.transport.reads
        # And the other way round: resumed within the round, it is read in the next one only.
        pc.target.pause()
        pc.says(LARGE)
        pc.target.resume()
        assert not pc.transport.reads
        await asyncio.sleep(0)
        assert pc.transport.reads

    asyncio.run(run())


def test_one_that_closes_meanwhile_is_let_go() -> None:
    async def run() -> None:
        pc = Pc()
        pc.is_dear()
        pc.says(LARGE)
        pc.transport.closing = True
        await asyncio.sleep(0)
        assert not pc.transport.reads

    asyncio.run(run())
