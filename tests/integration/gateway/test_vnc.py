"""VNC through the gateway, against a real TigerVNC."""

from __future__ import annotations

import asyncio
import struct
import time
from pathlib import Path

import pytest

from parvis.gateway.reasons import CLOSE_CODES, Reason
from tests.integration.gateway.fake_portal import fake_portal
from tests.integration.gateway.harness import Browser, browser, gateway_for, handshake_none, in_loop, until
from tests.servers import Desktop, typing_terminal, vnc_auth, vnc_server

UPDATE = struct.pack(">BBHHHH", 3, 0, 0, 0, 1024, 768)
RAW = struct.pack(">BxH4i", 2, 4, 0, -223, -308, -239)


def key(keysym: int) -> bytes:
    return struct.pack(">BBxxI", 4, 1, keysym) + struct.pack(">BBxxI", 4, 0, keysym)


def cut_text(text: str) -> bytes:
    return struct.pack(">BxxxI", 6, len(text)) + text.encode("latin-1")


async def connected(port: int, ticket: str) -> Browser:
    client = await browser(port)
    client.send(ticket.encode())
    assert await client.message() == ("text", b'{"accepted": true}')
    return client


@in_loop
async def test_a_picture_comes_and_keys_arrive(tmp_path: Path) -> None:
    with fake_portal() as portal, vnc_server() as vnc, typing_terminal(vnc) as typed:
        async with gateway_for(portal, tmp_path, vnc.port) as gateway:
            client = await connected(gateway.port, portal.ticket(vnc.port))
            init = await handshake_none(client)
            assert struct.unpack_from(">HH", init) == (1024, 768)
            client.send(RAW + UPDATE)
            await client.read(16)  # the first request is answered by the desktop's size alone
            client.send(struct.pack(">BBHHHH", 3, 1, 0, 0, 1024, 768))
            await until(lambda: client.received > 4 * 1024 * 768)
            client.send(b"".join(key(ord(character)) for character in "bonjour") + key(0xFF0D))
            await until(lambda: typed.read_text() == "bonjour\n")
            await until(lambda: any(beat["connections"] for beat in portal.heartbeats))
            client.leave()
            (ended,) = await asyncio.to_thread(portal.wait_for, "ended")
        (started,) = portal.of_kind("started")
        assert started["client_address"] == started["target_address"] == "127.0.0.1"
        assert ended["reason"] == "closed_by_user"
        assert ended["up"] > 100
        assert ended["down"] == client.received - len(b'{"accepted": true}')


@in_loop
async def test_a_password_is_checked_by_the_pc_itself(tmp_path: Path) -> None:
    with fake_portal() as portal, vnc_server(password="secret") as vnc:
        async with gateway_for(portal, tmp_path, vnc.port) as gateway:
            for password, result in (("secret", bytes(4)), ("wrong", b"\0\0\0\1")):
                client = await connected(gateway.port, portal.ticket(vnc.port))
                await client.read(12)
                client.send(b"RFB 003.008\n")
                assert await client.read(2) == b"\x01\x02"
                client.send(b"\x02")
                client.send(vnc_auth.answer(await client.read(16), password))
                assert await client.read(4) == result
                client.leave()


async def _clipboard_after(client: Browser, vnc: Desktop) -> bytes:
    """What the browser receives around a change of the PC's clipboard."""
    seen = bytearray()
    vnc.set_clipboard("secret-du-pc")
    for _ in range(8):
        client.send(struct.pack(">BBHHHH", 3, 1, 0, 0, 1024, 768))
        await asyncio.sleep(0.1)
        while not client.messages.empty():
            seen += client.messages.get_nowait()[1]
    return bytes(seen)


@pytest.mark.parametrize("allowed", [False, True])
@in_loop
async def test_the_pcs_clipboard_reaches_the_browser_only_when_allowed(tmp_path: Path, allowed: bool) -> None:
    with fake_portal() as portal, vnc_server(options=("-SendPrimary=0",)) as vnc:
        async with gateway_for(portal, tmp_path, vnc.port) as gateway:
            client = await connected(gateway.port, portal.ticket(vnc.port, clipboard_from_pc=allowed))
            await handshake_none(client)
            client.send(struct.pack(">BxH2i", 2, 2, 7, 0) + UPDATE)
            await asyncio.sleep(0.3)
            seen = await _clipboard_after(client, vnc)
            assert (b"secret-du-pc" in seen) is allowed
            assert (b"\x03\x00\x00\x00\x00\x00\x00\x0c" in seen) is allowed
            client.leave()
            (ended,) = await asyncio.to_thread(portal.wait_for, "ended")
            assert ended["reason"] == "closed_by_user"
            assert ended["clipboard_from_pc"] == (1 if allowed else 0)


@pytest.mark.parametrize("allowed", [False, True])
@in_loop
async def test_the_browsers_clipboard_reaches_the_pc_only_when_allowed(tmp_path: Path, allowed: bool) -> None:
    with fake_portal() as portal, vnc_server() as vnc:
        async with gateway_for(portal, tmp_path, vnc.port) as gateway:
            client = await connected(gateway.port, portal.ticket(vnc.port, clipboard_to_pc=allowed))
            await handshake_none(client)
            client.send(struct.pack(">BxH2i", 2, 2, 7, 0) + UPDATE)
            client.send(cut_text("du navigateur"))
            await asyncio.sleep(0.5)
            clipboard = await asyncio.to_thread(vnc.clipboard)
            assert clipboard == ("du navigateur" if allowed else "")
            client.leave()
            (ended,) = await asyncio.to_thread(portal.wait_for, "ended")
            assert ended["clipboard_to_pc"] == (1 if allowed else 0)


@in_loop
async def test_without_a_key_or_a_pointer_the_session_ends(tmp_path: Path) -> None:
    with fake_portal() as portal, vnc_server() as vnc:
        async with gateway_for(portal, tmp_path, vnc.port) as gateway:
            active = await connected(gateway.port, portal.ticket(vnc.port, idle_seconds=2))
            idle = await connected(gateway.port, portal.ticket(vnc.port, idle_seconds=2))
            for client in (active, idle):
                await handshake_none(client)
            for _ in range(16):
                active.send(key(0x61))
                if not idle.transport.is_disconnected:
                    idle.send(UPDATE)  # a program asking for pictures is not a person
                await asyncio.sleep(0.25)
            assert await idle.closed() == CLOSE_CODES[Reason.IDLE]
            assert active.close_code is None
            active.leave()


@in_loop
async def test_the_absolute_limit_ends_an_active_session(tmp_path: Path) -> None:
    with fake_portal() as portal, vnc_server() as vnc:
        async with gateway_for(portal, tmp_path, vnc.port) as gateway:
            client = await connected(gateway.port, portal.ticket(vnc.port, ends_at=int(time.time()) + 2))
            await handshake_none(client)
            assert await client.closed() == CLOSE_CODES[Reason.TIME_LIMIT]
            (ended,) = await asyncio.to_thread(portal.wait_for, "ended")
            assert ended["reason"] == "time_limit"
