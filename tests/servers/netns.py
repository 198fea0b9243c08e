"""A machine behind a cable of its own: a network namespace and a veth pair, to pull the cable."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest

from tests.requirements import require

_NETWORKS = "10.213"


@dataclass
class RemoteMachine:
    """A namespace reachable at `address` while the cable is plugged."""

    name: str
    address: str
    link: str

    def command(self, *command: str) -> Sequence[str]:
        """The command line that runs `command` on that machine."""
        return ("ip", "netns", "exec", self.name, *command)

    def unplug(self) -> None:
        """No packet passes any more, in either direction, and nobody is told."""
        _ip("-n", self.name, "link", "set", "inside", "down")

    def plug(self) -> None:
        """Packets pass again."""
        _ip("-n", self.name, "link", "set", "inside", "up")


@contextlib.contextmanager
def remote_machine() -> Iterator[RemoteMachine]:
    """A namespace with one address, routed from here. Needs root."""
    require("ip")
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    number = secrets.randbelow(60_000)
    name, link = f"parvis{number}", f"pv{number}"
    here, there = (f"{_NETWORKS}.{number >> 6 & 0xFF}.{(number & 0x3F) * 4 + host}" for host in (1, 2))
    _ip("netns", "add", name)
    try:
        _ip("link", "add", link, "type", "veth", "peer", "name", "inside", "netns", name)
        _ip("addr", "add", f"{here}/30", "dev", link)
        _ip("link", "set", link, "up")
        _ip("-n", name, "addr", "add", f"{there}/30", "dev", "inside")
        _ip("-n", name, "link", "set", "inside", "up")
        _ip("-n", name, "link", "set", "lo", "up")
        yield RemoteMachine(name, there, link)
    finally:
        _ip("netns", "del", name)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
