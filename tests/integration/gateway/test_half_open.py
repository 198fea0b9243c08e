"""An office PC whose cable is pulled: no FIN, no RST, only silence."""

from __future__ import annotations

import asyncio
import struct
import sys
import time
from pathlib import Path

from parvis.gateway.reasons import CLOSE_CODES, Reason
from tests.integration.gateway.fake_portal import fake_portal
from tests.integration.gateway.harness import browser, gateway_for, handshake_none, in_loop, until
from tests.servers.netns import remote_machine
from tests.servers.process import accepts, running

_SERVER = """
import asyncio
from tests.integration.gateway.test_hostile_target import speak_rfb

async def serve(reader, writer):
    await speak_rfb(reader, writer)
    while await reader.read(1000):
        writer.write(bytes((2,)))

async def main():
    server = await asyncio.start_server(serve, "0.0.0.0", 5900)
    await server.serve_forever()

asyncio.run(main())
"""
BELL = b"\x02"
POINTER = struct.pack(">BBHH", 5, 0, 1, 1)


@in_loop
async def test_a_pulled_cable_is_noticed_and_a_short_cut_is_survived(tmp_path: Path) -> None:
    with (
        fake_portal() as portal,
        remote_machine() as machine,
        running(
            machine.command(sys.executable, "-c", _SERVER),
            log_path=tmp_path / "server.log",
            is_ready=lambda: accepts(machine.address, 5900),
        ),
    ):
        async with gateway_for(portal, tmp_path, limits={"peer_timeout_seconds": 4.0}) as gateway:
            client = await browser(gateway.port)
            client.send(portal.ticket(5900, host=machine.address).encode())
            await client.message()
            await handshake_none(client)

            machine.unplug()
            client.send(POINTER)
            await asyncio.sleep(1.0)
            machine.plug()
            assert await client.read(1) == BELL  # retransmitted: nothing was lost
            assert client.close_code is None

            machine.unplug()
            client.send(POINTER)
            pulled = time.monotonic()
            assert await client.closed() == CLOSE_CODES[Reason.TARGET_CLOSED]
            assert 3 < time.monotonic() - pulled < 10
            (ended,) = await asyncio.to_thread(portal.wait_for, "ended")
            assert ended["reason"] == "target_closed"

            # And a new connection is given up in its time, in the right words.
            machine.unplug()
            late = await browser(gateway.port)
            late.send(portal.ticket(5900, host=machine.address).encode())
            await until(lambda: late.close_code is not None, timeout=15)
            assert late.close_code == CLOSE_CODES[Reason.TARGET_UNREACHABLE]
