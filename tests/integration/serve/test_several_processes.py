"""Several portal processes on one address: pages go on when one of them dies, and it comes back."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.servers.process import free_port, running

pytestmark = [pytest.mark.gateway, pytest.mark.timeout(400)]
COUNT = 3
STAND_IN = """
import os, sys
from pathlib import Path
from parvis.serve import stack, web
from parvis.serve.options import ServeOptions
from parvis.serve.supervisor import LISTEN_FD, Supervisor

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]

if LISTEN_FD in os.environ:
    web.serve(application, ServeOptions.from_environment(), None)
else:
    services = stack.portals(ServeOptions.from_environment(), os.environ, None)
    for each in services:
        each.argv = [sys.executable, __file__]
    Supervisor(services).run()
"""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    port, program = free_port(), tmp_path / "portals.py"
    program.write_text(STAND_IN)
    environ = {
        "PARVIS_MODE": "development",
        "PARVIS_LISTEN": f"127.0.0.1:{port}",
        "PARVIS_DATA_DIR": str(tmp_path),
        "PARVIS_PORTAL_PROCESSES": str(COUNT),
    }
    found = f"http://127.0.0.1:{port}"
    with running(
        [sys.executable, str(program)],
        log_path=tmp_path / "log",
        is_ready=lambda: len(who(found)) == COUNT,
        timeout=120,
        env=environ,
    ):
        yield found


def who(address: str, times: int = 40) -> set[int]:
    """The processes that answer, each call on a connection of its own; none while nobody listens."""
    found = set()
    for _ in range(times):
        try:
            found.add(int(httpx.get(address, timeout=20, trust_env=False).text))
        except httpx.ConnectError:
            return set()
        except httpx.ReadError:  # the one that was just killed had taken this connection
            continue
    return found


def test_one_that_dies_is_missed_by_nobody_and_comes_back(address: str) -> None:
    before = who(address)
    deadline = time.monotonic() + 60
    while len(before) < COUNT and time.monotonic() < deadline:
        before |= who(address)
    assert len(before) == COUNT
    killed = min(before)
    os.kill(killed, signal.SIGKILL)
    after: set[int] = set()
    while len(after - {killed}) < COUNT:
        assert time.monotonic() < deadline
        answered = who(address)
        assert answered  # somebody always listens
        after |= answered
    assert len(after & before - {killed}) == COUNT - 1
