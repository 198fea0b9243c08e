"""What the gateway's fault tests share: the seed, the length, and how a person's small desktop behaves."""

from __future__ import annotations

import asyncio
import os
import random
import struct
from pathlib import Path

from tests.integration.gateway.harness import Browser
from tests.integration.gateway.test_hostile_target import speak_rfb

SEED = int(os.environ.get("PARVIS_FAULTS_SEED", "7"))
"""The same faults each time; `PARVIS_FAULTS_SEED=8` makes others."""
IS_LONG = os.environ.get("PARVIS_FAULTS") == "long"
"""`PARVIS_FAULTS=long`: the hours a test would like to have."""

POINTER = struct.pack(">BBHH", 5, 0, 1, 1)
BELL = b"\x02"


def dice(name: str) -> random.Random:
    """Random numbers of one test: adding a test does not change another's."""
    return random.Random(f"{SEED} {name}")


def picture(width: int, height: int, fill: bytes) -> bytes:
    """A framebuffer update of one raw rectangle."""
    return struct.pack(">BxHHHHHi", 0, 1, 0, 0, width, height, 0) + fill


async def screen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A VNC server that rings its bell at every message."""
    await speak_rfb(reader, writer)
    while await reader.read(1000):
        writer.write(BELL)


async def is_alive(client: Browser) -> None:
    """A movement of the pointer is answered."""
    client.send(POINTER)
    assert await client.read(1) == BELL


def descriptors(pid: int) -> int:
    """How many files and sockets a process holds."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def own_kib(pid: int) -> int:
    """Memory that a process has asked for, libraries not counted: their share of a page grows when a neighbour ends."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Anonymous:"):
            return int(line.split()[1])
    raise AssertionError("not told")
