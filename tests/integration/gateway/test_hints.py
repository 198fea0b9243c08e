"""« Ask now »: what a gateway whose heart beats once in a minute does when the portal gives it a hint, and when not."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from parvis.gateway.pulse import GAP_SECONDS
from parvis.gateway.server import Gateway
from tests.integration.gateway.fake_portal import FakePortal, fake_portal
from tests.integration.gateway.harness import Browser, browser, gateway_for, handshake_none, in_loop, until
from tests.servers import vnc_server

SLOW = {"heartbeat_seconds": 60.0}
"""Only a hint can explain what happens sooner: no test waits that long."""


@asynccontextmanager
async def connected(portal: FakePortal, folder: Path, *targets: int) -> AsyncIterator[Gateway]:
    """A slow gateway whose line is open; it has asked once because of that."""
    portal.gives_hints = True
    async with gateway_for(portal, folder, *targets, limits=SLOW) as gateway:
        await until(lambda: bool(portal.lines))
        assert portal.heartbeats == []
        portal.lines[-1].put(b"listening\n")
        await until(lambda: len(portal.heartbeats) == 1)
        yield gateway


async def screen(portal: FakePortal, gateway: Gateway, target: int) -> Browser:
    client = await browser(gateway.port)
    client.send(portal.ticket(target).encode())
    assert await client.message() == ("text", b'{"accepted": true}')
    await handshake_none(client)
    return client


def opened(portal: FakePortal) -> str:
    return str(portal.of_kind("started")[-1]["connection"])


@in_loop
async def test_an_order_is_fetched_at_once(tmp_path: Path) -> None:
    with fake_portal() as portal, vnc_server() as vnc:
        async with connected(portal, tmp_path, vnc.port) as gateway:
            client = await screen(portal, gateway, vnc.port)
            portal.wait_for("started")
            portal.to_end[opened(portal)] = "ended_by_staff"
            portal.lines[-1].put(b"ask\n")
            assert await client.closed() == 4008


@in_loop
async def test_without_hints_the_heartbeat_finds_it(tmp_path: Path) -> None:
    with fake_portal() as portal, vnc_server() as vnc:
        async with gateway_for(portal, tmp_path, vnc.port) as gateway:  # a portal that answers 404
            client = await screen(portal, gateway, vnc.port)
            portal.wait_for("started")
            portal.to_end[opened(portal)] = "ended_by_staff"
            assert await client.closed() == 4008
            assert b"parvis_gateway_hints_connected 0.0" in gateway.context.metrics.render()


@in_loop
async def test_a_lost_hint_costs_a_heartbeat_and_no_more(tmp_path: Path) -> None:
    with fake_portal() as portal, vnc_server() as vnc:
        portal.gives_hints = True
        async with gateway_for(portal, tmp_path, vnc.port) as gateway:
            await until(lambda: bool(portal.lines))
            portal.lines[-1].put(b"listening\n")
            client = await screen(portal, gateway, vnc.port)
            portal.wait_for("started")
            portal.to_end[opened(portal)] = "ended_by_staff"  # and nobody says so
            assert await client.closed() == 4008


@in_loop
async def test_a_kill_between_the_ticket_and_the_screen_is_not_forgotten(tmp_path: Path) -> None:
    """The order is given, and its heartbeat answered, while the portal's answer to the ticket is still on its way."""
    with fake_portal() as portal, vnc_server() as vnc:
        async with connected(portal, tmp_path, vnc.port) as gateway:
            portal.holds_redeem = threading.Event()
            ticket = portal.ticket(vnc.port)
            client = await browser(gateway.port)
            client.send(ticket.encode())
            await until(lambda: bool(portal.redeemed))
            portal.lines[-1].put(b"ask\n")
            await until(lambda: len(portal.heartbeats) == 2)
            assert portal.heartbeats[-1]["connections"] == []  # not known here yet: this heartbeat cannot end it

            def end_what_is_reported(body: dict[str, object]) -> tuple[int, dict[str, object]]:
                portal.heartbeats.append(body)
                held = body["connections"]
                assert isinstance(held, list)
                return 200, {"end": [{"connection": each["connection"], "reason": "ended_by_staff"} for each in held]}

            portal._on_heartbeat = end_what_is_reported  # type: ignore[method-assign]
            portal.holds_redeem.set()
            assert await client.closed() == 4008


@in_loop
async def test_nonsense_on_the_line_does_nothing(tmp_path: Path) -> None:
    with fake_portal() as portal:
        async with connected(portal, tmp_path) as gateway:
            portal.lines[-1].put(b"\n\xff\xfe\nASK\nask now\n{}\nkill 1\n" + b"x" * 60 + b"\n")
            portal.lines[-1].put(b"alive\naway\n")
            await until(lambda: b"parvis_gateway_hints_connected 0.0" in gateway.context.metrics.render())
            # Counted, not waited for: a question that is not due yet would look like none.
            assert b"parvis_gateway_hints_total 0.0" in gateway.context.metrics.render()
            assert not gateway.context.pulse._asked.is_set()
            portal.lines[-1].put(b"a")
            portal.lines[-1].put(b"sk\n")  # in two pieces, and still understood
            await until(lambda: len(portal.heartbeats) == 2)
            assert b"parvis_gateway_hints_total 1.0" in gateway.context.metrics.render()


@in_loop
async def test_a_word_without_end_is_not_kept(tmp_path: Path) -> None:
    with fake_portal() as portal:
        async with connected(portal, tmp_path):
            portal.lines[-1].put(b"x" * 1000)
            await until(lambda: len(portal.lines) == 2)  # it hung up, and came back


@in_loop
async def test_a_thousand_hints_are_a_few_heartbeats(tmp_path: Path) -> None:
    with fake_portal() as portal:
        async with connected(portal, tmp_path) as gateway:
            began, before = time.monotonic(), len(portal.heartbeats)
            for _ in range(10):  # one heartbeat after the other is asked for
                for _ in range(100):
                    portal.lines[-1].put(b"ask\n")
                await asyncio.sleep(0.05)
            await until(lambda: b"parvis_gateway_hints_total 1000.0" in gateway.context.metrics.render())
            await until(lambda: not gateway.context.pulse._asked.is_set())
            # However slow the machine: never more than one in a gap, whose both ends count.
            most = (time.monotonic() - began) / GAP_SECONDS + 2
            assert 1 <= len(portal.heartbeats) - before <= most


@in_loop
async def test_a_line_that_is_cut_comes_back_and_asks_for_what_it_missed(tmp_path: Path) -> None:
    with fake_portal() as portal, vnc_server() as vnc:
        async with connected(portal, tmp_path, vnc.port) as gateway:
            client = await screen(portal, gateway, vnc.port)
            portal.wait_for("started")
            portal.lines[-1].put(None)
            portal.to_end[opened(portal)] = "access_revoked"  # nobody can tell it now
            await until(lambda: len(portal.lines) == 2)
            portal.lines[-1].put(b"listening\n")
            assert await client.closed() == 4009
            await asyncio.sleep(0)
            assert b"parvis_gateway_hints_connected 1.0" in gateway.context.metrics.render()
