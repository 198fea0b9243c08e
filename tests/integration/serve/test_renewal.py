"""SIGHUP to `parvis serve`: the new version takes over, the screens of the old one go on (ADR 31)."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import signal
import socket
import struct
import subprocess
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvloop
from picows import WSError

from parvis.serve.renewal import HANDOVER
from tests.integration.gateway.fake_portal import FakePortal
from tests.integration.gateway.harness import Browser, ScriptedTarget, until
from tests.integration.gateway.test_lifecycle import echo_screen, session
from tests.integration.serve import renewable
from tests.servers.process import free_port, running

pytestmark = [pytest.mark.gateway, pytest.mark.timeout(400)]
PATIENCE = 90.0
ROOT = Path(__file__).resolve().parents[3]
POINTER, BELL = struct.pack(">BBHH", 5, 0, 1, 1), b"\x02"


def in_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        uvloop.run(asyncio.wait_for(test(*args, **kwargs), 300))

    return run


@dataclass
class Machine:
    """A running `parvis serve`."""

    folder: Path
    process: subprocess.Popen[bytes]
    port: int
    side_port: int
    """Where a reverse proxy reaches the gateway itself."""
    portal: FakePortal
    """The twin of the one behind the pages: it makes the tickets."""
    target: int

    def gateways(self) -> set[int]:
        """Numbers of the gateways that live."""
        return self.children(b"parvis.gateway")

    def children(self, word: bytes) -> set[int]:
        """Numbers of the processes that live and have this word in their command."""
        found = set()
        for path in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                state, parent = path.read_text().rpartition(")")[2].split()[:2]
                command = (path.parent / "cmdline").read_bytes().split(b"\0")
                if int(parent) == self.process.pid and state != "Z" and word in command:
                    found.add(int(path.parent.name))
        return found

    def portal_pid(self) -> int:
        """Of the process that answers."""
        return int(httpx.get(f"http://127.0.0.1:{self.port}/", timeout=60, trust_env=False).json()["pid"])

    def holds(self, pid: int) -> set[int]:
        """Which of the two ports a process could accept on."""
        own = {os.readlink(path) for path in Path(f"/proc/{pid}/fd").iterdir() if path.is_symlink()}
        found = set()
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            local, state, inode = (line.split()[index] for index in (1, 3, 9))
            if state == "0A" and f"socket:[{inode}]" in own:
                found.add(int(local.rpartition(":")[2], 16))
        return found & {self.port, self.side_port}

    def said(self, word: str) -> int:
        """How often the log has it."""
        return (self.folder / "log").read_text().count(word)

    async def reload(self, outcome: str = "reload_done") -> None:
        """As `systemctl reload` does, until it is over."""
        before = self.said(outcome)
        self.process.send_signal(signal.SIGHUP)
        await until(lambda: self.said(outcome) > before, PATIENCE)
        assert self.process.poll() is None

    async def screen(self, port: int | None = None) -> Browser:
        """A new session; while a portal starts, as a page does: again."""
        for _ in range(30):
            with contextlib.suppress(AssertionError, OSError, WSError):
                return await session(self.portal, port or self.port, self.target)
            await asyncio.sleep(0.5)
        raise AssertionError("no session opens")


@contextlib.asynccontextmanager
async def at_work(screen: Browser) -> AsyncIterator[list[int]]:
    """Somebody moves the pointer all the time; how often the screen has answered."""
    answers: list[int] = []

    async def work() -> None:
        while True:
            await works(screen)
            answers.append(1)
            await asyncio.sleep(0.02)

    task = asyncio.create_task(work())
    try:
        yield answers
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    # Whatever the last move was answered with, it is not the next one's.
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(screen.read(1), 0.5)


async def works(*screens: Browser) -> None:
    for each in screens:
        each.send(POINTER)
        assert await each.read(1) == BELL


@contextlib.contextmanager
def machine(folder: Path, target: int) -> Iterator[Machine]:
    portal, port, side = FakePortal(), free_port(), free_port()
    (folder / "key").write_bytes(portal.key.private_bytes_raw())
    (folder / "check").write_text("0")
    environ = {
        "PARVIS_MODE": "development",
        "PARVIS_URL": "https://parvis.test",
        "PARVIS_LISTEN": f"127.0.0.1:{port}",
        "PARVIS_DATA_DIR": str(folder / "data"),
        "PARVIS_LOOPBACK_TARGETS": f"127.0.0.1:{target}",
        "PARVIS_GATEWAY_LISTEN": f"127.0.0.1:{side}",
        "PARVIS_GATEWAY_HEARTBEAT_SECONDS": "0.5",
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
    }
    log = folder / "log"
    with running(
        renewable.command(folder, "serve"),
        log_path=log,
        is_ready=lambda: '"portal_reached"' in log.read_text(),
        timeout=PATIENCE,
        env=environ,
    ) as process:
        yield Machine(folder, process, port, side, portal, target)


@in_loop
async def test_screens_outlive_two_upgrades_and_each_gateway_leaves_with_its_last(tmp_path: Path) -> None:
    async with ScriptedTarget(echo_screen) as target:
        with machine(tmp_path, target.port) as one, visitor(one.port) as refused:
            first_portal = await asyncio.to_thread(one.portal_pid)
            (first,) = one.gateways()
            old = await one.screen()

            async with at_work(old) as answers:
                await one.reload()
            assert len(answers) > 5
            (second,) = one.gateways() - {first}
            newer = await one.screen()
            # The gateway's own port is the new one's too, and only its own.
            aside = [await one.screen(one.side_port) for _ in range(3)]
            await until(lambda: one.said("process_renewed") == 1, PATIENCE)
            portal = await asyncio.to_thread(one.portal_pid)
            assert portal != first_portal
            # Nobody has more doors than their own, nor what the supervisor told itself.
            assert (one.holds(portal), one.holds(second), one.holds(first)) == ({one.port}, {one.side_port}, set())
            for child in (portal, second):
                assert HANDOVER.encode() not in Path(f"/proc/{child}/environ").read_bytes()

            await one.reload()
            (third,) = one.gateways() - {first, second}
            newest = await one.screen()
            await works(old, newer, *aside, newest)
            assert one.gateways() == {first, second, third}

            old.leave()
            await until(lambda: one.gateways() == {second, third}, PATIENCE)
            await works(newer, *aside, newest)
            for each in (newer, *aside):
                each.leave()
            await until(lambda: one.gateways() == {third}, PATIENCE)
            await works(newest)
            newest.leave()
            await until(lambda: one.said("gateway_left") == 2, PATIENCE)
            assert not refused


@in_loop
async def test_a_version_that_does_not_start_changes_nothing_and_is_told_of(tmp_path: Path) -> None:
    async with ScriptedTarget(echo_screen) as target:
        with machine(tmp_path, target.port) as one:
            portal = await asyncio.to_thread(one.portal_pid)
            gateways = one.gateways()
            old = await one.screen()

            (tmp_path / "check").write_text("1")
            await one.reload("reload_refused")
            (tmp_path / "check").write_text("0")
            (tmp_path / "broken-gateway").touch()  # it passes its trial, and then does not listen
            await one.reload("reload_failed")
            newer = await one.screen()
            await works(old, newer)
            assert one.gateways() == gateways
            assert await asyncio.to_thread(one.portal_pid) == portal

            (tmp_path / "broken-gateway").unlink()
            (tmp_path / "check").write_text("wait")
            begun = one.said("reload_begun")
            for _ in range(3):  # asked again during the trial: what changed meanwhile is tried too
                one.process.send_signal(signal.SIGHUP)
                await until(lambda: one.said("reload_begun") >= begun + 1, PATIENCE)
            (tmp_path / "check").write_text("0")
            await until(lambda: one.said("reload_done") == 1, PATIENCE)
            assert one.said("reload_begun") == begun + 2
            await works(old, newer)
            # A gateway that dies while it leaves says so to the portal, and leaves the door to the new one.
            (before,) = gateways
            os.kill(before, signal.SIGKILL)
            await until(lambda: one.said("gateway_left") == 1, PATIENCE)
            newest = await one.screen()
            await works(newest)
            assert len(one.gateways()) == 1

            (tmp_path / "check").write_text("wait")
            one.process.send_signal(signal.SIGHUP)
            await until(lambda: one.said("reload_begun") == begun + 3, PATIENCE)
            everybody = one.children(str(tmp_path).encode()) | one.gateways()
            assert len(everybody) >= 3  # a trial, a portal, a gateway
            one.process.terminate()
            assert await asyncio.to_thread(one.process.wait, 30) == 0
            await newest.closed()
            assert not [pid for pid in everybody if Path(f"/proc/{pid}").exists()]


@contextlib.contextmanager
def visitor(port: int) -> Iterator[list[str]]:
    """Opens pages all the time; what was refused."""
    refused: list[str] = []
    over = threading.Event()

    def visit() -> None:
        while not over.wait(0.1):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=60).close()
            except OSError as error:
                refused.append(str(error))

    thread = threading.Thread(target=visit)
    thread.start()
    try:
        yield refused
    finally:
        over.set()
        thread.join()
