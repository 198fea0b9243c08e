"""The proxy that makes the weather leaves no connection behind, however it ends."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import warnings

from tests.integration.gateway.harness import in_loop
from tests.servers.fault_proxy import FaultProxy


@in_loop
async def test_its_end_closes_both_sides_while_one_of_them_reads_nothing() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x" * 64_000_000)
        with contextlib.suppress(OSError):
            await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        async with FaultProxy(server.sockets[0].getsockname()[1]) as proxy:
            _, deaf = await asyncio.open_connection("127.0.0.1", proxy.port)
            deaf.transport.pause_reading()
            before = -1
            while not proxy.down.passed or before < proxy.down.passed:
                before = proxy.down.passed
                await asyncio.sleep(0.1)
            # The browser has said all: the proxy closes both sides, and waits for the one that does not read.
            deaf.write_eof()
            await asyncio.sleep(0.2)
        gc.collect()
    deaf.close()
    server.close()
    assert not [each.message for each in heard if issubclass(each.category, ResourceWarning)]
