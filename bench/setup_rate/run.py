"""Seven hundred people at half past eight, on SQLite and on PostgreSQL: sessions a second, and what each one costs."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.databases import postgresql
from bench.processes import Child, NotStarted, cpu_seconds, free_ports, listens, wait_until
from bench.report import Section, median, note, percentile, ratio
from bench.setup_rate.storm import first_pages, storm
from parvis.portal.config import env
from parvis.serve import stack
from parvis.serve.load_test.desktops import Vnc
from parvis.serve.load_test.traffic import Delays
from parvis.serve.options import ServeOptions

PEOPLE, TARGET = 700, 100.0
"""The target: sessions a second, so that a storm of 700 takes 7 s."""
_PATIENCE = 120.0


def processes() -> int:
    """Portal processes: as many as an installation on this machine would start."""
    return stack.portals_by_cores("production")


@dataclass(frozen=True, slots=True)
class Authority:
    """Portal, gateway and ledger that run, with the people who will come."""

    port: int
    people: list[dict[str, Any]]
    watched: dict[str, int]
    """Processes whose processor time is counted, by name."""
    ledger: Child

    def cpu(self) -> dict[str, float]:
        return {name: cpu_seconds(pid) for name, pid in self.watched.items()}

    def far(self) -> dict[str, int]:
        """What the database knows: `redeemed`, `started`, `closed`."""
        self.ledger.stdin.write("?\n")
        self.ledger.stdin.flush()
        told: dict[str, int] = json.loads(self.ledger.stdout.readline())
        return told


def run(section: Section, *, quick: bool = False) -> None:
    """Measure and print."""
    people = 40 if quick else PEOPLE
    section.say(
        "Everything real but the office PCs and the people; all of it shares the cores of one machine. "
        f"{processes()} portal processes.\n"
    )
    rows = []
    for name in ("SQLite", "PostgreSQL"):
        note(f"setup_rate: {people} people on {name}")
        try:
            found = measure(name, people)
        except NotStarted as error:
            section.missing(f"{name}: {error}")
            continue
        section.data[name] = found
        for each in found["errors"][:3]:
            section.missing(f"{name}: {each}")
        cost = found["cpu_ms_per_session"]
        rows.append(
            (
                name,
                found["sessions_per_second"],
                ratio(found["sessions_per_second"], TARGET),
                found["ticket_p50_ms"],
                found["ticket_p95_ms"],
                found["screen_p95_ms"],
                cost.get("portal"),
                cost.get("gateway"),
                cost.get("database"),
                found["generator_cpu_ms"],
                found["closing_cpu_ms"],
            )
        )
    section.table(
        ["", "sessions/s", "of the target", "ticket ms", "p95", "screen p95", "portal CPU ms", "gateway", "database",
         "generator", "portal, end"],
        rows,
    )  # fmt: skip
    section.say(
        "CPU ms: for one session from the click until its start is in the audit trail; the end's apart. "
        "The generator plays browsers and office PCs."
    )


def measure(database: str, people: int) -> dict[str, Any]:
    """One storm.

    Raises:
        NotStarted: something of it does not run.
    """
    with ExitStack() as stack_:
        folder = Path(stack_.enter_context(tempfile.TemporaryDirectory(prefix="parvis-bench-")))
        url, server = "sqlite", 0
        if database == "PostgreSQL":
            started = stack_.enter_context(postgresql())
            url, server = started.url, started.pid
        return asyncio.run(_measure(stack_, folder, url, server, people))


async def _measure(stack_: ExitStack, folder: Path, url: str, server: int, people: int) -> dict[str, Any]:
    screens = Vnc(Delays())
    target = await screens.start("127.0.0.1")
    try:
        at = await asyncio.to_thread(_start, stack_, folder, url, server, people, target)
        if failed := await first_pages(at.port, at.people):
            raise NotStarted(f"{len(failed)} of {people} people: {failed[0]}")
        before, own = at.cpu(), time.process_time()
        done = await storm(at.port, at.people)
        own = time.process_time() - own
        caught_up = await _until(at, "started", len(done.browsers))
        after = at.cpu()
        done.close()
        closed = await _until(at, "closed", len(done.browsers))
        end = at.cpu()
    finally:
        await screens.stop()
    opened = max(1, len(done.browsers))
    return {
        "people": people,
        "portal_processes": processes(),
        "opened": len(done.browsers),
        "errors": done.errors,
        "seconds": done.seconds,
        "sessions_per_second": len(done.browsers) / done.seconds,
        "ticket_p50_ms": 1000 * median(done.tickets or [0]),
        "ticket_p95_ms": 1000 * percentile(done.tickets or [0], 0.95),
        "screen_p95_ms": 1000 * percentile(done.screens or [0], 0.95),
        "starts_written_after_s": caught_up,
        "ends_written_after_s": closed,
        "cpu_ms_per_session": {name: 1000 * (after[name] - before[name]) / opened for name in after},
        "generator_cpu_ms": 1000 * own / opened,
        "closing_cpu_ms": 1000 * (end["portal"] - after["portal"]) / opened,
    }


async def _until(at: Authority, what: str, count: int) -> float:
    """Wait until the database knows of `count`; the seconds it took."""
    began = time.monotonic()
    while (await asyncio.to_thread(at.far))[what] < count:
        if time.monotonic() - began > _PATIENCE:
            raise NotStarted(f"{what}: {at.far()} of {count} after {_PATIENCE:.0f} s")
        await asyncio.sleep(0.2)
    return time.monotonic() - began


def _start(stack_: ExitStack, folder: Path, url: str, server: int, people: int, target: int) -> Authority:
    (port,) = free_ports(1)
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("PARVIS_", "DJANGO_"))}
    environ = {
        **inherited,
        "PARVIS_MODE": "development",
        "PARVIS_DATA_DIR": str(folder),
        "PARVIS_LISTEN": f"127.0.0.1:{port}",
        "PARVIS_URL": f"http://localhost:{port}",
        "PARVIS_DATABASE_URL": url,
        "PARVIS_LOOPBACK_TARGETS": f"127.0.0.1:{target}",
        "PARVIS_LOG_LEVEL": "warning",
        "PARVIS_PORTAL_PROCESSES": str(processes()),
        "PARVIS_GATEWAY_PENDING_PER_ADDRESS": str(10 * people),  # they all come from one address here
        "DJANGO_SETTINGS_MODULE": "parvis.portal.config.settings",
    }
    options = ServeOptions("127.0.0.1", port, folder)
    env.parse(environ)
    argv = [sys.executable, "-m", "bench.setup_rate.people", str(people), str(target)]
    ledger = stack_.enter_context(Child(argv, log=folder / "people.log", environ=environ, pipes=True))
    line = ledger.stdout.readline()
    if not line:
        ledger.check()
        raise NotStarted(ledger.tail())
    argv = [sys.executable, "-m", "bench.setup_rate.portals"]
    portal = Child(argv, log=folder / "portal.log", environ=environ)
    stack_.enter_context(portal)
    wait_until(lambda: listens(port), portal, 60)
    own = stack.gateway_environment(options, environ)
    gateway = Child([sys.executable, "-m", "parvis.gateway"], log=folder / "gateway.log", environ=own)
    stack_.enter_context(gateway)
    wait_until(lambda: "portal_reached" in gateway.log.read_text(), gateway, 30)
    watched = {"portal": portal.pid, "gateway": gateway.pid}
    if server:
        watched["database"] = server
    return Authority(port, json.loads(line)["people"], watched, ledger)
