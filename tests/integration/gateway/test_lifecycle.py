"""The gateway's process: killed, drained, cut off from the portal, out of descriptors, asked to end sessions."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import picows
import pytest

from parvis.gateway.reasons import CLOSE_CODES, Reason
from parvis.ticket.claims import Protocol
from tests.integration.gateway.fake_portal import SECRET, FakePortal, fake_portal
from tests.integration.gateway.harness import (
    Browser,
    ScriptedTarget,
    browser,
    gateway_for,
    gateway_process,
    handshake_none,
    in_loop,
    until,
)
from tests.integration.gateway.rdp_client import RdpClient
from tests.integration.gateway.test_hostile_target import speak_rfb
from tests.requirements import require
from tests.servers import vnc_auth, vnc_server, xrdp_server

SESSIONS = 50


async def echo_screen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A VNC server that rings its bell at every message."""
    await speak_rfb(reader, writer)
    while await reader.read(1000):
        writer.write(b"\x02")


async def session(portal: FakePortal, port: int, target: int, **policy: int) -> Browser:
    client = await browser(port)
    client.send(portal.ticket(target, **policy).encode())
    assert await client.message() == ("text", b'{"accepted": true}')
    await handshake_none(client)
    return client


@in_loop
async def test_kill_9_with_fifty_sessions_leaves_no_socket_and_no_open_connection(tmp_path: Path) -> None:
    closed = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal closed
        await speak_rfb(reader, writer)
        with contextlib.suppress(ConnectionError):
            await reader.read()
        closed += 1

    with fake_portal() as portal:
        portal.user_limit = SESSIONS
        async with ScriptedTarget(serve) as target:
            with gateway_process(portal, tmp_path, target.port) as (process, port):
                clients = [await session(portal, port, target.port) for _ in range(SESSIONS)]
                await asyncio.to_thread(portal.wait_for, "started", SESSIONS)
                first_boot = portal.hellos[-1]["boot"]
                process.kill()
                for client in clients:
                    assert await client.closed() is None  # no close frame: the kernel closed
                await until(lambda: closed == SESSIONS)
            with gateway_process(portal, tmp_path, target.port) as (process, port):
                # The new boot tells the portal that connections of the first one are over.
                assert portal.hellos[-1]["boot"] != first_boot
                assert portal.hellos[-1]["gateway"] == portal.hellos[0]["gateway"]
                (await session(portal, port, target.port)).leave()


@in_loop
async def test_an_end_the_portal_did_not_hear_survives_kill_9(tmp_path: Path) -> None:
    with fake_portal() as portal:
        async with ScriptedTarget(echo_screen) as target:
            with gateway_process(portal, tmp_path, target.port) as (process, port):
                client = await session(portal, port, target.port)
                await asyncio.to_thread(portal.wait_for, "started")
                portal.down = True
                client.leave()
                journal = tmp_path / "journal.jsonl"
                await until(lambda: b'"ended"' in journal.read_bytes())
                process.kill()
            assert portal.of_kind("ended") == []
            portal.down = False
            with gateway_process(portal, tmp_path, target.port):
                (ended,) = await asyncio.to_thread(portal.wait_for, "ended")
                assert ended["reason"] == "closed_by_user"
                assert ended["connection"] == portal.of_kind("started")[0]["connection"]
                await until(lambda: journal.read_bytes() == b"")


@in_loop
async def test_sigterm_drains(tmp_path: Path) -> None:
    with fake_portal() as portal:
        async with ScriptedTarget(echo_screen) as target:
            with gateway_process(portal, tmp_path, target.port) as (process, port):
                clients = [await session(portal, port, target.port) for _ in range(3)]
                process.send_signal(signal.SIGTERM)
                for client in clients:
                    assert await client.closed() == 1001
                assert await asyncio.to_thread(process.wait, 10) == 0
                assert {event["reason"] for event in portal.of_kind("ended")} == {"gateway_restarting"}
                assert len(portal.of_kind("ended")) == 3
                assert (tmp_path / "journal.jsonl").read_bytes() == b""


@in_loop
async def test_without_the_portal_no_new_session_and_the_old_ones_go_on(tmp_path: Path) -> None:
    limits = {"portal_silence_seconds": 1.0}
    with fake_portal() as portal:
        async with (
            ScriptedTarget(echo_screen) as target,
            gateway_for(portal, tmp_path, target.port, limits=limits) as gw,
        ):
            old = await session(portal, gw.port, target.port)
            portal.down = True
            late = await browser(gw.port)  # still within the time: the redemption itself fails
            late.send(portal.ticket(target.port).encode())
            assert await late.closed() == CLOSE_CODES[Reason.PORTAL_UNREACHABLE]
            await until(lambda: gw.context.portal.silence > 1.0)
            refused = await browser(gw.port)
            refused.send(portal.ticket(target.port).encode())
            assert await refused.closed() == CLOSE_CODES[Reason.PORTAL_UNREACHABLE]
            old.send(struct.pack(">BBHH", 5, 0, 1, 1))
            assert await old.read(1) == b"\x02"
            portal.down = False
            await until(lambda: gw.context.portal.silence < 1.0)
            (await session(portal, gw.port, target.port)).leave()
            events = await asyncio.to_thread(portal.wait_for, "refused", 2)
            assert [event["reason"] for event in events] == ["portal_unreachable"] * 2
            old.leave()


@pytest.mark.parametrize("reason", [Reason.ENDED_BY_STAFF, Reason.ACCESS_REVOKED])
@in_loop
async def test_the_portal_ends_a_session_within_five_seconds(tmp_path: Path, reason: Reason) -> None:
    with fake_portal() as portal:
        limits = {"heartbeat_seconds": 2.0}  # as in production
        async with (
            ScriptedTarget(echo_screen) as target,
            gateway_for(portal, tmp_path, target.port, limits=limits) as gw,
        ):
            ended, other = [await session(portal, gw.port, target.port) for _ in range(2)]
            started = await asyncio.to_thread(portal.wait_for, "started", 2)
            portal.to_end[started[0]["connection"]] = str(reason)
            asked = time.monotonic()
            assert await ended.closed() == CLOSE_CODES[reason]
            assert time.monotonic() - asked < 5
            assert other.close_code is None
            other.leave()


@in_loop
async def test_out_of_file_descriptors_it_refuses_and_goes_on(tmp_path: Path) -> None:
    require("prlimit")
    with fake_portal() as portal:
        portal.user_limit = 100
        async with ScriptedTarget(echo_screen) as target:
            with gateway_process(portal, tmp_path, target.port, wrapper=("prlimit", "--nofile=100:100")) as (_, port):
                clients: list[Browser] = []
                refusal = ""
                while not refusal and len(clients) < 60:
                    try:
                        clients.append(await session(portal, port, target.port))
                    except picows.WSHandshakeError as error:
                        refusal = str(error)
                assert "503" in refusal
                assert len(clients) > 5
                clients[0].send(struct.pack(">BBHH", 5, 0, 1, 1))
                assert await clients[0].read(1) == b"\x02"

                # Connections that say nothing use up the rest: accept itself fails now.
                silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(120)]
                await asyncio.sleep(1.0)
                # Out of descriptors it waits, it does not spin.
                assert 1 <= (tmp_path / "gateway.log").read_text().count("not_accepted") < 20
                clients[1].send(struct.pack(">BBHH", 5, 0, 1, 1))
                assert await clients[1].read(1) == b"\x02"
                for sock in silent:
                    sock.close()
                for client in clients:
                    client.leave()
                await asyncio.to_thread(portal.wait_for, "ended", len(clients))
                deadline = time.monotonic() + 15
                while True:  # and serves again
                    try:
                        (await session(portal, port, target.port)).leave()
                        break
                    except (picows.WSHandshakeError, OSError, AssertionError, TimeoutError):
                        assert time.monotonic() < deadline
                        await asyncio.sleep(0.5)


@in_loop
async def test_the_descriptor_limit_is_raised_at_start(tmp_path: Path) -> None:
    require("prlimit")
    with fake_portal() as portal, gateway_process(portal, tmp_path, wrapper=("prlimit", "--nofile=128:900")) as (p, _):
        assert resource.prlimit(p.pid, resource.RLIMIT_NOFILE) == (900, 900)


@in_loop
async def test_no_ticket_and_no_password_in_any_log(tmp_path: Path) -> None:
    """Canaries: sent in every place a secret travels, looked for in everything the process wrote."""
    password, text = "Canari1!", "texte-canari"
    log_path = tmp_path / "all.log"
    tickets: list[str] = []
    with (
        fake_portal() as portal,
        vnc_server(password=password) as vnc,
        xrdp_server() as xrdp,
        gateway_process(portal, tmp_path, vnc.port, xrdp.port, log_path=log_path) as (process, port),
    ):
        tickets.append(portal.ticket(vnc.port, clipboard_to_pc=True))
        client = await browser(port)
        client.send(tickets[-1].encode())
        await client.message()
        await client.read(12)
        client.send(b"RFB 003.008\n")
        await client.read(2)
        client.send(b"\x02")
        client.send(vnc_auth.answer(await client.read(16), password) + b"\x01")
        await client.read(4 + 24)
        client.send(struct.pack(">BxxxI", 6, len(text)) + text.encode())
        client.send(b"\x63" + text.encode())  # unknown message: a protocol error is logged
        assert await client.closed() == CLOSE_CODES[Reason.PROTOCOL_ERROR]

        tickets.append(portal.ticket(xrdp.port, Protocol.RDP))
        rdp = RdpClient(await browser(port, "/gateway/v1/rdp"))
        await rdp.connect(tickets[-1], ["cliprdr"], password=password)
        rdp.browser.leave()

        tickets.append(portal.ticket(vnc.port, host="pc.invalid"))
        tickets.append(tickets[0][:-4] + "AAAA")
        for ticket in tickets[-2:]:
            client = await browser(port)
            client.send(ticket.encode())
            await client.closed()
        for junk in (text.encode(), b"\x30\x82" + text.encode() * 20):
            client = await browser(port, "/gateway/v1/rdp")
            client.send(junk)
            await client.closed()
        with contextlib.suppress(picows.WSHandshakeError):
            await browser(port, f"/gateway/v1/vnc?ticket={tickets[0]}")
        process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(process.wait, 10)
    written = log_path.read_text() + (tmp_path / "journal.jsonl").read_text() + repr(portal.events)
    assert "session_started" in written
    assert "protocol_error" in written
    for canary in (password, text, SECRET, *(t.split(".")[1][:40] for t in tickets)):
        assert canary not in written


def test_a_wrong_setting_is_one_line_and_status_2(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "parvis.gateway"],
        env={"PATH": os.environ["PATH"], "PARVIS_ORIGINS": "*"},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("parvis gateway: PARVIS_")
    assert done.stderr.count("\n") == 1


def test_a_port_in_use_is_said_plainly(tmp_path: Path) -> None:
    with fake_portal() as portal, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        env = {
            "PARVIS_GATEWAY_LISTEN": f"127.0.0.1:{taken.getsockname()[1]}",
            "PARVIS_PORTAL_INTERNAL_URL": portal.url,
            "PARVIS_GATEWAY_SECRET": "s" * 32,
            "PARVIS_ORIGINS": "https://parvis.test",
            "PARVIS_GATEWAY_STATE_DIR": str(tmp_path),
        }
        done = subprocess.run(
            [sys.executable, "-m", "parvis.gateway"],
            env={"PATH": os.environ["PATH"], **env},
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    assert done.returncode == 1
    assert "address already in use" in done.stderr.lower()
    assert "Traceback" not in done.stderr
