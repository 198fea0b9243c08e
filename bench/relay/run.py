"""The relay benchmark: interleaved rounds over all peers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from bench import machine
from bench.processes import NotStarted, free_ports
from bench.relay import measure
from bench.relay.certificate import self_signed
from bench.relay.generator import Programs, compile_programs
from bench.relay.measure import Running
from bench.relay.peers import Surroundings, all_peers
from bench.relay.portal import ContractPortal
from bench.relay.results import Results, tell
from bench.report import Section, note

ROUNDS, BULK_SECONDS, INTERACTIVE_SECONDS = 3, 0.6, 2.0
SESSIONS, MANY_SESSIONS = 100, 400


def run(section: Section, *, quick: bool = False) -> None:
    """Measure and print; `quick` proves that it works, its figures mean nothing."""
    rounds, sessions, many = (1, 8, 16) if quick else (ROUNDS, SESSIONS, MANY_SESSIONS)
    with tempfile.TemporaryDirectory(prefix="parvis-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        try:
            programs = compile_programs(folder)
        except NotStarted as error:
            section.missing(str(error))
            return
        portal = stack.enter_context(ContractPortal())
        peers = _start(section, stack, folder, programs, portal)
        results = Results()
        for number in range(rounds):
            note(f"relay: round {number + 1} of {rounds}")
            for each in peers:
                _guard(section, each, lambda peer: _round(results, peer, sessions))
        note(f"relay: {many} sessions")
        for each in peers:
            if each.peer.scales:
                _guard(section, each, lambda peer: _many(results, peer, many))
        tell(section, [each.peer for each in peers], results, rounds=rounds, sessions=sessions, many=many)


def _start(
    section: Section, stack: ExitStack, folder: Path, programs: Programs, portal: ContractPortal
) -> list[Running]:
    peers = all_peers()
    ports = iter(free_ports(2 * len(peers)))
    certificate = self_signed(folder)
    relay_cpu, load_cpu = machine.cores()
    running = []
    for peer in peers:
        at = Surroundings(folder, programs, portal, next(ports), next(ports), certificate.certificate, relay_cpu)
        try:
            child = peer.start(at)
        except NotStarted as error:
            section.missing(f"{peer.name}: {error}")
            continue
        if child is not None:
            stack.enter_context(child)
        running.append(Running(peer, at, child, certificate, load_cpu))
    return running


def _guard(section: Section, running: Running, work: Callable[[Running], None]) -> None:
    try:
        work(running)
    except NotStarted as error:
        section.missing(f"{running.peer.name}: {error}")


def _round(results: Results, running: Running, sessions: int) -> None:
    name = running.peer.name
    for streams in measure.BULK_STREAMS:
        results.bulk[name, streams].append(measure.bulk(running, streams, BULK_SECONDS))
    results.interactive[name].append(measure.interactive(running, sessions, INTERACTIVE_SECONDS))


def _many(results: Results, running: Running, sessions: int) -> None:
    results.many[running.peer.name] = measure.interactive(running, sessions, INTERACTIVE_SECONDS)
