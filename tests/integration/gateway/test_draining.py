"""SIGUSR1: no new session, the live ones until they end, then the process; and one folder, one gateway."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from parvis.gateway.protocol.rdcleanpath import decode
from parvis.gateway.reasons import CLOSE_CODES, Reason
from parvis.ticket.claims import Protocol
from tests.integration.gateway.fake_portal import SECRET, fake_portal
from tests.integration.gateway.harness import (
    ScriptedTarget,
    browser,
    gateway_for,
    gateway_process,
    in_loop,
    until,
)
from tests.integration.gateway.rdp_client import rdcleanpath_request
from tests.integration.gateway.test_hostile_browser import http
from tests.integration.gateway.test_lifecycle import echo_screen, session

POINTER = struct.pack(">BBHH", 5, 0, 1, 1)
BELL = b"\x02"
READY = "GET /gateway/readyz HTTP/1.1\r\nHost: x\r\n\r\n"


async def ready(port: int) -> str:
    """The first and the last line of the answer to a balancer."""
    lines = (await http(port, READY)).strip().splitlines()
    return f"{lines[0].split()[1]} {lines[-1]}"


@in_loop
async def test_a_drained_gateway_keeps_the_old_refuses_the_new_and_leaves_with_the_last(tmp_path: Path) -> None:
    with fake_portal() as portal:
        async with ScriptedTarget(echo_screen) as target:
            with gateway_process(portal, tmp_path, target.port) as (process, port):
                assert await ready(port) == "200 ready"
                old = [await session(portal, port, target.port) for _ in range(2)]
                await until(lambda: bool(portal.heartbeats) and portal.heartbeats[-1]["load"]["draining"] is False)

                process.send_signal(signal.SIGUSR1)
                await until(lambda: portal.heartbeats[-1]["load"]["draining"] is True)
                assert await ready(port) == "503 draining"

                # Whoever comes before a balancer has looked is told in the word that makes the page come back by
                # itself, and the ticket is not used up.
                late = await browser(port)
                late.send(portal.ticket(target.port).encode())
                assert await late.closed() == CLOSE_CODES[Reason.GATEWAY_RESTARTING]
                late = await browser(port, "/gateway/v1/rdp")
                late.send(rdcleanpath_request(portal.ticket(target.port, Protocol.RDP)))
                failure = decode((await late.message())[1]).failure
                assert failure is not None
                assert failure.http_status == 503
                assert await late.closed() == CLOSE_CODES[Reason.GATEWAY_RESTARTING]
                assert len(portal.redeemed) == 2

                process.send_signal(signal.SIGUSR1)  # twice is once
                for client in old:
                    client.send(POINTER)
                    assert await client.read(1) == BELL
                old[0].leave()
                await asyncio.to_thread(portal.wait_for, "ended", 1)
                old[1].send(POINTER)
                assert await old[1].read(1) == BELL
                assert process.poll() is None

                old[1].leave()
                assert await asyncio.to_thread(process.wait, 20) == 0
                assert {event["reason"] for event in portal.wait_for("ended", 2)} == {"closed_by_user"}


@in_loop
async def test_an_empty_gateway_leaves_once_the_portal_has_heard_of_it(tmp_path: Path) -> None:
    with fake_portal() as portal, gateway_process(portal, tmp_path) as (process, _port):
        process.send_signal(signal.SIGUSR1)
        assert await asyncio.to_thread(process.wait, 20) == 0
        assert portal.heartbeats[-1]["load"]["draining"] is True


@in_loop
async def test_at_the_limit_those_who_are_left_come_back_elsewhere(tmp_path: Path) -> None:
    limit = {"PARVIS_GATEWAY_DRAIN_LIMIT_SECONDS": "1.5"}
    with fake_portal() as portal:
        async with ScriptedTarget(echo_screen) as target:
            with gateway_process(portal, tmp_path, target.port, **limit) as (process, port):
                client = await session(portal, port, target.port)
                process.send_signal(signal.SIGUSR1)
                assert await client.closed() == CLOSE_CODES[Reason.GATEWAY_RESTARTING]
                assert await asyncio.to_thread(process.wait, 20) == 0
                assert [event["reason"] for event in portal.wait_for("ended")] == ["gateway_restarting"]
    assert "drain_limit_reached" in (tmp_path / "gateway.log").read_text()


@in_loop
async def test_sigterm_ends_a_drain_at_once(tmp_path: Path) -> None:
    with fake_portal() as portal:
        async with ScriptedTarget(echo_screen) as target:
            with gateway_process(portal, tmp_path, target.port) as (process, port):
                client = await session(portal, port, target.port)
                process.send_signal(signal.SIGUSR1)
                process.send_signal(signal.SIGTERM)
                assert await client.closed() == CLOSE_CODES[Reason.GATEWAY_RESTARTING]
                assert await asyncio.to_thread(process.wait, 20) == 0


@in_loop
async def test_a_balancer_is_told_when_the_portal_is_not_there(tmp_path: Path) -> None:
    silence = {"PARVIS_GATEWAY_PORTAL_SILENCE_SECONDS": "0.5"}
    with fake_portal() as portal, gateway_process(portal, tmp_path, **silence) as (_process, port):
        assert await ready(port) == "200 ready"
        portal.down = True
        async with asyncio.timeout(10):
            while await ready(port) != "503 portal_unreachable":
                await asyncio.sleep(0.05)
        portal.down = False
        async with asyncio.timeout(10):
            while await ready(port) != "200 ready":
                await asyncio.sleep(0.05)


def test_a_second_gateway_in_the_same_folder_says_what_to_do(tmp_path: Path) -> None:
    with fake_portal() as portal, gateway_process(portal, tmp_path) as (first, _port):
        second = subprocess.run(
            [sys.executable, "-m", "parvis.gateway"],
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
                "PARVIS_GATEWAY_LISTEN": "127.0.0.1:0",
                "PARVIS_PORTAL_INTERNAL_URL": portal.url,
                "PARVIS_GATEWAY_SECRET": SECRET,
                "PARVIS_ORIGINS": "https://parvis.test",
                "PARVIS_GATEWAY_STATE_DIR": str(tmp_path),
            },
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert second.returncode == 1
        assert "another gateway is running" in second.stderr
        assert "PARVIS_GATEWAY_STATE_DIR" in second.stderr
        assert "Traceback" not in second.stderr
        assert first.poll() is None
        first.kill()
        first.wait()
        with gateway_process(portal, tmp_path):  # a killed one holds nothing any more
            said = [hello["instance"] for hello in portal.hellos]
    assert len(said) == 2
    assert len(set(said)) == 1, "the same gateway must be known again"


@in_loop
async def test_without_its_name_a_gateway_lets_go_of_what_nobody_could_revoke(tmp_path: Path) -> None:
    with fake_portal() as portal:
        async with (
            ScriptedTarget(echo_screen) as target,
            gateway_for(portal, tmp_path, target.port, limits={"heartbeat_seconds": 0.2}) as gateway,
        ):
            client = await session(portal, gateway.port, target.port)
            portal.name_taken = True
            assert await client.closed() == CLOSE_CODES[Reason.GATEWAY_RESTARTING]
            assert await ready(gateway.port) == "503 portal_unreachable"
            late = await browser(gateway.port)
            late.send(portal.ticket(target.port).encode())
            assert await late.closed() == CLOSE_CODES[Reason.PORTAL_UNREACHABLE]  # the page tries again by itself
            portal.name_taken = False
            await until(lambda: gateway.context.portal.silence < 1)
            (await session(portal, gateway.port, target.port)).leave()


@in_loop
async def test_the_socket_of_the_next_gateway_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "gateway.sock"
    with fake_portal() as portal:
        async with contextlib.AsyncExitStack() as old:
            await old.enter_async_context(gateway_for(portal, tmp_path / "old", socket=path))
            async with gateway_for(portal, tmp_path / "new", socket=path):
                await old.aclose()
                assert path.exists()
            assert not path.exists()


@in_loop
async def test_the_command_is_the_gateway_itself(tmp_path: Path) -> None:
    """A signal to the process a supervisor started reaches the gateway, and no other process stays behind."""
    command = (sys.executable, "-m", "parvis", "gateway")
    with fake_portal() as portal, gateway_process(portal, tmp_path, command=command) as (process, port):
        process.send_signal(signal.SIGUSR1)
        assert await asyncio.to_thread(process.wait, 30) == 0
        with pytest.raises(ConnectionRefusedError):
            await ready(port)


@in_loop
async def test_gateways_renewed_one_after_the_other_cut_nobody(tmp_path: Path) -> None:
    """Two gateways, each drained and started again; pages that open screens all the time find the one that is ready."""
    folders = [tmp_path / "a", tmp_path / "b"]
    for each in folders:
        each.mkdir()
    with fake_portal() as portal:
        portal.user_limit = 100
        async with ScriptedTarget(echo_screen) as target, contextlib.AsyncExitStack() as all_gateways:
            stacks = [all_gateways.enter_context(contextlib.ExitStack()) for _ in folders]

            def start(number: int) -> tuple[subprocess.Popen[bytes], int]:
                gateway = gateway_process(portal, folders[number], target.port, PARVIS_GATEWAY_NAME=f"gateway-{number}")
                return stacks[number].enter_context(gateway)

            running = [start(0), start(1)]
            people = [[await session(portal, port, target.port) for _ in range(3)] for _, port in running]
            for number, (process, port) in enumerate(list(running)):
                process.send_signal(signal.SIGUSR1)
                await until(lambda: any(beat["load"]["draining"] for beat in portal.heartbeats[-4:]))
                assert await ready(port) == "503 draining"
                other = 1 - number
                people[other].append(await session(portal, running[other][1], target.port))  # as a balancer sends them
                for client in people[0] + people[1]:
                    client.send(POINTER)
                    assert await client.read(1) == BELL
                while people[number]:  # their day is over
                    people[number].pop().leave()
                assert await asyncio.to_thread(process.wait, 30) == 0
                running[number] = start(number)
                assert await ready(running[number][1]) == "200 ready"
            for client in people[0] + people[1]:
                client.leave()
            ends = await asyncio.to_thread(portal.wait_for, "ended", 8, 30)
            assert {each["reason"] for each in ends} == {"closed_by_user"}
            assert not portal.of_kind("refused")
