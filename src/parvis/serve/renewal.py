"""SIGHUP: the new version takes over on the spot, and no screen is cut (ADR 31).

The new version is tried first in a process of its own, which also migrates. Then the supervisor becomes the new
version by exec: its number stays, its children stay its children, its listening sockets stay open. As its new self
it starts a gateway beside the old one; once that one listens, the old one drains and the portal and the worker are
started again. Until then every step back leaves what was there running.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, MutableMapping
from dataclasses import asdict, dataclass, field
from typing import Any

import structlog

from parvis.serve.gateways import Change, Gateways, is_gateway
from parvis.serve.processes import Adopted
from parvis.serve.supervisor import SIGNALS, Listeners, Service, die_with_parent

log = structlog.get_logger("parvis.serve.renewal")

HANDOVER = "PARVIS_SERVE_HANDOVER"
"""What a supervisor tells its next self."""
KEPT = frozenset({"voice"})
"""Goes on in the old version: its end would put everybody out of their meeting."""


@dataclass(frozen=True, slots=True)
class Handover:
    """Numbers of processes by name, descriptors by address."""

    supervisor: int
    children: dict[str, int] = field(default_factory=dict)
    leaving: dict[str, int] = field(default_factory=dict)
    listeners: dict[str, int] = field(default_factory=dict)

    @classmethod
    def taken_from(cls, environ: MutableMapping[str, str]) -> Handover | None:
        """What our former self left for us, taken out of the variables; None at a fresh start.

        Raises:
            ValueError: it cannot be read, whoever it is for.
        """
        text = environ.pop(HANDOVER, "")
        if not text:
            return None
        try:
            told = json.loads(text)
            found = cls(
                int(told["supervisor"]),
                _numbers(told["children"], least=2),  # signals for 0 and below go to groups, for 1 to init
                _numbers(told["leaving"], least=2),
                _numbers(told["listeners"], least=3),
            )
            if not all(map(is_gateway, found.leaving)):
                raise ValueError("something else than a gateway leaves")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError(f"{HANDOVER}: {type(error).__name__}: {error}") from None
        return found if found.supervisor == os.getpid() else None  # somebody else's, inherited


class Renewal:
    """What a supervisor does beside keeping its services running."""

    def __init__(
        self,
        services: list[Service],
        gateways: Gateways,
        listeners: Listeners,
        *,
        check: list[str],
        again: list[str],
        handover: Handover | None = None,
    ) -> None:
        """`check` is the command that tries the new version, `again` the one by which we become it."""
        self._services = services
        self._gateways = gateways
        self._listeners = listeners
        self._check_command, self._again = check, again
        self._check: subprocess.Popen[bytes] | None = None
        self._asked = False
        self._old: list[Service] = []
        self._retired: list[Service] = []
        if handover is None:
            gateways.begin()
        else:
            self._take_over(handover)

    def ask(self) -> None:
        """SIGHUP came: renew as soon as nothing else is under way."""
        self._asked = True

    def tick(self, stopping: threading.Event) -> None:
        """Called all the time; once `stopping` is set we do not become anything new."""
        change = self._gateways.tend()
        if change is not None:
            self._went(change)
        for each in self._retired:
            if not each.is_running:
                log.info("process_retired", process=each.name)
        self._retired = [each for each in self._retired if each.is_running]
        if self._check is not None:
            self._look(stopping)
        elif self._asked and not self._gateways.is_changing:
            self._asked = False
            self._try()

    def others(self) -> Iterator[Service]:
        """Processes that end with the services."""
        yield from self._gateways.all()
        yield from self._retired
        if self._check is not None:
            yield Service("check", self._check_command, {}, process=self._check)

    def _try(self) -> None:
        log.info("reload_begun")
        try:
            self._check = subprocess.Popen(
                self._check_command,
                env=_with(self._handover()),  # a version that cannot read it must not become us
                stdin=subprocess.DEVNULL,
                preexec_fn=die_with_parent,
            )
        except (OSError, subprocess.SubprocessError) as error:  # half an update, or no memory: what runs goes on
            log.error("reload_refused", why=str(error))

    def _look(self, stopping: threading.Event) -> None:
        """At the new version's trial."""
        if self._check is None or (code := self._check.poll()) is None:
            return
        self._check = None
        if code:
            log.error("reload_refused", why="the new version does not start: what it said is above", code=code)
            return
        try:
            self._become(stopping)
        except OSError as error:
            log.error("reload_refused", why=str(error))

    def _become(self, stopping: threading.Event) -> None:
        """Go on as the new version under our own number; returns only if we were told something else meanwhile.

        Raises:
            OSError: it cannot be started.
        """
        handover = self._handover()
        # Handlers do not outlive exec, and what a signal does without one is to end us. Blocked, it waits.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            # What came until now was heard: the end; or another version, which nobody has tried yet.
            if stopping.is_set() or self._asked:
                return
            for descriptor in handover.listeners.values():
                os.set_inheritable(descriptor, True)
            sys.stdout.flush()
            sys.stderr.flush()
            os.execve(self._again[0], self._again, _with(handover))  # noqa: S606 - one of our own modules
        finally:  # we are still ourselves
            for descriptor in handover.listeners.values():
                os.set_inheritable(descriptor, False)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def _handover(self) -> Handover:
        leaving = [each.service for each in self._gateways.leaving]
        staying = [*self._services, *self._retired, *(each for each in self._gateways.all() if each not in leaving)]
        return Handover(os.getpid(), _running(staying), _running(leaving), self._listeners.descriptors())

    def _take_over(self, handover: Handover) -> None:
        ours = {each.name: each for each in self._services}
        for name, pid in handover.children.items():
            if is_gateway(name):
                continue
            service = ours.get(name) or Service(name, [], {})
            service.process, service.started = Adopted(pid), time.monotonic()
            if name not in ours:
                self._retired.append(service)
            elif name in KEPT:
                log.info("process_kept", process=name)
            else:
                self._old.append(service)
        gateways = {name: pid for name, pid in handover.children.items() if is_gateway(name)}
        self._gateways.take_over(gateways, handover.leaving)
        if not self._gateways.is_changing:
            self._went(Change.DONE)

    def _went(self, change: Change) -> None:
        old, self._old = self._old, []
        if change is Change.FAILED:
            log.error("reload_failed", why="the new gateway does not listen; what was there goes on")
            return
        for each in old:
            each.renew()
        for each in self._retired:
            if each.process is not None:
                each.process.terminate()
        log.info("reload_done", renewing=[each.name for each in old], leaving=len(self._gateways.leaving))


def _with(handover: Handover) -> dict[str, str]:
    return {**os.environ, HANDOVER: json.dumps(asdict(handover))}


def _numbers(told: Any, *, least: int) -> dict[str, int]:
    """Names and numbers.

    Raises:
        ValueError: one cannot be.
    """
    if any(type(number) is not int or number < least for number in told.values()):
        raise ValueError("impossible number")
    return dict(told)


def _running(services: list[Service]) -> dict[str, int]:
    return {each.name: each.process.pid for each in services if each.process is not None and each.is_running}
