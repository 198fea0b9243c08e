"""A gateway's own process against the real portal, and people with screens: for what only both together can show."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Coroutine, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings

from parvis.portal.directory.models import Entity
from parvis.portal.kernel import clock
from parvis.portal.parc.models import Computer
from parvis.portal.remote_desktop.models import DisplaySettings, Right
from tests.integration.gateway.harness import ORIGIN, Browser, browser, handshake_none
from tests.integration.remote_desktop.conftest import Office, make_office
from tests.servers.process import free_port, running

T = TypeVar("T")


class LoopThread:
    """An event loop in a thread of its own: browsers live there while the test asks the database here."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def __enter__(self) -> LoopThread:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.run(asyncio.sleep(0.1))  # sockets that were told to close have closed
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def run(self, work: Coroutine[Any, Any, T], timeout: float = 60) -> T:
        """Its result, here."""
        future: concurrent.futures.Future[T] = asyncio.run_coroutine_threadsafe(work, self.loop)
        return future.result(timeout)


@contextlib.contextmanager
def gateway(
    portal_url: str, folder: Path, target: int, **environment: str
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """`python -m parvis.gateway`, ready; (process, port)."""
    port = free_port()
    env = {
        "PARVIS_GATEWAY_NAME": "principale",
        "PARVIS_GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "PARVIS_PORTAL_INTERNAL_URL": portal_url.replace("localhost", "127.0.0.1"),
        "PARVIS_GATEWAY_SECRET": settings.KEYS.gateway,
        "PARVIS_ORIGINS": ORIGIN,
        "PARVIS_LOOPBACK_TARGETS": f"127.0.0.1:{target}",
        "PARVIS_GATEWAY_STATE_DIR": str(folder),
        "PARVIS_GATEWAY_HEARTBEAT_SECONDS": "0.5",
    }
    command = [sys.executable, "-m", "parvis.gateway"]
    with running(
        command, log_path=folder / "gateway.log", is_ready=lambda: is_ready(port), timeout=60, env=env
    ) as process:
        yield process, port


def is_ready(port: int) -> bool:
    """What a balancer would find."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/gateway/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def people(count: int, target: int) -> list[Office]:
    """Agents, each with a VNC computer behind the same loopback port, and a right from yesterday."""
    entity = Entity.objects.first()
    offices = [make_office(entity, address="127.0.0.1") for _ in range(count)]
    DisplaySettings.objects.update(protocol="vnc", port=target)
    today = clock.today(clock.now())
    Right.objects.update(starts_date=today - timedelta(days=1), ends_date=today + timedelta(days=1))
    Computer.objects.update(address="127.0.0.1")
    return offices


async def screen(port: int, ticket: str) -> Browser:
    """A person's browser, its screen open."""
    client = await browser(port)
    client.send(ticket.encode())
    assert await client.message() == ("text", b'{"accepted": true}'), client.close_code
    await handshake_none(client)
    return client


def sockets_to(port: int) -> int:
    """TCP connections of this machine to or from a port that are not over (`/proc/net/tcp`: TIME_WAIT is 06)."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    ends = f":{port:04X}"
    return sum(
        (fields[1].endswith(ends) or fields[2].endswith(ends)) and fields[3] not in ("06", "0A")
        for fields in (line.split() for line in lines)
    )
