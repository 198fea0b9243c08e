"""The relay benchmark: interleaved rounds over all peers, medians, ratios."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path

from bench import machine
from bench.processes import NotStarted, free_ports
from bench.relay import measure
from bench.relay.certificate import self_signed
from bench.relay.generator import Programs, compile_programs
from bench.relay.measure import Bulk, Interactive, Running
from bench.relay.peers import Peer, Surroundings, all_peers
from bench.relay.portal import ContractPortal
from bench.report import Section, median, note, ratio

ROUNDS, BULK_SECONDS, INTERACTIVE_SECONDS = 3, 0.8, 2.5
SESSIONS, MANY_SESSIONS = 100, 400
_REFERENCES = ("websockify", "plain C relay", "nginx stream")


class Results:
    """What each peer did in each round."""

    def __init__(self) -> None:
        self.bulk: dict[tuple[str, int], list[Bulk]] = defaultdict(list)
        self.interactive: dict[str, list[Interactive]] = defaultdict(list)
        self.many: dict[str, Interactive] = {}

    def speed(self, name: str, streams: int) -> float | None:
        return _median([each.mb_per_cpu_second for each in self.bulk[name, streams]])

    def of(self, name: str, field: str) -> float | None:
        return _median([getattr(each, field) for each in self.interactive[name]])

    def memory(self, name: str) -> float | None:
        """Of the first round: a relay that keeps freed memory for the next session grows no more after it."""
        found = self.interactive[name]
        return found[0].memory_kb if found else None


def run(section: Section, *, quick: bool = False) -> None:
    """Measure and print; `quick` proves that it works, its figures mean nothing."""
    rounds, sessions = (1, 8) if quick else (ROUNDS, SESSIONS)
    many = 16 if quick else MANY_SESSIONS
    with tempfile.TemporaryDirectory(prefix="parvis-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        try:
            programs = compile_programs(folder)
        except NotStarted as error:
            section.missing(f"relay: {error}")
            return
        portal = stack.enter_context(ContractPortal())
        running = _start(section, stack, folder, programs, portal)
        results = Results()
        for number in range(rounds):
            note(f"relay: round {number + 1} of {rounds}")
            for each in running:
                _guard(section, each.peer, lambda each=each: _round(results, each, sessions))  # type: ignore[misc]
        for each in running:
            if "websockify" not in each.peer.name:
                _guard(section, each.peer, lambda each=each: _many(results, each, many))  # type: ignore[misc]
        _report(section, [each.peer for each in running], results, sessions, many, rounds)


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


def _guard(section: Section, peer: Peer, work: object) -> None:
    try:
        work()  # type: ignore[operator]
    except NotStarted as error:
        section.missing(f"{peer.name}: {error}")


def _round(results: Results, running: Running, sessions: int) -> None:
    name = running.peer.name
    for streams in measure.BULK_STREAMS:
        results.bulk[name, streams].append(measure.bulk(running, streams, BULK_SECONDS))
    results.interactive[name].append(measure.interactive(running, sessions, INTERACTIVE_SECONDS))


def _many(results: Results, running: Running, sessions: int) -> None:
    results.many[running.peer.name] = measure.interactive(running, sessions, INTERACTIVE_SECONDS)


def _report(section: Section, peers: list[Peer], results: Results, sessions: int, many: int, rounds: int) -> None:
    names = [peer.name for peer in peers]
    section.say(f"Relay, medians of {rounds}. Interactive: {sessions} sessions, each 20 × 12 B/s up and 10 × 4 kB/s down.\n")
    section.table(
        ["", "MB/CPU-s ×1", "MB/CPU-s ×4", "CPU ms/session-min", "p99 ↓ ms", "p99 ↑ ms", "kB/session"],
        [
            (
                name,
                results.speed(name, 1),
                results.speed(name, 4),
                results.of(name, "cpu_ms_per_session_minute"),
                _ms(results.of(name, "down_p99")),
                _ms(results.of(name, "up_p99")),
                results.memory(name),
            )
            for name in names
        ],
    )
    _report_ratios(section, peers, results)
    section.say(f"{many} interactive sessions on one core (one round):\n")
    section.table(
        ["", "CPU ms/session-min", "p99 ↓ ms", "p99 ↑ ms", "lost"],
        [
            (name, each.cpu_ms_per_session_minute, _ms(each.down_p99), _ms(each.up_p99), str(each.lost))
            for name, each in results.many.items()
        ],
    )
    section.data |= {
        "rounds": {
            name: {
                "bulk": [measure.as_json(each) for streams in measure.BULK_STREAMS for each in results.bulk[name, streams]],
                "interactive": [measure.as_json(each) for each in results.interactive[name]],
            }
            for name in names
        },
        "many": {name: measure.as_json(each) for name, each in results.many.items()},
    }


def _report_ratios(section: Section, peers: list[Peer], results: Results) -> None:
    section.say("Ours against the others, same run. Speed: more is better; processor and memory: less is better.")
    section.say("Added p99: what the relay adds to both ends talking directly.\n")
    direct = next((peer.name for peer in peers if "direct" in peer.name), "")
    rows, figures = [], []
    for ours in (peer for peer in peers if peer.is_ours):
        for other in (peer for peer in peers if not peer.is_ours and peer.name[:4] == ours.name[:4]):
            if not any(word in other.name for word in _REFERENCES):
                continue
            row = (
                f"{ours.name} / {other.name[5:]}",
                ratio(results.speed(ours.name, 1), results.speed(other.name, 1)),
                ratio(results.speed(ours.name, 4), results.speed(other.name, 4)),
                ratio(*(results.of(name, "cpu_ms_per_session_minute") for name in (ours.name, other.name))),
                *(
                    f"{_added(results, ours.name, direct, field)} / {_added(results, other.name, direct, field)}"
                    for field in ("down_p99", "up_p99")
                ),
                ratio(results.memory(ours.name), results.memory(other.name)),
            )
            rows.append(row)
            figures.append(dict(zip(("pair", "speed_1", "speed_4", "cpu", "added_down", "added_up", "memory"), row)))  # noqa: B905
    section.table(["", "speed ×1", "speed ×4", "CPU", "added p99 ↓ ms", "added p99 ↑ ms", "memory"], rows)
    section.data["ratios"] = figures


def _added(results: Results, name: str, direct: str, field: str) -> str:
    pairs = zip(results.interactive[name], results.interactive[direct], strict=False)
    added = _median([getattr(each, field) - getattr(base, field) for each, base in pairs])
    return "–" if added is None else f"{added / 1000:.2f}"


def _median(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _ms(microseconds: float | None) -> float | None:
    return None if microseconds is None else microseconds / 1000
