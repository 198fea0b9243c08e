"""Clients that lie, flood or do not read: the others go on as if nothing had happened."""

from __future__ import annotations

import asyncio
import os
import random
import struct
import tracemalloc

import pytest

from parvis.demo_desktop.options import Options
from parvis.demo_desktop.rfb import constants
from parvis.demo_desktop.server import DemoDesktops

from .rfb_client import connected

pytestmark = pytest.mark.timeout(60)


async def dropped(reader):
    """Wait until the server closes the connection."""
    async with asyncio.timeout(5):
        try:
            while await reader.read(65536):
                pass
        except OSError:
            pass


async def still_served(port):
    async with connected(port) as client:
        await client.update(incremental=False)


@pytest.mark.parametrize(
    "greeting",
    [b"GET / HTTP/1.1\r\n\r\n", b"RFB 004.001\n", b"\0" * 64, b"RFB 003.008\n\x09", b"RFB 003.008\n\x02"],
)
def test_garbage_instead_of_a_handshake(greeting):
    async def journey():
        async with DemoDesktops(Options(ports=(0,))) as desktops:
            reader, writer = await asyncio.open_connection("127.0.0.1", desktops.ports[0])
            writer.write(greeting)
            await dropped(reader)
            writer.close()
            await still_served(desktops.ports[0])

    asyncio.run(journey())


@pytest.mark.parametrize(
    "message",
    [
        b"\xff" * 100,
        struct.pack(">BxxxI", 6, constants.MAX_CUT_TEXT_BYTES + 1),
        struct.pack(">BxxxI", 6, 0x80000000),
        struct.pack(">BxxxiI", 6, -4, 0),
        struct.pack(">BxxxiI", 6, -14, 1 << 28 | 1) + b"not zlib...",
        struct.pack(">BxH", 2, 65535),
        struct.pack(">BxxxBBBBHHHBBBxxx", 0, 24, 24, 0, 1, 255, 255, 255, 0, 8, 16),
        struct.pack(">BxxxBBBBHHHBBBxxx", 0, 32, 24, 0, 1, 255, 255, 255, 30, 8, 16),
    ],
)
def test_garbage_after_the_handshake_closes_only_that_client(message):
    async def journey():
        async with DemoDesktops(Options(ports=(0,))) as desktops, connected(desktops.ports[0]) as good:
            async with connected(desktops.ports[0]) as bad:
                bad.writer.write(message)
                await dropped(bad.reader)
            await good.update(incremental=False)

    asyncio.run(journey())


def test_random_bytes_never_break_the_server():
    chance = random.Random(7)

    async def journey():
        async with DemoDesktops(Options(ports=(0,))) as desktops:
            for _ in range(25):
                async with connected(desktops.ports[0]) as client:
                    client.writer.write(chance.randbytes(chance.randrange(1, 400)))
                    await asyncio.sleep(0)
            await still_served(desktops.ports[0])

    asyncio.run(journey())


def test_a_reader_that_never_reads_costs_bounded_memory_and_stops_nobody():
    async def journey():
        async with (
            DemoDesktops(Options(ports=(0,))) as desktops,
            connected(desktops.ports[0], encodings=(constants.RAW,)) as slow,
        ):
            slow.writer.transport.pause_reading()
            async with connected(desktops.ports[0]) as good:
                await good.update(incremental=False)
                tracemalloc.start()
                for turn in range(20):
                    for _ in range(20):
                        slow.request(incremental=False)
                    slow.pointer(turn * 7, turn * 5)
                    good.pointer(turn * 9, turn * 4)
                    good.request()
                    await good.message()
                grown = tracemalloc.get_traced_memory()[0]
                tracemalloc.stop()
                # One update of raw pixels (4 MB) may wait for the slow reader, never twenty.
                assert grown < 24_000_000

    asyncio.run(journey())


def test_a_flood_of_input_leaves_the_others_their_turn():
    async def journey():
        async with (
            DemoDesktops(Options(ports=(0, 0))) as desktops,
            connected(desktops.ports[0]) as flood,
            connected(desktops.ports[1]) as good,
        ):
            await good.update(incremental=False)
            for turn in range(4000):
                flood.type("x")
                flood.pointer(turn % 1280, turn % 800, turn % 8)
            for _ in range(5):
                good.type("a")
                async with asyncio.timeout(3):
                    await good.update()

    asyncio.run(journey())


def test_more_clients_than_allowed_are_turned_away():
    async def journey():
        async with DemoDesktops(Options(ports=(0,))) as desktops:
            open_ones = [await asyncio.open_connection("127.0.0.1", desktops.ports[0]) for _ in range(12)]
            greetings = 0
            for reader, _ in open_ones:
                try:
                    async with asyncio.timeout(5):
                        greetings += bool(await reader.read(12))
                except OSError:
                    pass
            assert greetings == 8
            for _, writer in open_ones:
                writer.close()
            await asyncio.sleep(0.1)
            await still_served(desktops.ports[0])

    asyncio.run(journey())


def test_the_port_is_only_open_to_this_machine():
    async def journey():
        async with DemoDesktops(Options(ports=(0,))) as desktops:
            assert desktops.addresses == [("127.0.0.1", desktops.ports[0])]

    asyncio.run(journey())


def test_a_defect_drops_the_clients_and_is_logged_instead_of_freezing(caplog, monkeypatch):
    def broken(now):
        raise ZeroDivisionError

    async def journey():
        async with DemoDesktops(Options(ports=(0,))) as desktops:
            async with connected(desktops.ports[0]) as client:
                await client.update(incremental=False)
                with monkeypatch.context() as patch:
                    patch.setattr(desktops.computers[0].desktop, "tick", broken)
                    client.type("a")
                    await dropped(client.reader)
            assert "no more frames" in caplog.text
            await still_served(desktops.ports[0])

    asyncio.run(journey())


def test_a_clipboard_bomb_is_refused():
    import zlib

    bomb = zlib.compress(struct.pack(">I", 1 << 30) + os.urandom(10) + b"\0" * (1 << 22))

    async def journey():
        async with DemoDesktops(Options(ports=(0,))) as desktops:
            async with connected(desktops.ports[0]) as bad:
                bad.extended_cut_text(struct.pack(">I", 1 << 28 | 1) + bomb)
                await dropped(bad.reader)
            await still_served(desktops.ports[0])

    asyncio.run(journey())
