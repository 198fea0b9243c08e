"""The cable of a home is pulled: no FIN, no RST, only silence.

The PC's cable: `tests/integration/gateway/test_half_open.py`.
"""

from __future__ import annotations

import asyncio
import sys
from ipaddress import ip_address
from pathlib import Path

import pytest

from parvis.gateway.reasons import Reason
from tests.faults.gateway import weather
from tests.integration.gateway.fake_portal import fake_portal
from tests.integration.gateway.harness import ScriptedTarget, gateway_for, in_loop, until
from tests.integration.gateway.test_hostile_target import speak_rfb
from tests.servers.netns import remote_machine
from tests.servers.process import running

pytestmark = pytest.mark.gateway
PICTURE = weather.picture(64, 64, bytes(64 * 64 * 4))

_HOME = """
import asyncio, sys
from pathlib import Path
import picows
from tests.integration.gateway.harness import ORIGIN, Browser, handshake_none

async def main():
    url, ticket, folder = sys.argv[1:]
    _, browser = await picows.ws_connect(Browser, url, extra_headers={"Origin": ORIGIN})
    browser.send(ticket.encode())
    assert await browser.message() == ("text", b'{"accepted": true}')
    await handshake_none(browser)
    (Path(folder) / "open").touch()
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.parametrize("paints", [True, False], ids=["while pictures flow", "while nothing moves"])
@in_loop
async def test_a_home_that_is_cut_off_is_noticed_and_its_pc_is_free(tmp_path: Path, paints: bool) -> None:
    gone = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await speak_rfb(reader, writer)
        try:
            while paints and not reader.at_eof():
                writer.write(PICTURE)
                await writer.drain()
                await asyncio.sleep(0.02)
            await reader.read()
        finally:
            gone.set()

    # Pictures on their way end it by TCP_USER_TIMEOUT, silence by pings without an answer.
    limits = {"peer_timeout_seconds": 2.0, "ping_seconds": 1.0, "browser_silence_seconds": 60.0 if paints else 3.0}
    with fake_portal() as portal, remote_machine() as home:
        here = str(ip_address(home.address) - 1)
        async with (
            ScriptedTarget(serve) as target,
            gateway_for(portal, tmp_path, target.port, limits=limits, listen=(here, 0)) as gateway,
        ):
            url = f"ws://{here}:{gateway.port}/gateway/v1/vnc"
            command = home.command(sys.executable, "-c", _HOME, url, portal.ticket(target.port), str(tmp_path))
            context = running(command, log_path=tmp_path / "home.log", is_ready=(tmp_path / "open").exists)
            await asyncio.to_thread(context.__enter__)
            try:
                await until(lambda: bool(gateway.context.registry.admitted))
                home.unplug()
                await asyncio.wait_for(gone.wait(), 20)
                (ended,) = await asyncio.to_thread(portal.wait_for, "ended")
                assert ended["reason"] == Reason.BROWSER_LOST
                assert not gateway.context.registry.admitted
            finally:
                await asyncio.to_thread(context.__exit__, None, None, None)
