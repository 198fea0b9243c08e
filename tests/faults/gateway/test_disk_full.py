"""The disk with the gateway's journal is full: screens do not notice, and the portal hears everything once.

To the byte, with the journal alone: `tests/unit/gateway/test_journal.py`.
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.gateway import weather
from tests.integration.gateway.fake_portal import fake_portal
from tests.integration.gateway.harness import ScriptedTarget, gateway_process, in_loop, session, until
from tests.servers.small_disk import fill, small_disk

pytestmark = pytest.mark.gateway
ROOM = 64 * 1024
"""Bytes of the whole disk: the journal of some sessions."""
Change = Callable[[int], object]
"""Takes the gateway's process."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[tuple[Path, Change, Change]]:
    """The gateway's folder, how it becomes full, and how there is room again; no new byte where none may be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    unlimited = resource.RLIM_INFINITY
    with small_disk(folder, ROOM) as is_mounted:
        if is_mounted:
            yield folder, lambda pid: fill(folder), lambda pid: (folder / "filler").unlink()
        else:
            yield (
                folder,
                lambda pid: resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, unlimited)),
                lambda pid: resource.prlimit(pid, resource.RLIMIT_FSIZE, (unlimited, unlimited)),
            )


def test_a_full_disk_stops_no_screen_and_loses_no_end(disk: tuple[Path, Change, Change]) -> None:
    _in_loop(*disk)


@in_loop
async def _in_loop(folder: Path, becomes_full: Change, has_room: Change) -> None:
    journal, log = folder / "journal.jsonl", folder.with_name("gateway.log")
    with fake_portal() as portal:
        portal.user_limit = 10
        async with ScriptedTarget(weather.screen) as target:
            with gateway_process(portal, folder, target.port, log_path=log) as (process, port):
                kept, first, second = [await session(portal, port, target.port) for _ in range(3)]
                started = list(await asyncio.to_thread(portal.wait_for, "started", 3))
                becomes_full(process.pid)

                # Screens open and close; the portal hears of it, from memory.
                for _ in range(3):
                    late = await session(portal, port, target.port)
                    await weather.is_alive(late)
                    late.leave()
                await asyncio.to_thread(portal.wait_for, "ended", 3)
                assert not portal.of_kind("refused")

                # What it cannot be told meanwhile is on the disk as soon as there is room and something to write.
                becomes_full(process.pid)  # what was told has left its room
                portal.down = True
                first.leave()
                await until(lambda: "events_not_delivered" in log.read_text())
                has_room(process.pid)
                second.leave()
                both = [each["connection"].encode() for each in started[1:]]
                await until(lambda: all(each in journal.read_bytes() for each in both))
                await weather.is_alive(kept)
                process.kill()
                process.wait()
            portal.down = False
            with gateway_process(portal, folder, target.port, log_path=log) as (process, port):
                ends = await asyncio.to_thread(portal.wait_for, "ended", 5)
                assert len({each["connection"] for each in ends}) == 5
                (await session(portal, port, target.port)).leave()
