"""Half past eight: everybody opens their screen at once. Then a day of coming and going, and nothing is left of it."""

from __future__ import annotations

import asyncio
import contextlib
import random
import resource
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import picows
import pytest
import uvloop

from parvis.gateway.reasons import CLOSE_CODES, Reason
from tests.faults.gateway import weather
from tests.faults.gateway.test_wire import PICTURE, painter
from tests.integration.gateway.fake_portal import FakePortal, fake_portal
from tests.integration.gateway.harness import Browser, ScriptedTarget, browser, gateway_process, session, until

pytestmark = pytest.mark.gateway
STORM, STORM_SECONDS = (700, 60.0) if weather.IS_LONG else (100, 3.0)
SOAK_SECONDS = 2 * 3600.0 if weather.IS_LONG else 0.0
ROUND = 25
"""People who come and go at once, or within `PACE` seconds."""
PACE, LOOK_SECONDS = (4.0, 600.0) if weather.IS_LONG else (0.0, 0.0)
"""The long form takes less than a tenth of a core. Then: seconds from one look at memory to the next."""
STAYERS = 20
"""People whose screen is open all day, and who work."""
WARM_ROUNDS, SHORT_ROUNDS = 6, 12
FLAT_KIB = 4000 if weather.IS_LONG else 1500
"""More than this between warm and tired is a leak: 5 KiB for each of the short form's 300 sessions are seen, or 90
bytes for each of the long form's 45,000. What the allocator keeps for later goes up and down by 2,000."""


@pytest.mark.timeout(120 if not weather.IS_LONG else 600)
def test_everybody_at_half_past_eight(tmp_path: Path) -> None:
    """Nobody is refused, everybody's screen answers, and the portal heard of each exactly once."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        uvloop.run(_storm(tmp_path))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def _storm(folder: Path) -> None:
    dice = weather.dice("storm")
    moments = sorted(dice.uniform(0, STORM_SECONDS) for _ in range(STORM))
    with fake_portal() as portal:
        portal.user_limit = STORM
        async with ScriptedTarget(weather.screen) as target:
            with gateway_process(portal, folder, target.port) as (process, port):
                began = time.monotonic()

                async def arrive(moment: float) -> Browser:
                    await asyncio.sleep(max(0.0, began + moment - time.monotonic()))
                    return await session(portal, port, target.port)

                open_ones = await asyncio.gather(*(arrive(each) for each in moments))
                for each in open_ones:
                    await weather.is_alive(each)
                started = await asyncio.to_thread(portal.wait_for, "started", STORM, 30)
                assert len({each["connection"] for each in started}) == STORM
                assert len(portal.redeemed) == STORM
                assert not portal.of_kind("refused")
                await until(lambda: len(portal.heartbeats[-1]["connections"]) == STORM, 30)
                for each in open_ones:
                    each.leave()
                await asyncio.to_thread(portal.wait_for, "ended", STORM, 30)
                await until(lambda: not portal.heartbeats[-1]["connections"], 30)
                assert process.poll() is None


@pytest.mark.timeout(180 if not weather.IS_LONG else 3 * 3600)
def test_memory_and_descriptors_are_flat_after_a_long_day(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Every way in and out, hundreds of times, beside screens that stay: what the gateway holds stays the same."""
    caplog.set_level("WARNING", "picows")  # two lines a person, kept until the test's end
    uvloop.run(_soak(tmp_path))


@dataclass(frozen=True)
class Place:
    """Where people come and go."""

    portal: FakePortal
    port: int
    pc: int
    no_pc: int
    """A port where nobody listens."""
    pid: int

    async def open(self, pc: int, **policy: int) -> Browser:
        """A person's screen."""
        return await session(self.portal, self.port, pc, **policy)


async def _soak(folder: Path) -> None:
    dice = weather.dice("soak")
    with fake_portal() as portal, socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # kept from others, and not listening
        no_pc = nobody.getsockname()[1]
        portal.user_limit = ROUND * 3 + STAYERS
        async with ScriptedTarget(weather.screen) as target, ScriptedTarget(painter) as painted:
            with gateway_process(portal, folder, target.port, painted.port, no_pc) as (process, port):
                place = Place(portal, port, target.port, no_pc, process.pid)
                ends_at = int(time.time() + SOAK_SECONDS + 3600)
                stayers = [await place.open(painted.port, ends_at=ends_at) for _ in range(STAYERS)]
                for _ in range(WARM_ROUNDS):
                    await _round(place, dice, stayers)
                await _quiet(place)
                memory, files = weather.own_kib(process.pid), weather.descriptors(process.pid)
                began, rounds = time.monotonic(), 0
                look_at = began + LOOK_SECONDS
                while rounds < SHORT_ROUNDS or time.monotonic() < began + SOAK_SECONDS:
                    await _round(place, dice, stayers)
                    rounds += 1
                    if LOOK_SECONDS and time.monotonic() > look_at:
                        look_at += LOOK_SECONDS
                        await _look(place, rounds, memory, files)
                await _look(place, rounds, memory, files)
                for each in stayers:
                    each.leave()


async def _look(place: Place, rounds: int, memory: int, files: int) -> None:
    """Nothing is left of those who went."""
    await _quiet(place)
    grown, held = weather.own_kib(place.pid) - memory, weather.descriptors(place.pid)
    print(f"{rounds * ROUND} sessions: {memory} {grown:+d} KiB, {files} {held - files:+d} descriptors")  # noqa: T201 - the long form's diary, `pytest -s`
    assert held <= files + 2  # the portal's own connections come and go
    assert grown < FLAT_KIB, f"{grown} KiB after {rounds * ROUND} sessions"


async def _round(place: Place, dice: random.Random, stayers: list[Browser]) -> None:
    ways = [dice.choice([_leave, _vanish, _half, _forged, _early, _ended, _unreachable]) for _ in range(ROUND)]
    began = time.monotonic()

    async def go(way: Callable[[Place], Awaitable[None]], moment: float) -> None:
        await asyncio.sleep(moment)
        await way(place)

    await asyncio.gather(*(go(way, dice.uniform(0, PACE)) for way in ways))
    for each in stayers:
        each.send(weather.POINTER)
        assert await each.read(len(PICTURE)) == PICTURE
    # What was told is of no use any more: the test's own memory should be flat too.
    portal = place.portal
    for told in (portal.events, portal.redeemed, portal.to_end, portal.seen):
        told.clear()
    del portal.heartbeats[:-2]
    await asyncio.sleep(began + PACE - time.monotonic())


async def _quiet(place: Place) -> None:
    """Only those who stay are there, and descriptors are steady."""
    heard = len(place.portal.heartbeats)
    live = place.portal.heartbeats
    await until(lambda: len(live) > heard and len(live[-1]["connections"]) == STAYERS, 20)
    seen: list[int] = []

    def is_steady() -> bool:
        seen.append(weather.descriptors(place.pid))
        return len(seen) > 150 and len(set(seen[-150:])) == 1

    await until(is_steady, 30)


async def _leave(place: Place) -> None:
    client = await place.open(place.pc)
    await weather.is_alive(client)
    client.leave()


async def _vanish(place: Place) -> None:
    client = await place.open(place.pc)
    client.transport.underlying_transport.abort()


async def _half(place: Place) -> None:
    """Gone in the middle of the handshake."""
    client = await browser(place.port)
    client.send(place.portal.ticket(place.pc).encode())
    await client.message()
    client.transport.underlying_transport.abort()


async def _forged(place: Place) -> None:
    client = await browser(place.port)
    client.send(place.portal.ticket(place.pc).encode()[:-4] + b"AAAA")
    assert await client.closed() == CLOSE_CODES[Reason.TICKET_REFUSED]


async def _early(place: Place) -> None:
    """Gone before a word."""
    with contextlib.suppress(OSError, picows.WSError):
        (await browser(place.port)).transport.underlying_transport.abort()


async def _ended(place: Place) -> None:
    """The portal takes the right away."""
    connection = uuid4()
    client = await browser(place.port)
    client.send(place.portal.ticket(place.pc, connection=connection).encode())
    assert await client.message() == ("text", b'{"accepted": true}'), client.close_code
    place.portal.to_end[str(connection)] = Reason.ENDED_BY_STAFF
    assert await client.closed() == CLOSE_CODES[Reason.ENDED_BY_STAFF]


async def _unreachable(place: Place) -> None:
    client = await browser(place.port)
    client.send(place.portal.ticket(place.no_pc).encode())
    assert await client.closed() == CLOSE_CODES[Reason.TARGET_UNREACHABLE]
