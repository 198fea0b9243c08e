"""A portal that redeems tickets and takes no events: nobody waits for it, and it hears everything once."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from parvis.gateway import portal_client
from tests.faults.gateway import weather
from tests.integration.gateway.fake_portal import fake_portal
from tests.integration.gateway.harness import ScriptedTarget, gateway_for, in_loop, session, until

pytestmark = pytest.mark.gateway


@in_loop
async def test_screens_open_and_end_while_events_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal_client, "_TIMEOUT_SECONDS", 60.0)  # not to be saved by giving up
    with fake_portal() as portal:
        async with ScriptedTarget(weather.screen) as target, gateway_for(portal, tmp_path, target.port) as gateway:
            portal.holds_events = held = threading.Event()
            for _ in range(4):  # the first one's start is what the portal does not take
                client = await session(portal, gateway.port, target.port)
                await weather.is_alive(client)
                client.leave()
            await until(lambda: not gateway.context.registry.admitted)
            journal = tmp_path / "journal.jsonl"
            await until(lambda: journal.read_bytes().count(b'"ended"') == 4)  # on disk, whatever happens now
            assert portal.events == []
            held.set()
            await asyncio.to_thread(portal.wait_for, "ended", 4, 30)
            assert len(portal.of_kind("started")) == 4
            await until(lambda: journal.read_bytes() == b"")
