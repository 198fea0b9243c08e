"""Half past eight: everybody opens their screen at once. Then a day of coming and going, and nothing is left of it."""

from __future__ import annotations

import asyncio
import contextlib
import random
import resource
import time
from pathlib import Path

import picows
import pytest
import uvloop

from parvis.gateway.reasons import CLOSE_CODES, Reason
from tests.faults.gateway import weather
from tests.integration.gateway.fake_portal import FakePortal, fake_portal
from tests.integration.gateway.harness import Browser, ScriptedTarget, browser, gateway_process, until

pytestmark = pytest.mark.gateway
STORM, STORM_SECONDS = (700, 60.0) if weather.IS_LONG else (100, 3.0)
SOAK_SECONDS = 2 * 3600.0 if weather.IS_LONG else 0.0
ROUND = 25
"""People who come and go at once."""
WARM_ROUNDS, SHORT_ROUNDS = 6, 12
FLAT_KIB = 1500
"""More than this between warm and tired is a leak: 5 KiB for each of the short form's 300 sessions are seen."""


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
                    return await weather.session(portal, port, target.port)

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
def test_memory_and_descriptors_are_flat_after_a_long_day(tmp_path: Path) -> None:
    """Every way in and out, hundreds of times: what the gateway holds when it is empty stays the same."""
    uvloop.run(_soak(tmp_path))


async def _soak(folder: Path) -> None:
    dice = weather.dice("soak")
    with fake_portal() as portal:
        portal.user_limit = ROUND * 2
        async with ScriptedTarget(weather.screen) as target:
            with gateway_process(portal, folder, target.port) as (process, port):
                for _ in range(WARM_ROUNDS):
                    await _round(portal, port, target.port, dice)
                await _empty(portal, process.pid)
                memory, files = weather.proportional_kib(process.pid), weather.descriptors(process.pid)
                until_at, rounds = time.monotonic() + SOAK_SECONDS, 0
                while rounds < SHORT_ROUNDS or time.monotonic() < until_at:
                    await _round(portal, port, target.port, dice)
                    rounds += 1
                await _empty(portal, process.pid)
                assert weather.descriptors(process.pid) <= files + 2  # the portal's own connections come and go
                grown = weather.proportional_kib(process.pid) - memory
                assert grown < FLAT_KIB, f"{grown} KiB after {rounds * ROUND} sessions"


async def _round(portal: FakePortal, port: int, target: int, dice: random.Random) -> None:
    ways = [dice.choice([_leave, _vanish, _half, _forged, _early]) for _ in range(ROUND)]
    await asyncio.gather(*(way(portal, port, target) for way in ways))
    # What was told is of no use any more: the test's own memory should be flat too.
    for told in (portal.events, portal.heartbeats[:-1]):
        told.clear()
    del portal.heartbeats[:-2]
    portal.redeemed.clear()


async def _empty(portal: FakePortal, pid: int) -> None:
    heard = len(portal.heartbeats)
    await until(lambda: len(portal.heartbeats) > heard and not portal.heartbeats[-1]["connections"], 20)
    seen: list[int] = []

    def is_steady() -> bool:
        seen.append(weather.descriptors(pid))
        return len(seen) > 150 and len(set(seen[-150:])) == 1

    await until(is_steady, 30)


async def _leave(portal: FakePortal, port: int, target: int) -> None:
    client = await weather.session(portal, port, target)
    await weather.is_alive(client)
    client.leave()


async def _vanish(portal: FakePortal, port: int, target: int) -> None:
    client = await weather.session(portal, port, target)
    client.transport.underlying_transport.abort()


async def _half(portal: FakePortal, port: int, target: int) -> None:
    """Gone in the middle of the handshake."""
    client = await browser(port)
    client.send(portal.ticket(target).encode())
    await client.message()
    client.transport.underlying_transport.abort()


async def _forged(portal: FakePortal, port: int, target: int) -> None:
    client = await browser(port)
    client.send(portal.ticket(target).encode()[:-4] + b"AAAA")
    assert await client.closed() == CLOSE_CODES[Reason.TICKET_REFUSED]


async def _early(portal: FakePortal, port: int, target: int) -> None:
    """Gone before a word."""
    with contextlib.suppress(OSError, picows.WSError):
        (await browser(port)).transport.underlying_transport.abort()
