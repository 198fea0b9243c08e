"""What the rounds found, and how it is told: medians, then ours against each other."""

from __future__ import annotations

from collections import defaultdict

from bench.relay import measure
from bench.relay.measure import Bulk, Interactive
from bench.relay.peers import Peer
from bench.report import Section, median, ratio


class Results:
    """What each peer did in each round, by its name."""

    def __init__(self) -> None:
        self.bulk: dict[tuple[str, int], list[Bulk]] = defaultdict(list)
        self.interactive: dict[str, list[Interactive]] = defaultdict(list)
        self.many: dict[str, Interactive] = {}

    def speed(self, name: str, streams: int) -> float | None:
        """Megabytes per CPU-second."""
        return _median([each.mb_per_cpu_second for each in self.bulk[name, streams]])

    def of(self, name: str, field: str) -> float | None:
        return _median([getattr(each, field) for each in self.interactive[name]])

    def memory(self, name: str) -> float | None:
        """Of the first round: a relay that keeps freed memory for the next session grows no more after it."""
        found = self.interactive[name]
        return found[0].memory_kb if found else None

    def added(self, name: str, direct: str, field: str) -> float | None:
        """Milliseconds more than both ends talking directly in the same round."""
        pairs = zip(self.interactive[name], self.interactive[direct], strict=False)
        return _ms(_median([getattr(each, field) - getattr(base, field) for each, base in pairs]))

    def as_json(self, names: list[str]) -> dict[str, object]:
        return {
            "rounds": {
                name: {
                    "bulk": [measure.as_json(each) for n in measure.BULK_STREAMS for each in self.bulk[name, n]],
                    "interactive": [measure.as_json(each) for each in self.interactive[name]],
                }
                for name in names
            },
            "many": {name: measure.as_json(each) for name, each in self.many.items()},
        }


def tell(section: Section, peers: list[Peer], results: Results, *, rounds: int, sessions: int, many: int) -> None:
    """Print everything."""
    section.say(f"Medians of {rounds}. At work: {sessions} sessions, each 20 × 12 B/s to the PC, 10 × 4 kB/s back.\n")
    section.table(
        ["", "MB/CPU-s ×1", "MB/CPU-s ×4", "CPU ms/session-min", "p99 ↓ ms", "p99 ↑ ms", "kB/session"],
        [
            (
                peer.name,
                results.speed(peer.name, 1),
                results.speed(peer.name, 4),
                results.of(peer.name, "cpu_ms_per_session_minute"),
                _ms(results.of(peer.name, "down_p99")),
                _ms(results.of(peer.name, "up_p99")),
                results.memory(peer.name),
            )
            for peer in peers
        ],
    )
    _tell_ratios(section, peers, results)
    section.say(f"{many} sessions at work, one core (one round):\n")
    section.table(
        ["", "CPU ms/session-min", "p99 ↓ ms", "p99 ↑ ms", "lost"],
        [
            (name, each.cpu_ms_per_session_minute, _ms(each.down_p99), _ms(each.up_p99), str(each.lost))
            for name, each in results.many.items()
        ],
    )
    section.data |= results.as_json([peer.name for peer in peers])


def _tell_ratios(section: Section, peers: list[Peer], results: Results) -> None:
    section.say("Ours against each other, same run. Speed: more is better; the rest: less is better.")
    section.say("Added p99 in ms, ours and theirs: over both ends talking directly.\n")
    direct = next((peer.name for peer in peers if peer.is_direct), "")
    headers = ["", "speed ×1", "speed ×4", "CPU", "added p99 ↓", "added p99 ↑", "memory"]
    rows = []
    for ours in (peer for peer in peers if peer.is_ours):
        for other in (peer for peer in peers if peer.transport == ours.transport):
            if not other.is_ours and not other.is_direct:
                rows.append(_ratios(results, ours.name, other, direct))
    section.table(headers, rows)
    section.data["ratios"] = [dict(zip(["pair", *headers[1:]], row, strict=True)) for row in rows]


def _ratios(results: Results, ours: str, other: Peer, direct: str) -> list[str]:
    def added(field: str) -> str:
        values = (results.added(name, direct, field) for name in (ours, other.name))
        return " | ".join("–" if value is None else f"{value:.2f}" for value in values)

    cpu = [results.of(name, "cpu_ms_per_session_minute") for name in (ours, other.name)]
    return [
        f"{ours} / {other.name.partition(': ')[2]}",
        ratio(results.speed(ours, 1), results.speed(other.name, 1)),
        ratio(results.speed(ours, 4), results.speed(other.name, 4)),
        ratio(cpu[0], cpu[1]),
        added("down_p99"),
        added("up_p99"),
        ratio(results.memory(ours), results.memory(other.name)),
    ]


def _median(values: list[float | None] | list[float]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _ms(microseconds: float | None) -> float | None:
    return None if microseconds is None else microseconds / 1000
