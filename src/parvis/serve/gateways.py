"""The gateways of one machine: the one that takes new screens, and those that leave with their last one.

Each has a slot: a name and a state folder of its own, so that two may live side by side (ADR 31).
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Mapping, Set
from enum import Enum
from pathlib import Path

import structlog

from parvis.serve.processes import Adopted
from parvis.serve.supervisor import Service

log = structlog.get_logger("parvis.serve.gateways")

READY_SECONDS = 60.0
"""How long the next gateway may take until it listens; then the one before goes on."""
_STATE = "PARVIS_GATEWAY_STATE_DIR"


class Change(Enum):
    """How a succession ended."""

    DONE = "done"
    FAILED = "failed"


class Leaving:
    """A gateway that drains. It is run until it ends well and owes the portal no event."""

    def __init__(self, service: Service, door: Path) -> None:
        """`door` is where it listens if it must be started again: not where new screens come."""
        self.service = service
        self._door = door
        self._told: int | None = None
        self.is_over = False
        service.listener = None
        service.environ = {**service.environ, "PARVIS_GATEWAY_SOCKET": str(door), "PARVIS_GATEWAY_LISTEN": ""}

    def tell(self) -> None:
        """Have it drain; twice is once."""
        if self.service.process is not None:
            self.service.process.send_signal(signal.SIGUSR1)
            self._told = self.service.process.pid

    def tend(self) -> None:
        """Look whether it is over; one that crashed says to the portal what is over, and delivers its journal."""
        service = self.service
        if not service.is_running:
            if service.process is not None and service.process.poll() == 0 and not owes(service.environ):
                self.is_over = True
                return
            self._door.unlink(missing_ok=True)
        service.tend()
        # Before it listens it does not know the signal, and would die of it.
        if service.process is not None and service.process.pid != self._told and self._door.exists():
            self.tell()


class Gateways:
    """`tend` is called all the time."""

    def __init__(self, build: Callable[[int], Service], socket: Path) -> None:
        """`build` makes the gateway of a slot, the first is 1; `socket` is where new screens are handed over."""
        self._build = build
        self._socket = socket
        self.current: Service | None = None
        self.leaving: list[Leaving] = []
        self._successor: Service | None = None
        self._before: int | None = None
        self._failures = 0
        self._door_is_lost = False
        self._deadline = 0.0

    @property
    def is_changing(self) -> bool:
        """Whether a new one is about to take over."""
        return self._successor is not None

    def begin(self) -> None:
        """At a fresh start: the first slot, and whatever another one has not told the portal yet."""
        self.current = self._build(1)
        self._settle()

    def take_over(self, children: Mapping[str, int], leaving: Mapping[str, int]) -> None:
        """From one's former self, by process name: the one that took screens will be followed by a new one."""
        for name, pid in [*children.items(), *leaving.items()]:
            service = self._build(slot_of(name))
            service.process, service.started = Adopted(pid), time.monotonic()
            if name in leaving:
                self._leave(service).tell()
            else:
                self.current = service
        following = self._build(self._free_slot())
        if self.current is None:
            self.current = following
            self._settle()
            return
        self._settle({slot_of(following.name)})
        self._successor, self._failures, self._door_is_lost = following, 0, False
        self._before, self._deadline = self._door(), time.monotonic() + READY_SECONDS

    def tend(self) -> Change | None:
        """Keep them running; how a succession ended, once."""
        for each in list(self.leaving):
            each.tend()
            if each.is_over:
                self.leaving.remove(each)
                log.info("gateway_left", process=each.service.name)
        if self._successor is not None:
            # The current one is not started again meanwhile: it would take the door back.
            return self._follow(self._successor)
        if self.current is not None:
            self.current.tend()
        return None

    def all(self) -> Iterator[Service]:
        """Every one there is."""
        yield from (each for each in (self.current, self._successor) if each is not None)
        yield from (each.service for each in self.leaving)

    def _follow(self, successor: Service) -> Change | None:
        successor.tend()
        if successor.failures > self._failures:
            self._failures = successor.failures
            # If it had the door already there is no way back: nobody would find the one before.
            self._door_is_lost = self._door_is_lost or self._door() != self._before
            self._before = self._door()
            if not self._door_is_lost:
                return self._give_up(successor)
        if successor.is_running and self._door() not in (None, self._before):
            if self.current is not None:
                log.info("gateway_follows", process=successor.name, leaving=self.current.name)
                self._leave(self.current).tell()
            self.current, self._successor = successor, None
            return Change.DONE
        if time.monotonic() > self._deadline and not self._door_is_lost:
            return self._give_up(successor)
        return None

    def _give_up(self, successor: Service) -> Change:
        successor.stop(time.monotonic() + 1)
        self._successor = None
        return Change.FAILED

    def _settle(self, taken: Set[int] = frozenset()) -> None:
        """Run what is neither there nor about to be and owes events; a gateway that was down when it should leave."""
        home = Path(self._build(1).environ[_STATE])
        taken = taken | {slot_of(each.name) for each in self.all()}
        slots = [folder.name.removeprefix(f"{home.name}-") for folder in sorted(home.parent.glob(f"{home.name}-*"))]
        for slot in (1, *(int(each) for each in slots if each.isdecimal() and int(each) > 1)):
            if slot not in taken and owes((service := self._build(slot)).environ):
                self._leave(service)

    def _leave(self, service: Service) -> Leaving:
        leaving = Leaving(service, self._socket.with_name(f"{service.name}.leaves"))
        self.leaving.append(leaving)
        return leaving

    def _free_slot(self) -> int:
        used = {slot_of(each.name) for each in self.all()}
        return next(slot for slot in range(1, len(used) + 2) if slot not in used)

    def _door(self) -> int | None:
        """Which socket is there; the number of one somebody listens on is not given again."""
        try:
            return self._socket.stat().st_ino
        except FileNotFoundError:
            return None


def slot_name(slot: int) -> str:
    """The process of a slot; the first is the one there always was."""
    return "gateway" if slot == 1 else f"gateway-{slot}"


def slot_of(name: str) -> int:
    """Of a process's name."""
    return int(name.removeprefix("gateway-")) if name != "gateway" else 1


def is_gateway(name: str) -> bool:
    """Whether a process of this name is one."""
    return name == "gateway" or (name.startswith("gateway-") and name.removeprefix("gateway-").isdecimal())


def owes(environ: Mapping[str, str]) -> bool:
    """Whether a gateway that is not running has events on disk that the portal has not got."""
    try:
        return (Path(environ[_STATE]) / "journal.jsonl").stat().st_size > 0
    except OSError:  # nothing there; or nothing that could be read
        return False
