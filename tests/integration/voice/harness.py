"""A voice server with its real Janus, as a process of its own, on a network of its own."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from tests.integration.voice.fake_portal import SECRET, FakePortal, fake_portal
from tests.requirements import require
from tests.servers.netns import RemoteMachine, remote_machine
from tests.servers.process import free_port, running

PATIENCE = 60.0
"""Seconds a busy machine may take for anything."""


@dataclass
class World:
    """A portal, a voice server here, and a machine elsewhere for browsers and telephones."""

    portal: FakePortal
    machine: RemoteMachine
    here: str
    port: int
    sip_port: int
    folder: Path

    @property
    def origin(self) -> str:
        return f"http://{self.here}:{self.portal.port}"

    @property
    def websocket(self) -> str:
        return f"ws://{self.here}:{self.port}/voice/v1/room"

    @property
    def number(self) -> str:
        return f"sip:0298001234@{self.here}:{self.sip_port}"

    @property
    def log(self) -> str:
        return (self.folder / "voice.log").read_text()


def until(condition: Callable[[], Any], what: str = "", seconds: float = PATIENCE) -> Any:
    """Wait for a condition, generously."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"never: {what or condition}"
        time.sleep(0.1)
    return value


@contextlib.contextmanager
def world(folder: Path, **environment: str) -> Iterator[World]:
    """Everything started, Janus answering. In the environment, HERE stands for this machine's address."""
    for program in ("janus", "baresip"):
        require(program)
    folder.mkdir(parents=True, exist_ok=True)
    with remote_machine() as machine:
        here = str(ip_address(machine.address) - 1)
        with fake_portal(here) as portal:
            port, sip_port = free_port(here), free_port(here)
            settings = {
                "PARVIS_VOICE_STATE_DIR": str(folder / "state"),
                "PARVIS_PORTAL_INTERNAL_URL": f"http://{here}:{portal.port}",
                "PARVIS_VOICE_SECRET": SECRET,
                "PARVIS_ORIGINS": f"http://{here}:{portal.port}",
                "PARVIS_VOICE_LISTEN": f"{here}:{port}",
                "PARVIS_VOICE_INTERFACES": here,
                "PARVIS_VOICE_SIP_LISTEN": f"{here}:{sip_port}",
                "PARVIS_VOICE_SIP_TRUNKS": f"{machine.address}/32",
                **{name: value.replace("HERE", here) for name, value in environment.items()},
            }
            with running(
                [sys.executable, "-m", "parvis.voice"],
                log_path=folder / "voice.log",
                is_ready=lambda: any(beat.get("available") for beat in portal.heartbeats),
                timeout=PATIENCE,
                env={**os.environ, **settings},
            ):
                yield World(portal, machine, here, port, sip_port, folder)


def livez(world: World) -> str:
    with urllib.request.urlopen(f"http://{world.here}:{world.port}/voice/livez", timeout=5) as response:
        return str(response.read().decode())


def lines(world: World) -> list[dict[str, Any]]:
    return [json.loads(line) for line in world.log.splitlines() if line.startswith("{")]
