"""Browsers that read slowly, or not at all, while their PCs paint as fast as they can.

One such browser, to the byte, is in `tests/integration/gateway/test_hostile_target.py`; here many at once, in a
gateway's own process, whose memory is looked at from outside.
"""

from __future__ import annotations

import asyncio
import hashlib
import socket
from pathlib import Path

import pytest

from tests.faults.gateway import weather
from tests.integration.gateway.fake_portal import fake_portal
from tests.integration.gateway.harness import (
    Browser,
    ScriptedTarget,
    gateway_for,
    gateway_process,
    in_loop,
    session,
    until,
)
from tests.integration.gateway.test_hostile_target import speak_rfb

pytestmark = pytest.mark.gateway
SLOW = 24 if weather.IS_LONG else 8
BLOCK = weather.picture(64, 64, bytes(range(256)) * 64)
"""16 kB."""
EACH = 10 * 1024 * 1024 // len(BLOCK)
"""Pictures a PC has for its browser: more than every buffer on the way holds, the kernel's 6 MiB included."""
_SMALL = 32 * 1024
"""Kernel buffers of PCs and browsers here: what waits, waits in the gateway or not at all."""
BOUND_KIB = 700
"""Of gateway memory for one slow session, buffers of both sides and of TLS included; a PC has 10 MiB to send."""


PATIENT = {"PARVIS_GATEWAY_PEER_TIMEOUT_SECONDS": "300", "PARVIS_GATEWAY_BROWSER_SILENCE_SECONDS": "300"}
"""A browser that takes nothing for long is lost; here the machine may be what is slow."""


class Flood:
    """PCs that paint without being asked, once they may. `sent` counts pictures the network took."""

    def __init__(self) -> None:
        self.sent = 0
        self.done = 0
        self.may_paint = asyncio.Event()
        """Not before the browser has stopped reading: all a PC has to show takes the gateway a few milliseconds."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One PC."""
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SMALL)
        await speak_rfb(reader, writer)
        await self.may_paint.wait()
        for _ in range(EACH):
            writer.write(BLOCK)
            await writer.drain()
            self.sent += 1
        self.done += 1
        await reader.read()


@in_loop
async def test_memory_is_bounded_the_pcs_wait_and_nothing_is_lost(tmp_path: Path) -> None:
    flood = Flood()
    with fake_portal() as portal:
        portal.user_limit = SLOW + 2
        async with ScriptedTarget(flood.serve) as paints, ScriptedTarget(weather.screen) as quiet:
            with gateway_process(portal, tmp_path, paints.port, quiet.port, **PATIENT) as (process, port):
                other = await session(portal, port, quiet.port)
                before = weather.own_kib(process.pid)
                slow = [await _deaf(await session(portal, port, paints.port)) for _ in range(SLOW)]
                flood.may_paint.set()

                stalled = await _steady(flood)
                assert stalled < SLOW * EACH, "the PCs were read although nobody took the pictures"
                assert flood.done == 0
                grown = weather.own_kib(process.pid) - before
                assert grown < SLOW * BOUND_KIB, f"{grown} KiB for {SLOW} slow readers"
                for _ in range(5):
                    await weather.is_alive(other)  # nobody else waits for them

                expected = hashlib.sha256(BLOCK * EACH).digest()
                for each in slow:
                    each.transport.underlying_transport.resume_reading()
                for told in asyncio.as_completed([_all_of(each) for each in slow]):
                    assert await told == expected
                for each in slow:
                    each.leave()
                other.leave()
                await asyncio.to_thread(portal.wait_for, "ended", SLOW + 1)


@in_loop
async def test_a_page_that_takes_nothing_at_all_is_lost_after_its_time(tmp_path: Path) -> None:
    """A closed window is no excuse for ever: the PC is free again, the page comes back when it moves."""
    flood = Flood()
    with fake_portal() as portal:
        async with (
            ScriptedTarget(flood.serve) as paints,
            gateway_for(portal, tmp_path, paints.port, limits={"peer_timeout_seconds": 1.0}) as gateway,
        ):
            client = await _deaf(await session(portal, gateway.port, paints.port))
            flood.may_paint.set()
            (ended,) = await asyncio.to_thread(portal.wait_for, "ended", 1, 30)
            assert ended["reason"] == "browser_lost"
            assert not gateway.context.registry.admitted
            client.transport.disconnect(False)


async def _deaf(client: Browser) -> Browser:
    underlying = client.transport.underlying_transport
    underlying.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL)
    underlying.pause_reading()
    return client


async def _all_of(client: Browser) -> bytes:
    """The digest of everything one PC had to show."""
    came_early = client.take()
    digest, left = hashlib.sha256(came_early), len(BLOCK) * EACH - len(came_early)
    while left:
        kind, data = await asyncio.wait_for(client.messages.get(), 30)
        assert kind == "binary", client.close_code
        digest.update(data)
        left -= len(data)
    return digest.digest()


async def _steady(flood: Flood) -> int:
    """How many pictures were sent, once no PC gets on any more."""
    seen, since = -1, 0

    def is_steady() -> bool:
        nonlocal seen, since
        since = since + 1 if flood.sent == seen else 0
        seen = flood.sent
        return since >= 100  # looks, ten milliseconds apart

    await until(is_steady, timeout=60)
    return flood.sent
