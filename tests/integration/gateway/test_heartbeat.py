"""Heartbeats carry revocations: none is lost to its size or to one session, and without them nobody comes in."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import picows
import pytest

from parvis.gateway import registry, server
from parvis.gateway.portal_client import PortalClient
from parvis.gateway.portal_http import Answer
from parvis.gateway.reasons import CLOSE_CODES, Reason
from parvis.gateway.settings import Settings
from parvis.portal.remote_desktop.gateway_guard import MAX_BODY_BYTES
from parvis.portal.remote_desktop.gateway_schemas import MAX_CONNECTIONS, Heartbeat
from parvis.ticket.addresses import AddressPolicy
from tests.faults.gateway import weather
from tests.integration.gateway.fake_portal import SECRET, fake_portal
from tests.integration.gateway.harness import ScriptedTarget, browser, gateway_for, in_loop, session, until


@in_loop
async def test_without_heartbeats_nobody_new_comes_in_whatever_else_the_portal_answers(tmp_path: Path) -> None:
    with fake_portal() as portal:
        async with (
            ScriptedTarget(weather.screen) as target,
            gateway_for(portal, tmp_path, target.port, limits={"portal_silence_seconds": 1.0}) as gateway,
        ):
            client = await session(portal, gateway.port, target.port)
            portal.refuses_heartbeats = True
            await until(lambda: gateway.context.portal.silence > 1.0)
            late = await browser(gateway.port)
            late.send(portal.ticket(target.port).encode())
            assert await late.closed() == CLOSE_CODES[Reason.PORTAL_UNREACHABLE]
            await weather.is_alive(client)
            portal.refuses_heartbeats = False
            await until(lambda: gateway.context.portal.silence < 1.0)
            (await session(portal, gateway.port, target.port)).leave()
            client.leave()


@in_loop
async def test_keys_that_come_while_a_long_list_is_walked_do_not_spoil_it(tmp_path: Path) -> None:
    with fake_portal() as portal:
        async with (
            ScriptedTarget(weather.screen) as target,
            gateway_for(portal, tmp_path, target.port) as gateway,
        ):
            client = await session(portal, gateway.port, target.port)
            (relay,) = gateway.context.registry.admitted.values()
            began = time.monotonic() - 2.5  # the walk began so long ago; since then:
            await weather.is_alive(client)
            report = relay.report(began)
            assert report["idle_seconds"] == 0
            told = {"gateway": "gw", "boot": str(uuid4()), "at": "2026-11-23T08:30:00Z", "connections": [report]}
            Heartbeat.model_validate(told)
            client.leave()


@in_loop
async def test_the_time_a_long_walk_takes_is_not_taken_for_a_slow_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The viewer draws coarser pictures on a slow line: a busy gateway must not look like one."""
    pings: list[float] = []
    with fake_portal() as portal:
        async with (
            ScriptedTarget(weather.screen) as target,
            gateway_for(portal, tmp_path, target.port, limits={"ping_seconds": 0.1}) as gateway,
        ):
            client = await session(portal, gateway.port, target.port)
            (relay,) = gateway.context.registry.admitted.values()

            async def long_walk(items: Any) -> Any:
                time.sleep(0.3)
                yield items

            monkeypatch.setattr(server, "slices", long_walk)
            monkeypatch.setattr(type(relay), "ping", lambda _, now: pings.append(time.monotonic() - now))
            await until(lambda: len(pings) > 1, timeout=30)
            assert max(pings) < 0.2
            client.leave()


@in_loop
async def test_a_gateway_takes_no_more_than_it_can_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert registry.MOST_CONNECTIONS == MAX_CONNECTIONS
    monkeypatch.setattr(registry, "MOST_CONNECTIONS", 1)
    with fake_portal() as portal:
        async with (
            ScriptedTarget(weather.screen) as target,
            gateway_for(portal, tmp_path, target.port) as gateway,
        ):
            client = await session(portal, gateway.port, target.port)
            with pytest.raises(picows.WSHandshakeError, match="503"):
                await browser(gateway.port)
            client.leave()
            await until(lambda: gateway.context.registry.has_room())
            (await session(portal, gateway.port, target.port)).leave()


@in_loop
async def test_five_thousand_connections_that_have_moved_much_fit_into_a_heartbeat(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []

    async def post(_: str, content: str, __: str) -> Answer:
        sent.append(content)
        return Answer(200, b'{"end": []}')

    settings = Settings(
        portal_url="http://127.0.0.1:1",
        secret=SECRET,
        name="n" * 63,
        origins=frozenset(),
        addresses=AddressPolicy.parse("10.0.0.0/8", "", ""),
        state_dir=tmp_path,
    )
    client = PortalClient(settings, uuid4())
    monkeypatch.setattr(client._control, "post", post)
    report = {
        "connection": str(uuid4()),
        "session": str(uuid4()),
        "up": 10**12,
        "down": 10**13,
        "clipboard_to_pc": 10**4,
        "clipboard_from_pc": 10**4,
        "rtt_ms": 3_599_999,
        "idle_seconds": 86_400,
    }
    await client.heartbeat([report] * MAX_CONNECTIONS, {"connections": MAX_CONNECTIONS})
    assert len(Heartbeat.model_validate_json(sent[0]).connections) == MAX_CONNECTIONS
    assert len(sent[0]) < MAX_BODY_BYTES * 2 / 3
    await client.close()
