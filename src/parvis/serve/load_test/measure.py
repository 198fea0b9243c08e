"""One load test: everything started, opened, at work for a while, measured, stopped."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from parvis.serve.load_test.browsers import BROWSERS, ORIGIN, Browser
from parvis.serve.load_test.certificate import self_signed
from parvis.serve.load_test.contract_portal import ContractPortal, bracketed
from parvis.serve.load_test.desktops import Desktops, make
from parvis.serve.load_test.traffic import DOWN_PER_SECOND, DOWN_SIZE, UP_PER_SECOND, Delays
from parvis.serve.supervisor import python
from parvis.ticket.claims import Protocol

MOST_SESSIONS, MOST_SECONDS = 2000, 600
AT_ONCE = 16
"""Screens opened together: people do not all click in the same millisecond."""
READY_SECONDS = 20.0
SETTLE_SECONDS = 1.0
FEWEST_FOR_A_SLOPE = 20
"""Screens more between the two steps: with fewer, noise is all one would see."""
LEAST_AT_WORK = 0.9
"""Of the pretended people: with fewer, the machine was the limit, and a gateway looks cheaper than it is."""
STOP_SECONDS = 8.0
TICK = 0.005
PROCESSOR_SHARE = 0.7
"""Of a core: what a gateway may be asked before people wait (`capacity.rules.PROCESSOR_SHARE`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked. Only a loopback address is ever connected to."""

    sessions: int
    seconds: float
    protocol: Protocol
    host: str

    def __post_init__(self) -> None:
        if not is_loopback(self.host):
            raise ValueError(f"{self.host}: only a loopback address such as 127.0.0.1, this is a test of this machine")
        if not 1 <= self.sessions <= MOST_SESSIONS:
            raise ValueError(f"--sessions: from 1 to {MOST_SESSIONS}")
        if not 1 <= self.seconds <= MOST_SECONDS:
            raise ValueError(f"--seconds: from 1 to {MOST_SECONDS}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was seen. Delays in milliseconds, from one end of the gateway to the other."""

    asked: int
    opened: int
    lost: int
    seconds: float
    open_p50: float
    open_p99: float
    down_p50: float
    down_p99: float
    up_p50: float
    up_p99: float
    cpu_ms_per_session_minute: float
    """Of each screen more."""
    own_cpu_ms_per_minute: float
    """Of the gateway itself, whoever is on it."""
    cpu_percent: float
    """Of one core."""
    kbps_per_session: float
    memory_kb_per_session: float
    gateway_lag_ms: float
    generator_late_ms: float
    """How late the pretended people were, at most: above some tens, the delays are partly theirs."""
    carried_by_processor: int
    failure: str = ""
    """Why the first screen that did not open did not."""

    @property
    def is_sound(self) -> bool:
        """Whether everything that was asked for was opened and stayed open."""
        return self.opened == self.asked and not self.lost


def is_loopback(host: str) -> bool:
    """A loopback address in figures: a name could lead anywhere."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


async def measure(order: Order) -> Result:
    """Run the test in this process, the gateway in its own.

    Raises:
        OSError: something could not be started.
    """
    with tempfile.TemporaryDirectory(prefix="parvis-load-") as name, ContractPortal(order.host) as portal:
        folder = Path(name)
        down, up = Delays(), Delays()
        desktops = make(order.protocol, up, *self_signed(folder, order.host))
        target = await desktops.start(order.host)
        try:
            gateway, port = await _start_gateway(order, portal, folder, target)
            try:
                url = f"ws://{bracketed(order.host)}:{port}"
                return await _run(order, portal, desktops, gateway.pid, url, target, down, up)
            finally:
                await asyncio.to_thread(_stop, gateway)
        finally:
            await desktops.stop()


async def _run(
    order: Order,
    portal: ContractPortal,
    desktops: Desktops,
    gateway: int,
    url: str,
    target: int,
    down: Delays,
    up: Delays,
) -> Result:
    """Half of the screens first, then all: what each one more costs is the difference, the rest is the gateway's."""
    memory = memory_kb(gateway)
    browsers: list[Browser] = []
    failures: list[str] = []
    steps: list[Step] = []
    try:
        for count in sorted({max(order.sessions // 2, 1), order.sessions}):
            more, failed = await _open(order, count - len(browsers) - len(failures), portal, url, target, down)
            browsers, failures = browsers + more, failures + failed
            if not browsers:
                break
            heartbeats = len(portal.loads)
            steps.append(await _step(order, browsers, desktops, gateway, down, up))
        grown = memory_kb(gateway) - memory
        lag = max((float(load.get("event_loop_lag_ms", 0)) for load in portal.loads[heartbeats:]), default=0.0)
        lost = sum(each.is_lost for each in browsers)
    finally:
        for each in browsers:
            each.close()
    line = split(steps)
    last = steps[-1] if steps else Step(sessions=0, seconds=0, cpu_seconds=0, received=0, late=0)
    return Result(
        asked=order.sessions,
        opened=len(browsers),
        lost=lost,
        seconds=last.seconds,
        **_spread("open", [each.opened_in for each in browsers]),
        **_spread("down", down.values),
        **_spread("up", up.values),
        cpu_ms_per_session_minute=line.each,
        own_cpu_ms_per_minute=line.own,
        cpu_percent=100 * last.cpu_per_second,
        kbps_per_session=last.received * 8 / 1000 / (last.seconds or 1) / max(last.sessions, 1),
        memory_kb_per_session=grown / max(len(browsers), 1),
        gateway_lag_ms=lag,
        generator_late_ms=last.late * 1000,
        carried_by_processor=line.carried,
        failure=failures[0] if failures else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """So many screens at work for a while."""

    sessions: int
    seconds: float
    cpu_seconds: float
    received: int
    late: float

    @property
    def at_work(self) -> float:
        """As many as what came through makes: fewer than `sessions` when this machine could not play them all."""
        return self.received / (DOWN_SIZE * DOWN_PER_SECOND * self.seconds) if self.seconds else 0.0

    @property
    def cpu_per_second(self) -> float:
        """Cores."""
        return self.cpu_seconds / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Milliseconds of processor a minute: of each screen, and of the gateway whoever is on it."""

    each: float
    own: float

    @property
    def carried(self) -> int:
        """Screens at `PROCESSOR_SHARE` of a core."""
        return max(int((PROCESSOR_SHARE * 60_000 - self.own) / self.each), 0) if self.each > 0 else 0


def split(steps: list[Step]) -> Split:
    """What the steps show; with few screens, all is put on them: the dear end."""
    if not steps:
        return Split(each=0.0, own=0.0)
    first, last = steps[0], steps[-1]
    dear = Split(each=60_000 * last.cpu_per_second / max(last.at_work, 1e-9), own=0.0)
    more = last.at_work - first.at_work
    if more < FEWEST_FOR_A_SLOPE or last.at_work < LEAST_AT_WORK * last.sessions:
        return dear
    slope = 60_000 * (last.cpu_per_second - first.cpu_per_second) / more
    if not 0 < slope <= dear.each:
        return dear
    return Split(each=slope, own=60_000 * last.cpu_per_second - slope * last.at_work)


async def _step(
    order: Order, browsers: list[Browser], desktops: Desktops, gateway: int, down: Delays, up: Delays
) -> Step:
    await asyncio.sleep(SETTLE_SECONDS)
    for delays in (down, up):
        delays.restart()
    received = sum(each.received for each in browsers)
    spent, began = cpu_seconds(gateway), time.monotonic()
    late = await _work(browsers, desktops, order.seconds)
    seconds = time.monotonic() - began
    spent = cpu_seconds(gateway) - spent
    for delays in (down, up):
        delays.recording = False
    received = sum(each.received for each in browsers) - received
    return Step(sessions=len(browsers), seconds=seconds, cpu_seconds=spent, received=received, late=late)


async def _open(
    order: Order, count: int, portal: ContractPortal, url: str, target: int, delays: Delays
) -> tuple[list[Browser], list[str]]:
    gate = asyncio.Semaphore(AT_ONCE)
    failures: list[str] = []

    async def one() -> Browser | None:
        async with gate:
            ticket = portal.ticket(protocol=order.protocol, port=target)
            browser = BROWSERS[order.protocol](ticket, delays)
            try:
                await browser.open(url)
            except (OSError, TimeoutError) as error:
                failures.append(str(error) or type(error).__name__)
                browser.close()
                return None
            return browser

    opened = await asyncio.gather(*(one() for _ in range(count)))
    return [each for each in opened if each is not None], failures


async def _work(browsers: list[Browser], desktops: Desktops, seconds: float) -> float:
    """Everybody at work, spread evenly in time; how late we were at most, in seconds."""
    up_ticks, down_ticks = round(1 / UP_PER_SECOND / TICK), round(1 / DOWN_PER_SECOND / TICK)
    began, late = time.monotonic(), 0.0
    for tick in range(round(seconds / TICK)):
        wait = began + tick * TICK - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        else:
            late = max(late, -wait)
            await asyncio.sleep(0)  # what has arrived is read before more is sent
        for browser in browsers[tick % up_ticks :: up_ticks]:
            browser.send()
        for at in range(tick % down_ticks, len(desktops.writers), down_ticks):
            desktops.send(at)
    return late


async def _start_gateway(
    order: Order, portal: ContractPortal, folder: Path, target: int
) -> tuple[subprocess.Popen[bytes], int]:
    """A gateway of its own: none of the installation's settings reach it."""
    port = _free_port(order.host)
    log = folder / "gateway.log"
    environ = {
        **_without_ours(os.environ),
        "PARVIS_GATEWAY_NAME": f"load-test-{secrets.token_hex(4)}",
        "PARVIS_GATEWAY_LISTEN": f"{bracketed(order.host)}:{port}",
        "PARVIS_PORTAL_INTERNAL_URL": portal.url,
        "PARVIS_GATEWAY_SECRET": portal.secret,
        "PARVIS_GATEWAY_STATE_DIR": str(folder / "gateway"),
        "PARVIS_ORIGINS": ORIGIN,
        "PARVIS_LOOPBACK_TARGETS": f"{bracketed(order.host)}:{target}",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(python("parvis.gateway"), env=environ, stdout=output, stderr=output)
    limit = time.monotonic() + READY_SECONDS
    while not (portal.greeted.is_set() and await _answers(order.host, port)):
        if process.poll() is not None or time.monotonic() > limit:
            _stop(process)
            raise OSError(f"the gateway did not start: {log.read_text(errors='replace')[-500:].strip()}")
        await asyncio.sleep(0.05)
    return process, port


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _without_ours(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if not name.startswith("PARVIS_")}


def _free_port(host: str) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


async def _answers(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and its threads, to the nanosecond."""
    total = 0
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def memory_kb(pid: int) -> int:
    """Resident memory."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0


def _spread(name: str, values: list[float]) -> dict[str, float]:
    """Median and 99th percentile, in milliseconds."""
    ordered = sorted(values)
    last = len(ordered) - 1
    return {
        f"{name}_p{percent}": 1000 * ordered[round(last * percent / 100)] if ordered else 0.0 for percent in (50, 99)
    }
