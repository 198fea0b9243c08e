"""The clock of a gateway's machine jumps two hours, either way: screens go on, tickets are good at their hour only."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

import pytest

from parvis.gateway.reasons import CLOSE_CODES, Reason
from tests.faults.gateway import weather
from tests.integration.gateway.fake_portal import FakePortal, fake_portal
from tests.integration.gateway.harness import ScriptedTarget, browser, gateway_process, in_loop, session, until
from tests.servers import false_clock

pytestmark = pytest.mark.gateway
HOURS = 2
NEAR = 900
"""Seconds a busy machine may take to say what time it is."""


@in_loop
async def test_screens_outlive_a_clock_that_jumps(tmp_path: Path) -> None:
    setting = tmp_path / "clock"
    with fake_portal() as portal:
        portal.user_limit = 10
        async with ScriptedTarget(weather.screen) as target:
            with gateway_process(portal, tmp_path, target.port, **false_clock.environment(setting)) as (process, port):
                # Idle after 15 minutes, over after an hour: both are durations, and none has gone by.
                kept = await session(portal, port, target.port)
                for hours in (HOURS, -HOURS, 0):
                    false_clock.jump(setting, hours)
                    await until(lambda: abs(_ahead(portal) - hours * 3600) < NEAR)  # noqa: B023 - waited for here
                    heard = len(portal.heartbeats)
                    await until(lambda: len(portal.heartbeats) > heard + 5)  # noqa: B023 - some ticks of its timers
                    await weather.is_alive(kept)
                    client = await browser(port)
                    client.send(portal.ticket(target.port).encode())
                    if hours:
                        assert await client.closed() == CLOSE_CODES[Reason.TICKET_REFUSED]
                    else:
                        assert await client.message() == ("text", b'{"accepted": true}')
                        client.leave()
                    assert len(portal.heartbeats[-1]["connections"]) >= 1
                kept.leave()
                await until(lambda: len(portal.of_kind("ended")) == 2)
                assert {each["reason"] for each in portal.of_kind("ended")} == {"closed_by_user"}
                assert process.poll() is None


def _ahead(portal: FakePortal) -> float:
    """By how many seconds the gateway says it is later than it is."""
    return datetime.fromisoformat(portal.heartbeats[-1]["at"]).timestamp() - time.time()
