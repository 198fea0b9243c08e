"""Cost against the number of sessions, 100 … 3,000: ours beside nginx's WebSocket proxy, plain C and websockify."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import machine
from bench.processes import Child, NotStarted, free_ports
from bench.relay import curve_report, measure
from bench.relay.certificate import self_signed
from bench.relay.generator import Certificate, Programs, compile_programs
from bench.relay.measure import Running
from bench.relay.peers import Peer, Surroundings, all_peers
from bench.relay.portal import ContractPortal
from bench.report import Section, note

SIZES, SECONDS = (100, 300, 700, 1000, 1300, 1600, 2000, 3000), 3.0
PROCESS_EACH = 300
"""A peer that starts a process for each session is not asked for more."""
HOPELESS_US = 500_000.0
"""A 99th percentile beyond it is no screen any more: the larger sizes are left out."""
BULK_SECONDS, BULK_ROUNDS = 0.6, 3


def run(section: Section, *, quick: bool = False) -> None:
    """Measure, print, and (not `quick`) write the report with its plots and the raw figures."""
    sizes = (8, 16) if quick else SIZES
    noise = machine.Noise()
    with tempfile.TemporaryDirectory(prefix="parvis-bench-") as name:
        folder = Path(name)
        try:
            programs = compile_programs(folder)
        except NotStarted as error:
            section.missing(str(error))
            return
        peers = [peer for peer in all_peers() if peer.path is not None]
        found: dict[str, Any] = {"peers": {peer.name: {"bulk": [], "sessions": []} for peer in peers}}
        with ContractPortal() as portal:
            _bulk(section, peers, folder, programs, portal, found, rounds=1 if quick else BULK_ROUNDS)
            _sessions(section, peers, folder, programs, portal, found, sizes)
    found |= {"machine": machine.describe(), "others_cores": round(noise.share(), 2), "seconds": SECONDS}
    section.data |= found
    curve_report.tell(section, found)
    if not quick:
        curve_report.write(found)
        note(f"curve: {curve_report.REPORT} and its plots are renewed")


def _sessions(
    section: Section,
    peers: Sequence[Peer],
    folder: Path,
    programs: Programs,
    portal: ContractPortal,
    found: dict[str, Any],
    sizes: Sequence[int],
) -> None:
    left_out: set[str] = set()
    for size in sizes:
        note(f"curve: {size} sessions")
        for peer in peers:
            if peer.name in left_out or ("websockify" in peer.name and size > PROCESS_EACH):
                continue
            try:
                with _started(peer, folder, programs, portal) as running:
                    seen = measure.interactive(running, size, SECONDS)
            except NotStarted as error:
                section.missing(f"{peer.name}, {size} sessions: {error}")
                left_out.add(peer.name)
                continue
            found["peers"][peer.name]["sessions"].append(measure.as_json(seen))
            if max(seen.down_p99, seen.up_p99) > HOPELESS_US:
                left_out.add(peer.name)


def _bulk(
    section: Section,
    peers: Sequence[Peer],
    folder: Path,
    programs: Programs,
    portal: ContractPortal,
    found: dict[str, Any],
    *,
    rounds: int,
) -> None:
    for number in range(rounds):
        note(f"curve: moving screens, round {number + 1} of {rounds}")
        for peer in peers:
            try:
                with _started(peer, folder, programs, portal) as running:
                    for streams in measure.BULK_STREAMS:
                        seen = measure.bulk(running, streams, BULK_SECONDS)
                        found["peers"][peer.name]["bulk"].append(measure.as_json(seen))
            except NotStarted as error:
                section.missing(f"{peer.name}, moving screens: {error}")


class _started:
    """One relay alone on its core, fresh: memory is that of its own sessions."""

    def __init__(self, peer: Peer, folder: Path, programs: Programs, portal: ContractPortal) -> None:
        self._peer, self._folder, self._programs, self._portal = peer, folder, programs, portal
        self._child: Child | None = None

    def __enter__(self) -> Running:
        own = Path(tempfile.mkdtemp(dir=self._folder))
        port, target = free_ports(2)
        certificate: Certificate = self_signed(own)
        relay_cpu, load_cpu = machine.cores()
        at = Surroundings(own, self._programs, self._portal, port, target, certificate.certificate, relay_cpu)
        self._child = self._peer.start(at)
        return Running(self._peer, at, self._child, certificate, load_cpu)

    def __exit__(self, *_: object) -> None:
        if self._child is not None:
            self._child.__exit__()
