"""Four gateways at two portals, an order every 100 ms: from its commit to the end of the screen, and the processor."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Any

from bench.databases import postgresql
from bench.processes import Child, NotStarted, cpu_seconds, free_ports, listens, wait_until
from bench.report import Section, median, note, percentile
from bench.setup_rate.storm import Http, first_pages
from parvis.portal.config import env
from parvis.serve import stack
from parvis.serve.load_test.browsers import VncBrowser
from parvis.serve.load_test.desktops import Vnc
from parvis.serve.load_test.traffic import Delays
from parvis.serve.options import ServeOptions

ORDERS, GATEWAYS, PORTALS = 200, 4, 2
EVERY_SECONDS = 0.1
"""Each gateway in turn: the gap it keeps between two heartbeats stays out of the figures."""
WARM_UP = 20
WAYS = {
    "after": "NOTIFY after the commit",
    "within": "NOTIFY in the transaction",
    "redis": "Redis, after the commit",
    "asking": "no hint, asking every 2 s",
}
_PATIENCE = 10.0


class Screen(VncBrowser):
    """Notes when it was ended."""

    ended_at = 0.0

    def on_ws_disconnected(self, transport: Any) -> None:
        self.ended_at = time.monotonic()
        super().on_ws_disconnected(transport)


@dataclass(frozen=True, slots=True)
class World:
    """What runs."""

    portals: list[int]
    hinted: list[int]
    """Ports of gateways whose hearts beat once a minute."""
    asking: list[int]
    people: list[dict[str, Any]]
    orders: Child
    watched: dict[str, list[int]]

    def cpu(self) -> dict[str, float]:
        return {name: sum(map(cpu_seconds, pids)) for name, pids in self.watched.items()}


def run(section: Section, *, quick: bool = False) -> None:
    """Measure and print."""
    if which("redis-server") is None:
        section.missing("redis-server is not installed")
        return
    orders = 20 if quick else ORDERS
    section.say(f"{orders} orders each, {GATEWAYS} gateways, {PORTALS} portals, PostgreSQL, all on this machine.\n")
    with ExitStack() as stack_:
        try:
            found = asyncio.run(_measure(stack_, orders))
        except NotStarted as error:
            section.missing(str(error))
            return
    section.data["ways"] = found
    section.table(
        ["", "median ms", "p99 ms", "lost", "order ms", "portals CPU ms", "gateways", "database", "Redis"],
        [
            (WAYS[way], each["median_ms"], each["p99_ms"], each["lost"], each["order_ms"],
             *(each["cpu_ms_per_order"][name] for name in ("portals", "gateways", "database", "redis")))
            for way, each in found.items()
        ],
    )  # fmt: skip
    section.say("From the commit to the closed screen. CPU ms: for one order, with everything it causes.")


async def _measure(stack_: ExitStack, orders: int) -> dict[str, Any]:
    folder = Path(stack_.enter_context(tempfile.TemporaryDirectory(prefix="parvis-bench-")))
    database = stack_.enter_context(postgresql())
    screens = Vnc(Delays())
    target = await screens.start("127.0.0.1")
    try:
        world = await asyncio.to_thread(_start, stack_, folder, database.url, database.pid, orders, target)
        if failed := await first_pages(world.portals[0], world.people):
            raise NotStarted(failed[0])
        found = {}
        for way in ("redis", "after"):
            await _one(world, way, world.people[:WARM_UP])
        for way in WAYS:
            note(f"hints: {way}")
            found[way] = await _one(world, way, world.people)
        return found
    finally:
        await screens.stop()


async def _one(world: World, way: str, people: list[dict[str, Any]]) -> dict[str, Any]:
    gateways = world.asking if way == "asking" else world.hinted
    opened = await _open(world, gateways, people)
    await asyncio.sleep(1)  # what their opening caused is over
    before, began, delays, seconds, lost = world.cpu(), time.monotonic(), [], [], 0
    committed = {}
    for number, (session, screen) in enumerate(opened):
        await asyncio.sleep(max(0.0, began + number * EVERY_SECONDS - time.monotonic()))
        answer = await asyncio.to_thread(_order, world.orders, way, session)
        committed[screen] = answer["committed"]
        seconds.append(answer["seconds"])
    limit = time.monotonic() + _PATIENCE
    while time.monotonic() < limit and not all(screen.ended_at for _, screen in opened):
        await asyncio.sleep(0.1)
    for _, screen in opened:
        if screen.ended_at:
            delays.append(screen.ended_at - committed[screen])
        else:
            lost += 1
            screen.close()
    spent = world.cpu()
    return {
        "orders": len(opened),
        "lost": lost,
        "median_ms": 1000 * median(delays or [0]),
        "p99_ms": 1000 * percentile(delays or [0], 0.99),
        "most_ms": 1000 * max(delays or [0]),
        "order_ms": 1000 * median(seconds),
        "cpu_ms_per_order": {name: 1000 * (spent[name] - before[name]) / len(opened) for name in spent},
    }


def _order(child: Child, way: str, session: str) -> dict[str, float]:
    child.stdin.write(f"{way} {session}\n")
    child.stdin.flush()
    line = child.stdout.readline()
    if not line:
        raise NotStarted(child.tail())
    told: dict[str, float] = json.loads(line)
    return told


async def _open(world: World, gateways: list[int], people: list[dict[str, Any]]) -> list[tuple[str, Screen]]:
    opened: dict[int, tuple[str, Screen]] = {}
    waiting = iter(enumerate(people))

    async def some() -> None:
        http = Http(world.portals[0])
        for number, person in waiting:
            headers = (
                f"Cookie: {person['cookie']}\r\nX-CSRFToken: {person['csrf']}\r\nContent-Type: application/json\r\n"
            )
            path = f"/mon-bureau/{person['computer']}/connect"
            status, body = await http.ask("POST", path, headers, b'{"session": null}')
            if status != 200:
                raise NotStarted(f"connect: HTTP {status} {body[:200]!r}")
            grant = json.loads(body)
            screen = Screen(grant["ticket"], Delays())
            port = gateways[number % len(gateways)]
            await screen.open(f"ws://127.0.0.1:{port}", origin=f"http://localhost:{world.portals[0]}")
            opened[number] = grant["session"], screen
        http.close()

    await asyncio.gather(*(some() for _ in range(8)))
    return [each for _number, each in sorted(opened.items())]


def _start(stack_: ExitStack, folder: Path, url: str, server: int, people: int, target: int) -> World:
    ports = free_ports(PORTALS + 2 * GATEWAYS)
    portals, gateways = ports[:PORTALS], ports[PORTALS:]
    redis_socket = folder / "r.sock"
    argv = ["redis-server", "--port", "0", "--unixsocket", str(redis_socket), "--save", "", "--appendonly", "no"]
    redis = stack_.enter_context(Child([*argv, "--dir", str(folder)], log=folder / "redis.log"))
    wait_until(redis_socket.exists, redis)
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("PARVIS_", "DJANGO_"))}
    environ = {
        **inherited,
        "PARVIS_MODE": "development",
        "PARVIS_DATA_DIR": str(folder),
        "PARVIS_URL": f"http://localhost:{portals[0]}",
        "PARVIS_DATABASE_URL": url,
        "PARVIS_LOOPBACK_TARGETS": f"127.0.0.1:{target}",
        "PARVIS_LOG_LEVEL": "warning",
        "PARVIS_GATEWAY_PENDING_PER_ADDRESS": "1000",
        "PARVIS_SESSIONS_PER_USER": "8",
        "PARVIS_BENCH_REDIS": f"unix://{redis_socket}",
        "DJANGO_SETTINGS_MODULE": "parvis.portal.config.settings",
    }
    env.parse(environ)
    argv = [sys.executable, "-m", "bench.setup_rate.people", str(people), str(target)]
    made = stack_.enter_context(Child(argv, log=folder / "people.log", environ=environ, pipes=True))
    line = made.stdout.readline()
    if not line:
        raise NotStarted(made.tail())
    running: dict[str, list[int]] = {"portals": [], "gateways": [], "database": [server], "redis": [redis.pid]}
    started = []
    for port in portals:
        own = {**environ, "PARVIS_LISTEN": f"127.0.0.1:{port}"}
        child = Child([sys.executable, "-m", "bench.hints.portal"], log=folder / f"portal-{port}.log", environ=own)
        started.append((stack_.enter_context(child), port))
    for child, port in started:
        wait_until(lambda port=port: listens(port), child, 90)  # type: ignore[misc]
        running["portals"].append(child.pid)
    for number, port in enumerate(gateways):
        portal = portals[number % PORTALS]
        told = {
            **stack.gateway_environment(ServeOptions("127.0.0.1", portal, folder), environ),
            "PARVIS_GATEWAY_NAME": f"gateway-{number}",
            "PARVIS_GATEWAY_STATE_DIR": str(folder / f"gateway-{number}"),
            "PARVIS_GATEWAY_LISTEN": f"127.0.0.1:{port}",
            "PARVIS_GATEWAY_HEARTBEAT_SECONDS": "60" if number < GATEWAYS else "2",
        }
        told.pop("PARVIS_GATEWAY_SOCKET")
        (folder / f"gateway-{number}").mkdir()
        child = Child([sys.executable, "-m", "parvis.gateway"], log=folder / f"gateway-{number}.log", environ=told)
        stack_.enter_context(child)
        wait_until(lambda port=port: _hears_hints(port), child, 60)  # type: ignore[misc]
        running["gateways"].append(child.pid)
    ordering = [sys.executable, "-m", "bench.hints.orders"]
    orders = stack_.enter_context(Child(ordering, log=folder / "orders.log", environ=environ, pipes=True))
    return World(portals, gateways[:GATEWAYS], gateways[GATEWAYS:], json.loads(line)["people"], orders, running)


def _hears_hints(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/gateway/metrics", timeout=5) as answer:
            return b"parvis_gateway_hints_connected 1.0" in answer.read()
    except OSError:
        return False
