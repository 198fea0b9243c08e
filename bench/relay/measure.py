"""One peer, one round: bulk with one and four streams, then many people at work."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

from bench.processes import Child, NotStarted, cpu_seconds, pss_bytes
from bench.relay.dialogue import Dialogue
from bench.relay.generator import Certificate, Load
from bench.relay.peers import Peer, Surroundings

BULK_STREAMS = (1, 4)
_CONNECTIONS_CLOSED_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Bulk:
    """A few screens that move all the time."""

    streams: int
    mb_per_cpu_second: float | None
    """Megabytes (10⁶) the relay moves for a second of processor; None without a relay."""
    mb_per_second: float


@dataclass(frozen=True, slots=True)
class Interactive:
    """Many people at work. Latencies in microseconds, from one end of the relay to the other."""

    sessions: int
    cpu_ms_per_session_minute: float | None
    down_p50: float
    down_p99: float
    """PC → browser."""
    up_p50: float
    up_p99: float
    """Browser → PC."""
    memory_kb: float | None
    """Growth of the relay's proportional set size, per session."""
    idle_kb: float | None
    """The same before anybody works: connected, and what the protocol says at first."""
    lost: int


@dataclass(frozen=True, slots=True)
class Running:
    """A peer that has been started; `child` None where nothing stands between both ends."""

    peer: Peer
    at: Surroundings
    child: Child | None
    certificate: Certificate
    load_cpu: int | None

    def load(self, sessions: int, update: int) -> Load:
        secret = self.peer.secret
        return Load(
            self.at.programs,
            self.at.folder,
            self.peer.dialogue,
            relay_port=self.at.port if self.child else self.at.target_port,
            target_port=self.at.target_port,
            sessions=sessions,
            update=update,
            path=self.peer.path,
            secrets=[secret(self.at) for _ in range(sessions)] if secret else [],
            certificate=self.certificate,
            cpu=self.load_cpu,
        )

    def cpu(self) -> float:
        return cpu_seconds(self.child.pid) if self.child else 0.0

    def memory(self) -> int:
        return pss_bytes(self.child.pid) if self.child else 0


def bulk(running: Running, streams: int, seconds: float) -> Bulk:
    dialogue: Dialogue = running.peer.dialogue
    with running.load(streams, dialogue.bulk_update) as load:
        before = running.cpu()
        seen = load.run("bulk", seconds)
        spent = running.cpu() - before
    if seen["missing"]:
        raise NotStarted(f"{seen['missing']} bytes did not arrive in time")
    megabytes = seen["bytes"] / 1e6
    return Bulk(streams, megabytes / spent if running.child else None, megabytes / seen["seconds"])


def interactive(running: Running, sessions: int, seconds: float) -> Interactive:
    time.sleep(_CONNECTIONS_CLOSED_SECONDS)  # what the run before opened is gone from the memory measured next
    memory = running.memory()
    with running.load(sessions, running.peer.dialogue.update) as load:
        time.sleep(_CONNECTIONS_CLOSED_SECONDS)
        idle = running.memory() - memory
        before = running.cpu()
        seen = load.run("interactive", seconds)
        spent = running.cpu() - before
        grown = running.memory() - memory
    return Interactive(
        sessions,
        1000 * spent / (sessions * seconds / 60) if running.child else None,
        seen["down"]["p50_us"],
        seen["down"]["p99_us"],
        seen["up"]["p50_us"],
        seen["up"]["p99_us"],
        grown / 1024 / sessions if running.child else None,
        idle / 1024 / sessions if running.child else None,
        seen["lost"],
    )


def as_json(result: Bulk | Interactive) -> dict[str, Any]:
    return {key: round(value, 2) if isinstance(value, float) else value for key, value in asdict(result).items()}
