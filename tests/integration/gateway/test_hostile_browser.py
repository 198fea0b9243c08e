"""A browser that misbehaves: refused by the door, by the ticket, or cut, and never a harm to others."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
import time
from ipaddress import ip_network
from pathlib import Path

import picows
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from picows import WSMsgType

from parvis.gateway.protocol.rdcleanpath import Failure, decode
from parvis.gateway.reasons import CLOSE_CODES, Reason
from parvis.gateway.refusal_quota import PER_MINUTE
from parvis.gateway.server import Gateway
from parvis.ticket.claims import Protocol
from tests.integration.gateway.fake_portal import fake_portal
from tests.integration.gateway.harness import (
    ORIGIN,
    ScriptedTarget,
    browser,
    gateway_for,
    handshake_none,
    in_loop,
    until,
)
from tests.integration.gateway.rdp_client import rdcleanpath_request
from tests.integration.gateway.test_hostile_target import speak_rfb
from tests.servers import vnc_server

UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: {connection}\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{more}\r\n"
)


async def http(port: int, text: str) -> str:
    """Send raw HTTP; the beginning of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text.encode())
    answer = await asyncio.wait_for(reader.read(65536), 5)
    writer.close()
    return answer.decode(errors="replace")


def upgrade(path: str = "/gateway/v1/vnc", more: str = f"Origin: {ORIGIN}\r\n", connection: str = "Upgrade") -> str:
    return UPGRADE.format(path=path, more=more, connection=connection)


@in_loop
async def test_the_door(tmp_path: Path) -> None:
    with fake_portal() as portal:
        async with gateway_for(portal, tmp_path) as gateway:
            port = gateway.port
            for more in (
                "",
                "Origin: null\r\n",
                "Origin: https://parvis.test.evil.example\r\n",
                "Origin: http://parvis.test\r\n",
                "Origin: https://parvis.test:444\r\n",
                f"Origin: {ORIGIN}\r\nOrigin: https://evil.example\r\n",
            ):
                assert (await http(port, upgrade(more=more))).startswith("HTTP/1.1 403"), more
            for path in ("/", "/gateway/v1/ssh", "/gateway/v1/vnc?ticket=x", "/gateway/v1/vnc/", "//gateway/v1/vnc"):
                assert (await http(port, upgrade(path))).startswith("HTTP/1.1 404"), path
            assert (await http(port, upgrade())).startswith("HTTP/1.1 101")
            assert (await http(port, upgrade(connection="keep-alive, Upgrade"))).startswith("HTTP/1.1 101")  # Firefox
            assert (await http(port, upgrade(connection="close"))).startswith("HTTP/1.1 400")
            assert (await http(port, "POST /gateway/v1/vnc HTTP/1.1\r\n\r\n")).startswith("HTTP/1.1 400")
            assert (await http(port, "\x00\x01\x02\r\n\r\n")).startswith("HTTP/1.1 400")
            assert "\r\n\r\nok" in await http(port, "GET /gateway/livez HTTP/1.1\r\nHost: x\r\n\r\n")
            metrics = await http(port, "GET /gateway/metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            assert 'parvis_gateway_refusals_total{reason="origin"} 6.0' in metrics


@in_loop
async def test_metrics_are_not_for_the_world(tmp_path: Path) -> None:
    with fake_portal() as portal:
        async with gateway_for(portal, tmp_path, trusted_proxies=(ip_network("127.0.0.0/8"),)) as gateway:
            for forwarded, status in (("192.0.2.7", 404), ("127.0.0.1", 200), ("127.0.0.1, 192.0.2.7", 404)):
                request = f"GET /gateway/metrics HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {forwarded}\r\n\r\n"
                assert (await http(gateway.port, request)).startswith(f"HTTP/1.1 {status}")


async def _close_code(gateway: Gateway, ticket: str) -> int | None:
    client = await browser(gateway.port)
    client.send(ticket.encode())
    return await client.closed()


@in_loop
async def test_tickets_that_are_not_good(tmp_path: Path) -> None:
    refused = CLOSE_CODES[Reason.TICKET_REFUSED]
    with fake_portal() as portal, vnc_server() as vnc:
        async with gateway_for(portal, tmp_path, vnc.port) as gateway:
            good = portal.ticket(vnc.port)
            client = await browser(gateway.port)
            client.send(good.encode())
            assert await client.message() == ("text", b'{"accepted": true}')
            assert await _close_code(gateway, good) == refused  # second use, while the first is open
            client.leave()
            assert await _close_code(gateway, good) == refused  # and after
            assert await _close_code(gateway, portal.ticket(vnc.port, issued=time.time() - 61)) == refused
            assert await _close_code(gateway, portal.ticket(vnc.port, issued=time.time() + 30)) == refused
            assert await _close_code(gateway, portal.ticket(vnc.port, key=Ed25519PrivateKey.generate())) == refused
            assert await _close_code(gateway, portal.ticket(vnc.port, Protocol.RDP)) == refused  # wrong endpoint
            changed = portal.ticket(vnc.port)
            changed = changed[:60] + ("A" if changed[60] != "A" else "B") + changed[61:]
            assert await _close_code(gateway, changed) == refused
            assert await _close_code(gateway, "parvis1.x.y") == refused
            assert await _close_code(gateway, "é") == CLOSE_CODES[Reason.PROTOCOL_ERROR]
            events = await asyncio.to_thread(portal.wait_for, "refused", 9)
            assert {event["client_address"] for event in events} == {"127.0.0.1"}
            assert len(portal.redeemed) == 1
            assert len(portal.of_kind("started")) == 1


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("access_revoked", Reason.ACCESS_REVOKED),
        ("too_many_sessions", Reason.TOO_MANY_SESSIONS),
        ("ticket_refused", Reason.TICKET_REFUSED),
        ("something_new", Reason.TICKET_REFUSED),
    ],
)
@in_loop
async def test_the_portal_may_still_refuse(tmp_path: Path, code: str, reason: Reason) -> None:
    with fake_portal() as portal:
        portal.refuse_redeem = code
        async with gateway_for(portal, tmp_path) as gateway:
            assert await _close_code(gateway, portal.ticket(5900)) == CLOSE_CODES[reason]
            client = await browser(gateway.port, "/gateway/v1/rdp")
            client.send(rdcleanpath_request(portal.ticket(3389, Protocol.RDP)))
            _, answer = await client.message()
            statuses = {Reason.ACCESS_REVOKED: 403, Reason.TOO_MANY_SESSIONS: 429, Reason.TICKET_REFUSED: 401}
            assert decode(answer).failure == Failure(http_status=statuses[reason])


@in_loop
async def test_sessions_per_user_are_limited(tmp_path: Path) -> None:
    with fake_portal() as portal, vnc_server() as vnc:
        portal.user_limit = 2
        async with gateway_for(portal, tmp_path, vnc.port) as gateway:
            clients = []
            for _ in range(2):
                client = await browser(gateway.port)
                client.send(portal.ticket(vnc.port).encode())
                assert (await client.message())[0] == "text"
                clients.append(client)
            assert await _close_code(gateway, portal.ticket(vnc.port)) == CLOSE_CODES[Reason.TOO_MANY_SESSIONS]
            other = await browser(gateway.port)
            other.send(portal.ticket(vnc.port, user=8).encode())
            assert (await other.message())[0] == "text"
            for client in (*clients, other):
                client.leave()
            await until(lambda: not gateway.context.registry.admitted)


@in_loop
async def test_a_slow_first_message_is_cut_and_pending_connections_are_limited(tmp_path: Path) -> None:
    with fake_portal() as portal:
        limits = {"first_message_seconds": 1.0, "pending_per_address": 3}
        async with gateway_for(portal, tmp_path, limits=limits) as gateway:
            clients = [await browser(gateway.port) for _ in range(3)]
            with pytest.raises(picows.WSHandshakeError, match="429"):
                await browser(gateway.port)
            for client in clients:
                assert await client.closed() == CLOSE_CODES[Reason.PROTOCOL_ERROR]
            await until(lambda: gateway.context.registry.pending == 0)
            (await browser(gateway.port)).leave()


@in_loop
async def test_a_trickle_of_http_is_cut(tmp_path: Path) -> None:
    with fake_portal() as portal:
        async with gateway_for(portal, tmp_path, limits={"handshake_seconds": 0.5}) as gateway:
            reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
            writer.write(b"GET /gateway/v1/vnc HTTP/1.1\r\n")
            started = time.monotonic()
            assert await asyncio.wait_for(reader.read(100), 5) == b""
            assert time.monotonic() - started < 2
            writer.close()
            huge = await http(gateway.port, "GET /gateway/v1/vnc HTTP/1.1\r\nX: " + "a" * 20_000)
            assert huge == ""


@in_loop
async def test_frames_that_are_not_allowed(tmp_path: Path) -> None:
    violation = CLOSE_CODES[Reason.PROTOCOL_ERROR]
    with fake_portal() as portal, vnc_server() as vnc:
        async with gateway_for(portal, tmp_path, vnc.port, limits={"max_frame": 20_000}) as gateway:
            client = await browser(gateway.port)
            client.transport.send(WSMsgType.TEXT, portal.ticket(vnc.port))
            assert await client.closed() == violation

            client = await browser(gateway.port)
            client.send(bytes(17_000))  # longer than any first message
            assert await client.closed() == violation

            client = await browser(gateway.port)
            client.send(bytes(30_000))  # longer than any frame
            assert await client.closed() == 1009

            client = await browser(gateway.port, "/gateway/v1/rdp")
            client.send(b"\x30\x82\xff\xff")
            _kind, answer = await client.message()
            assert decode(answer).failure == Failure(http_status=400)
            assert await client.closed() == violation

            session = await browser(gateway.port)
            session.send(portal.ticket(vnc.port).encode())
            await session.message()
            await handshake_none(session)
            session.send(b"\x63" * 10)
            assert await session.closed() == violation
            (ended,) = await asyncio.to_thread(portal.wait_for, "ended")
            assert ended["reason"] == "protocol_error"


@in_loop
async def test_an_unmasked_or_broken_frame_is_cut(tmp_path: Path) -> None:
    with fake_portal() as portal:
        async with gateway_for(portal, tmp_path) as gateway:
            for frame in (
                b"\x82\x01a",
                b"\x83\x80\0\0\0\0",
                b"\x82\xff\xff" + bytes(11),
                os.urandom(64) + b"\xff" * 20,
            ):
                reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
                writer.write(upgrade().encode())
                await reader.readuntil(b"\r\n\r\n")
                writer.write(frame)
                if frame[0] in (0x82, 0x83) and len(frame) < 20:
                    answer = await asyncio.wait_for(reader.read(), 5)
                    assert answer[:1] == b"\x88"
                writer.close()
            await until(lambda: gateway.context.registry.pending == 0)


@in_loop
async def test_a_request_in_one_byte_frames_is_understood(tmp_path: Path) -> None:
    with fake_portal() as portal:
        async with gateway_for(portal, tmp_path) as gateway:
            client = await browser(gateway.port, "/gateway/v1/rdp")
            for octet in rdcleanpath_request(portal.ticket(9, Protocol.RDP)):
                client.send(bytes((octet,)))
            _, answer = await client.message()
            assert decode(answer).failure == Failure(http_status=403)  # 127.0.0.1:9 is no allowed target
            assert await client.closed() == CLOSE_CODES[Reason.TARGET_FORBIDDEN]


@in_loop
async def test_a_browser_reset_closes_the_pc_and_is_recorded(tmp_path: Path) -> None:
    with fake_portal() as portal, vnc_server() as vnc:
        async with gateway_for(portal, tmp_path, vnc.port) as gateway:
            client = await browser(gateway.port)
            client.send(portal.ticket(vnc.port).encode())
            await client.message()
            await handshake_none(client)
            sock = client.transport.underlying_transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.transport.underlying_transport.abort()
            (ended,) = await asyncio.to_thread(portal.wait_for, "ended")
            assert ended["reason"] == "browser_lost"
            await until(lambda: not gateway.context.registry.admitted)


@in_loop
async def test_a_silent_browser_is_lost_after_its_time(tmp_path: Path) -> None:
    """Half-open: the browser's machine is gone without a word; its pongs stop."""
    with fake_portal() as portal, vnc_server() as vnc:
        limits = {"ping_seconds": 0.3, "browser_silence_seconds": 1.5}
        async with gateway_for(portal, tmp_path, vnc.port, limits=limits) as gateway:
            client = await browser(gateway.port)
            client.send(portal.ticket(vnc.port).encode())
            await client.message()
            await handshake_none(client)
            await asyncio.sleep(2.5)  # quiet, but answering pings
            assert client.close_code is None
            assert portal.heartbeats[-1]["connections"][0]["rtt_ms"] is not None
            client.transport.underlying_transport.pause_reading()
            (ended,) = await asyncio.to_thread(portal.wait_for, "ended")
            assert ended["reason"] == "browser_lost"
            client.transport.underlying_transport.abort()


async def _abuse(gateway: Gateway) -> None:
    for index in range(60):
        with contextlib.suppress(picows.WSHandshakeError, ConnectionError):
            client = await browser(gateway.port, ("/gateway/v1/vnc", "/gateway/v1/rdp")[index % 2])
            client.send(os.urandom(index * 7 + 1))


@in_loop
async def test_others_are_served_meanwhile(tmp_path: Path) -> None:
    with fake_portal() as portal, vnc_server() as vnc:
        async with gateway_for(portal, tmp_path, vnc.port) as gateway:
            abuse = asyncio.create_task(_abuse(gateway))
            for _ in range(5):
                client = await browser(gateway.port)
                client.send(portal.ticket(vnc.port).encode())
                assert (await client.message())[0] == "text"
                await handshake_none(client)
                client.leave()
            await abuse
            await until(lambda: not gateway.context.registry.admitted and gateway.context.registry.pending == 0)
            # Sixty refusals of a stranger do not fill the audit trail.
            assert 1 <= len(portal.of_kind("refused")) <= PER_MINUTE


@in_loop
async def test_a_flood_from_the_browser_is_bounded_by_the_pcs_pace(tmp_path: Path) -> None:
    """The PC does not read: the gateway stops reading the browser, and its memory stays flat."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await speak_rfb(reader, writer)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.sleep(30)

    fence = struct.pack(">BxxxIB", 248, 0, 64) + bytes(64)
    with fake_portal() as portal:
        async with ScriptedTarget(serve) as target, gateway_for(portal, tmp_path, target.port) as gateway:
            client = await browser(gateway.port)
            client.send(portal.ticket(target.port).encode())
            await client.message()
            await handshake_none(client)
            (relay,) = gateway.context.registry.admitted.values()
            for _ in range(200):
                client.send(fence * 1000)  # 14 MB in all
                await asyncio.sleep(0)
            await asyncio.sleep(1.0)
            taken = relay.up
            assert gateway.context.metrics.pauses.labels("browser")._value.get() >= 1
            assert client.transport.underlying_transport.get_write_buffer_size() > 1_000_000  # it waits over there
            await asyncio.sleep(1.0)
            assert relay.up == taken
            client.transport.underlying_transport.abort()
            await until(lambda: not gateway.context.registry.admitted, timeout=20)
