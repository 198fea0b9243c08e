"""An office PC that misbehaves: the browser gets a clean end, the gateway goes on serving."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from pathlib import Path

import pytest

from parvis.gateway.protocol.rdcleanpath import decode
from parvis.gateway.reasons import CLOSE_CODES, Reason
from parvis.ticket.claims import Protocol
from tests.integration.gateway.fake_portal import fake_portal
from tests.integration.gateway.harness import (
    ScriptedTarget,
    browser,
    gateway_for,
    in_loop,
    memory_kib,
    session,
    until,
)
from tests.integration.gateway.rdp_client import rdcleanpath_request
from tests.unit.gateway.protocol.samples import PIXEL_FORMAT

Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter
CONFIRM_SSL = bytes.fromhex("030000130ed000001234000200080001000000")
SERVER_INIT = struct.pack(">HH", 64, 48) + PIXEL_FORMAT + struct.pack(">I", 4) + b"test"


async def speak_rfb(reader: Reader, writer: Writer) -> None:
    """A correct RFB handshake with security None, the browser's pixel format included."""
    writer.write(b"RFB 003.008\n")
    await reader.readexactly(12)
    writer.write(b"\x01\x01")
    await reader.readexactly(1)
    writer.write(bytes(4))
    await reader.readexactly(1)
    writer.write(SERVER_INIT)
    await reader.readexactly(20)


@pytest.mark.parametrize("greeting", [b"SSH-2.0-OpenSSH_9.2\r\n", bytes(range(256)) * 16, b"HTTP/1.1 400 Bad\r\n\r\n"])
@in_loop
async def test_a_vnc_target_that_speaks_something_else(tmp_path: Path, greeting: bytes) -> None:
    async def serve(reader: Reader, writer: Writer) -> None:
        writer.write(greeting)
        await reader.read()

    with fake_portal() as portal:
        async with ScriptedTarget(serve) as target, gateway_for(portal, tmp_path, target.port) as gateway:
            client = await browser(gateway.port)
            client.send(portal.ticket(target.port).encode())
            assert await client.closed() == CLOSE_CODES[Reason.PROTOCOL_ERROR]
            (ended,) = await asyncio.to_thread(portal.wait_for, "ended")
            assert (ended["reason"], ended["detail"]) == ("protocol_error", "target: not an RFB server")


@pytest.mark.parametrize(
    "answer",
    [
        b"",  # accepts, says nothing, closes
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x03\x00\xff\xff" + bytes(1000),  # a confirm of 64 kB
        b"\x03\x00\x00\x13" + bytes(15),
        CONFIRM_SSL + b"this is not TLS at all" * 20,
        bytes(range(256)),
    ],
)
@in_loop
async def test_an_rdp_target_that_speaks_something_else(tmp_path: Path, answer: bytes) -> None:
    async def serve(reader: Reader, writer: Writer) -> None:
        await reader.read(512)
        writer.write(answer)
        if answer:
            await reader.read()

    with fake_portal() as portal:
        async with ScriptedTarget(serve) as target, gateway_for(portal, tmp_path, target.port) as gateway:
            client = await browser(gateway.port, "/gateway/v1/rdp")
            client.send(rdcleanpath_request(portal.ticket(target.port, Protocol.RDP)))
            kind, message = await client.message()
            assert kind == "binary"
            assert decode(message).failure is not None
            assert await client.closed() == CLOSE_CODES[Reason.TARGET_UNREACHABLE]
            await asyncio.to_thread(portal.wait_for, "ended")  # the portal is not left with an open connection


@pytest.mark.parametrize("protocol", list(Protocol))
@in_loop
async def test_a_header_that_never_ends_is_given_up(tmp_path: Path, protocol: Protocol) -> None:
    async def serve(reader: Reader, writer: Writer) -> None:
        writer.write(b"\x03\x00\x00")
        while True:
            await asyncio.sleep(0.2)

    with fake_portal() as portal:
        limits = {"connect_seconds": 0.5}
        async with (
            ScriptedTarget(serve) as target,
            gateway_for(portal, tmp_path, target.port, limits=limits) as gateway,
        ):
            client = await browser(gateway.port, f"/gateway/v1/{protocol}")
            ticket = portal.ticket(target.port, protocol, idle_seconds=1)
            client.send(rdcleanpath_request(ticket) if protocol is Protocol.RDP else ticket.encode())
            expected = Reason.TARGET_UNREACHABLE if protocol is Protocol.RDP else Reason.IDLE
            assert await client.closed() == CLOSE_CODES[expected]


@in_loop
async def test_one_byte_at_a_time_works(tmp_path: Path) -> None:
    picture = struct.pack(">BxHHHHHi", 0, 1, 0, 0, 8, 8, 0) + bytes(range(256))

    async def serve(reader: Reader, writer: Writer) -> None:
        await speak_rfb(reader, writer)
        for octet in picture * 4:
            writer.write(bytes((octet,)))
            await writer.drain()
            await asyncio.sleep(0)
        await reader.read()

    with fake_portal() as portal:
        async with ScriptedTarget(serve) as target, gateway_for(portal, tmp_path, target.port) as gateway:
            client = await session(portal, gateway.port, target.port)
            assert await client.read(4 * len(picture)) == picture * 4
            client.leave()


@in_loop
async def test_a_flood_is_bounded_by_the_browsers_pace(tmp_path: Path) -> None:
    """The PC floods, the browser does not read: the gateway stops reading the PC and its memory stays flat."""
    sent = 0
    block = struct.pack(">BxHHHHHi", 0, 1, 0, 0, 128, 128, 0) + bytes(128 * 128 * 4)

    async def serve(reader: Reader, writer: Writer) -> None:
        nonlocal sent
        await speak_rfb(reader, writer)
        while sent < 400_000_000:
            writer.write(block)
            await writer.drain()
            sent += len(block)

    with fake_portal() as portal:
        async with ScriptedTarget(serve) as target, gateway_for(portal, tmp_path, target.port) as gateway:
            client = await session(portal, gateway.port, target.port)
            client.transport.underlying_transport.pause_reading()
            await asyncio.sleep(1.0)
            stalled, memory = sent, memory_kib()
            await asyncio.sleep(1.5)
            assert sent == stalled, "the PC was still read"
            assert stalled < 32_000_000  # kernel buffers of both sockets, and 64 kB of ours
            assert memory_kib() - memory < 4_000
            assert gateway.context.metrics.pauses.labels("target")._value.get() >= 1
            client.transport.underlying_transport.resume_reading()
            before = client.received
            await asyncio.sleep(1.0)
            assert client.received > before + 1_000_000  # and it goes on
            client.leave()


@in_loop
async def test_a_reset_in_the_middle_of_a_frame(tmp_path: Path) -> None:
    async def serve(reader: Reader, writer: Writer) -> None:
        await speak_rfb(reader, writer)
        writer.write(struct.pack(">BxHHHHHi", 0, 1, 0, 0, 128, 128, 0) + bytes(1000))
        await writer.drain()
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # RST at close
        await asyncio.sleep(0.2)
        writer.transport.abort()

    with fake_portal() as portal:
        async with ScriptedTarget(serve) as target, gateway_for(portal, tmp_path, target.port) as gateway:
            client = await session(portal, gateway.port, target.port)
            assert await client.closed() == CLOSE_CODES[Reason.TARGET_CLOSED]
            (ended,) = await asyncio.to_thread(portal.wait_for, "ended")
            assert ended["reason"] == "target_closed"
            assert gateway.context.registry.admitted == {}


@in_loop
async def test_an_absurd_length_ends_the_session(tmp_path: Path) -> None:
    async def serve(reader: Reader, writer: Writer) -> None:
        await speak_rfb(reader, writer)
        await reader.read(1)
        writer.write(struct.pack(">BxHHHHHiI", 0, 1, 0, 0, 9, 9, 16, 0xFFFFFFFF))
        await reader.read()

    with fake_portal() as portal:
        async with ScriptedTarget(serve) as target, gateway_for(portal, tmp_path, target.port) as gateway:
            client = await session(portal, gateway.port, target.port)
            client.send(struct.pack(">BBHHHH", 3, 0, 0, 0, 9, 9))
            assert await client.closed() == CLOSE_CODES[Reason.PROTOCOL_ERROR]


@in_loop
async def test_a_name_that_resolves_to_a_forbidden_address_is_not_connected_to(tmp_path: Path) -> None:
    """`localhost` is allowed by no network here; the loopback exception is for another port."""

    async def serve(reader: Reader, writer: Writer) -> None:
        await reader.read()

    with fake_portal() as portal:
        async with ScriptedTarget(serve) as target, gateway_for(portal, tmp_path, 1) as gateway:
            for host in ("localhost", "127.0.0.1", "0177.0.0.1", "2130706433", "::ffff:127.0.0.1", "169.254.169.254"):
                client = await browser(gateway.port)
                client.send(portal.ticket(target.port, host=host).encode())
                assert await client.closed() == CLOSE_CODES[Reason.TARGET_FORBIDDEN], host
            assert target.connections == 0
            assert len(await asyncio.to_thread(portal.wait_for, "refused", 6)) == 6


@in_loop
async def test_a_flood_of_cut_texts_is_refused(tmp_path: Path) -> None:
    """With the clipboard closed nothing of it would reach the browser, and so nobody would slow it down."""

    async def serve(reader: Reader, writer: Writer) -> None:
        await speak_rfb(reader, writer)
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write((b"\x03" + bytes(7)) * 1000)
                await writer.drain()

    with fake_portal() as portal:
        async with ScriptedTarget(serve) as target, gateway_for(portal, tmp_path, target.port) as gateway:
            client = await session(portal, gateway.port, target.port)
            assert await client.closed() == CLOSE_CODES[Reason.PROTOCOL_ERROR]
            (ended,) = await asyncio.to_thread(portal.wait_for, "ended")
            assert ended["detail"] == "target: clipboard flood"


@in_loop
async def test_a_flood_of_bells_is_read_in_sips_and_what_follows_comes_whole(tmp_path: Path) -> None:
    """A byte each, and a look of the gateway: it gives others their turn in between."""
    bells, block = b"\x02" * 1_000_000, struct.pack(">BxHHHHHi", 0, 1, 0, 0, 128, 128, 0) + bytes(128 * 128 * 4)

    async def serve(reader: Reader, writer: Writer) -> None:
        await speak_rfb(reader, writer)
        writer.write(bells + block * 20)
        await reader.read()

    with fake_portal() as portal:
        async with ScriptedTarget(serve) as target, gateway_for(portal, tmp_path, target.port) as gateway:
            client = await session(portal, gateway.port, target.port)
            (relay,) = gateway.context.registry.admitted.values()
            pc = relay._target
            assert pc is not None
            await until(lambda: len(pc.get_buffer(-1)) == 4096)
            assert await client.read(len(bells) + 20 * len(block)) == bells + block * 20
            assert len(pc.get_buffer(-1)) > 4096
            client.leave()


@in_loop
async def test_what_one_read_leaves_in_many_parts_is_one_message(tmp_path: Path) -> None:
    async def serve(reader: Reader, writer: Writer) -> None:
        await speak_rfb(reader, writer)
        writer.write((b"\x02\x03" + bytes(7)) * 500)  # a bell, then a cut text that is withheld
        await reader.read()

    with fake_portal() as portal:
        async with ScriptedTarget(serve) as target, gateway_for(portal, tmp_path, target.port) as gateway:
            client = await session(portal, gateway.port, target.port)
            messages, bells = 0, b""
            while len(bells) < 500:
                kind, data = await client.message()
                assert kind == "binary"
                messages, bells = messages + 1, bells + data
            assert bells == b"\x02" * 500
            assert messages < 20, "as many as there were reads"
            client.leave()
