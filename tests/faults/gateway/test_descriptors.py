"""EMFILE: out of file descriptors the gateway refuses, keeps what it has, and stays under the portal's control.

That it pauses instead of spinning, and serves again afterwards, is in
`tests/integration/gateway/test_lifecycle.py::test_out_of_file_descriptors_it_refuses_and_goes_on`.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path

import pytest

from parvis.gateway.reasons import CLOSE_CODES, Reason
from tests.faults.gateway import weather
from tests.integration.gateway.fake_portal import fake_portal
from tests.integration.gateway.harness import ScriptedTarget, gateway_process, in_loop, session, until
from tests.requirements import require

pytestmark = pytest.mark.gateway


@in_loop
async def test_without_one_descriptor_left_the_portal_still_rules(tmp_path: Path) -> None:
    require("prlimit")
    limit = 100
    with fake_portal() as portal:
        async with ScriptedTarget(weather.screen) as target:
            with gateway_process(portal, tmp_path, target.port, wrapper=("prlimit", f"--nofile={limit}:{limit}")) as (
                process,
                port,
            ):
                kept, ended = [await session(portal, port, target.port) for _ in range(2)]
                first, second = await asyncio.to_thread(portal.wait_for, "started", 2)
                with contextlib.ExitStack() as silent:
                    for _ in range(2 * limit):
                        silent.enter_context(socket.create_connection(("127.0.0.1", port)))
                    await until(lambda: "not_accepted" in (tmp_path / "gateway.log").read_text())

                    heard = len(portal.heartbeats)
                    await until(lambda: len(portal.heartbeats) > heard + 2)
                    assert len(portal.heartbeats[-1]["connections"]) == 2
                    portal.to_end[second["connection"]] = "ended_by_staff"
                    assert await ended.closed() == CLOSE_CODES[Reason.ENDED_BY_STAFF]
                    await weather.is_alive(kept)

                heard = len(portal.heartbeats)
                await until(lambda: len(portal.heartbeats) > heard + 2)
                (await session(portal, port, target.port)).leave()
                kept.leave()
                ends = await asyncio.to_thread(portal.wait_for, "ended", 3)
                assert first["connection"] in {each["connection"] for each in ends}
                assert process.poll() is None
