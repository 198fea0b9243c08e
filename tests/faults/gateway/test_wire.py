"""Between browser and gateway, and between gateway and PC, a proxy makes bad weather."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator
from pathlib import Path

import picows
import pytest

from parvis.gateway.protocol.rdcleanpath import decode
from parvis.gateway.reasons import CLOSE_CODES, Reason
from parvis.gateway.server import Gateway
from parvis.ticket.claims import Protocol
from tests.faults.gateway import weather
from tests.integration.gateway.fake_portal import FakePortal, fake_portal
from tests.integration.gateway.harness import Browser, ScriptedTarget, browser, gateway_for, in_loop, session, until
from tests.integration.gateway.rdp_client import RdpClient, rdcleanpath_request
from tests.integration.gateway.test_hostile_target import speak_rfb
from tests.servers import xrdp_server
from tests.servers.fault_proxy import FaultProxy, Way

pytestmark = pytest.mark.gateway
ENDS = 40 if weather.IS_LONG else 6
"""Connections cut at different bytes, on each leg."""
PICTURE = weather.picture(32, 32, bytes(range(256)) * 16)


PATIENT = {"handshake_seconds": 60.0, "first_message_seconds": 60.0, "connect_seconds": 60.0}
"""A byte at a time takes its time, on a machine that is full above all."""


async def painter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A VNC server that paints a picture at every message of ten bytes."""
    await speak_rfb(reader, writer)
    while True:
        await reader.readexactly(len(weather.POINTER))
        writer.write(PICTURE)


@contextlib.asynccontextmanager
async def gateway_to(portal: FakePortal, folder: Path, *ports: int, **limits: float) -> AsyncIterator[Gateway]:
    """A gateway that is empty again at the end."""
    async with gateway_for(portal, folder, *ports, limits=dict(limits)) as gateway:
        yield gateway
        await until(lambda: not gateway.context.registry.admitted and not gateway.context.registry.pending)


@in_loop
async def test_one_byte_at_a_time_on_both_legs_in_both_directions(tmp_path: Path) -> None:
    one = functools.partial(Way, piece=1)
    with fake_portal() as portal:
        async with (
            ScriptedTarget(painter) as target,
            FaultProxy(target.port, up=one(), down=one()) as pc,
            gateway_to(portal, tmp_path, pc.port, **PATIENT) as gateway,
            FaultProxy(gateway.port, up=one(), down=one()) as home,
        ):
            client = await session(portal, home.port, pc.port)
            for _ in range(2):
                client.send(weather.POINTER)
                assert await client.read(len(PICTURE)) == PICTURE
            # Not gone at once: a ping that is on its way would break the line before these bytes have passed.
            client.transport.send_close(picows.WSCloseCode.OK)
            assert await client.closed() == 1000
            (ended,) = await asyncio.to_thread(portal.wait_for, "ended")
            assert ended["reason"] == "closed_by_user"


@in_loop
async def test_a_whole_rdp_connection_byte_by_byte(tmp_path: Path) -> None:
    """X.224, TLS records and MCS in pieces of one byte, from a real xrdp."""
    with fake_portal() as portal, xrdp_server() as xrdp:
        async with (
            FaultProxy(xrdp.port, up=Way(piece=1), down=Way(piece=1)) as pc,
            gateway_to(portal, tmp_path, pc.port, **PATIENT) as gateway,
            FaultProxy(gateway.port, up=Way(piece=1), down=Way(piece=1)) as home,
        ):
            client = RdpClient(await browser(home.port, "/gateway/v1/rdp"))
            await client.connect(portal.ticket(pc.port, Protocol.RDP), ["drdynvc"])
            client.browser.leave()
            await asyncio.to_thread(portal.wait_for, "ended")


@pytest.mark.parametrize("leg", ["home", "pc"])
@pytest.mark.parametrize("reset", [True, False], ids=["RST", "FIN"])
@in_loop
async def test_a_cut_in_the_middle_of_a_frame_ends_that_session_only(tmp_path: Path, leg: str, reset: bool) -> None:
    dice = weather.dice(f"cut {leg} {reset}")
    with fake_portal() as portal:
        portal.user_limit = ENDS + 2
        async with contextlib.AsyncExitStack() as stack:
            target = await stack.enter_async_context(ScriptedTarget(painter))
            cutters = []
            if leg == "pc":
                for _ in range(ENDS):
                    # Handshake and names: 60 bytes; a picture: 4,112.
                    way = Way(ends_after=80 + dice.randrange(3 * len(PICTURE)))
                    cutters.append(await stack.enter_async_context(FaultProxy(target.port, down=way, reset=reset)))
            ports = [target.port, *(each.port for each in cutters)]
            gateway = await stack.enter_async_context(gateway_to(portal, tmp_path, *ports))
            if leg == "home":
                for _ in range(ENDS):
                    # The answer to the upgrade, the first message and the handshake: some 300 bytes.
                    way = Way(ends_after=500 + dice.randrange(3 * len(PICTURE)))
                    cutters.append(await stack.enter_async_context(FaultProxy(gateway.port, down=way, reset=reset)))
            bystander = await session(portal, gateway.port, target.port)
            for cutter in cutters:
                door, pc = (cutter.port, target.port) if leg == "home" else (gateway.port, cutter.port)
                client = await session(portal, door, pc)
                for _ in range(5):
                    if client.transport.is_disconnected:
                        break
                    with contextlib.suppress(picows.WSError):
                        client.send(weather.POINTER)
                await client.closed()
                if leg == "pc":
                    assert client.close_code == CLOSE_CODES[Reason.TARGET_CLOSED]
                bystander.send(weather.POINTER)
                assert await bystander.read(len(PICTURE)) == PICTURE
            ends = await asyncio.to_thread(portal.wait_for, "ended", ENDS)
            assert {each["reason"] for each in ends} == {"browser_lost" if leg == "home" else "target_closed"}
            bystander.leave()


@in_loop
async def test_a_pc_that_falls_silent_stops_only_its_own_picture(tmp_path: Path) -> None:
    with fake_portal() as portal:
        async with (
            ScriptedTarget(painter) as target,
            FaultProxy(target.port, down=Way(stalls_after=80 + len(PICTURE) + 1000)) as pc,
            gateway_to(portal, tmp_path, target.port, pc.port) as gateway,
        ):
            stuck = await session(portal, gateway.port, pc.port)
            other = await session(portal, gateway.port, target.port)
            for _ in range(3):
                stuck.send(weather.POINTER)
            await until(lambda: pc.down.has_stalled)
            for _ in range(5):
                other.send(weather.POINTER)
                assert await other.read(len(PICTURE)) == PICTURE
            assert stuck.close_code is None
            pc.down.go_on.set()
            assert await stuck.read(3 * len(PICTURE)) == PICTURE * 3
            stuck.leave()
            other.leave()
            await asyncio.to_thread(portal.wait_for, "ended", 2)


@in_loop
async def test_a_pc_silent_at_any_moment_of_its_tls_is_given_up_in_time(tmp_path: Path) -> None:
    await _tls_fault(tmp_path, stalls=True)


@in_loop
async def test_a_tls_cut_at_any_byte_is_a_pc_that_cannot_be_reached(tmp_path: Path) -> None:
    await _tls_fault(tmp_path, stalls=False)


async def _tls_fault(folder: Path, *, stalls: bool) -> None:
    dice = weather.dice(f"tls {stalls}")
    # X.224's answer has 19 bytes; then the server's hello and its certificate, more than 1,000.
    places = sorted(dice.sample(range(1, 700), 3 if not weather.IS_LONG else 60))
    with fake_portal() as portal, xrdp_server() as xrdp:
        portal.user_limit = len(places) + 8
        async with contextlib.AsyncExitStack() as stack:
            ways = [Way(stalls_after=at) if stalls else Way(ends_after=at) for at in places]
            proxies = [
                await stack.enter_async_context(FaultProxy(xrdp.port, down=way, reset=bool(dice.getrandbits(1))))
                for way in ways
            ]
            gateway = await stack.enter_async_context(
                gateway_to(portal, folder, xrdp.port, *(each.port for each in proxies), connect_seconds=1.0)
            )
            refused = await asyncio.gather(
                *(_refused(gateway.port, portal.ticket(each.port, Protocol.RDP)) for each in proxies)
            )
            assert {each.close_code for each in refused} == {CLOSE_CODES[Reason.TARGET_UNREACHABLE]}, places
            told = await asyncio.to_thread(portal.wait_for, "refused", len(places))
            assert {each["reason"] for each in told} == {"target_unreachable"}
            assert not portal.pins, "half a certificate was shown to the portal"

            await _connects(gateway.port, portal, xrdp.port)


async def _connects(port: int, portal: FakePortal, pc: int) -> None:
    """The PC itself is well: one of a few attempts gets through, however busy this machine is."""
    for attempt in range(8):
        well = RdpClient(await browser(port, "/gateway/v1/rdp"))
        answer = await well.clean_path(portal.ticket(pc, Protocol.RDP))
        well.browser.leave()
        if answer.failure is None:
            return
        assert attempt < 7, answer.failure


async def _refused(port: int, ticket: str) -> Browser:
    client = await browser(port, "/gateway/v1/rdp")
    client.send(rdcleanpath_request(ticket))
    kind, message = await client.message()
    assert kind == "binary"
    assert decode(message).failure is not None
    await client.closed()
    return client


@in_loop
async def test_tls_that_ends_without_a_word_is_an_end(tmp_path: Path) -> None:
    """The PC's TLS is cut in the middle of a record, with no close_notify, while somebody works."""
    dice = weather.dice("record")
    with fake_portal() as portal, xrdp_server() as xrdp:
        async with contextlib.AsyncExitStack() as stack:
            pc = await stack.enter_async_context(FaultProxy(xrdp.port, reset=False))
            gateway = await stack.enter_async_context(gateway_to(portal, tmp_path, pc.port))
            client = RdpClient(await browser(gateway.port, "/gateway/v1/rdp"))
            pc.down.ends_after = 6_000 + dice.randrange(10_000)
            with contextlib.suppress(AssertionError):  # the cut may come before the sequence is done
                await client.connect(portal.ticket(pc.port, Protocol.RDP), ["drdynvc"])
            await client.browser.closed()
            (ended,) = await asyncio.to_thread(portal.wait_for, "ended")
            assert ended["reason"] == "target_closed"
            assert client.browser.close_code == CLOSE_CODES[Reason.TARGET_CLOSED]
