"""What Prometheus may scrape, on loopback only. No label names a user, a computer or an address."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_P = "parvis_gateway"
_CONNECT_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_LAG_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1)


class Metrics:
    """One registry per gateway, so that two in one process (tests) do not collide."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.active = Gauge(f"{_P}_sessions_active", "Connections relayed now", ["protocol"], registry=registry)
        self.pending = Gauge(f"{_P}_connections_pending", "WebSockets without an accepted ticket", registry=registry)
        self.started = Counter(f"{_P}_sessions_started", "Connections relayed", ["protocol"], registry=registry)
        self.ended = Counter(f"{_P}_sessions_ended", "Ends by reason", ["reason"], registry=registry)
        self.refused = Counter(f"{_P}_refusals", "Refusals by reason", ["reason"], registry=registry)
        self.connect = Histogram(
            f"{_P}_connect_seconds",
            "From the browser's upgrade to the first relayed byte",
            ["protocol"],
            buckets=_CONNECT_BUCKETS,
            registry=registry,
        )
        self.bytes = Counter(f"{_P}_bytes", "Bytes relayed, counted at the end", ["direction"], registry=registry)
        self.pauses = Counter(
            f"{_P}_backpressure_pauses", "Times a fast side was made to wait", ["side"], registry=registry
        )
        self.lag = Histogram(
            f"{_P}_event_loop_lag_seconds", "Delay of a timer of 1 s", buckets=_LAG_BUCKETS, registry=registry
        )
        self.descriptors = Gauge(f"{_P}_file_descriptors", "Open file descriptors", registry=registry)
        self.journal_pending = Gauge(
            f"{_P}_journal_events_pending", "Events the portal has not acknowledged", registry=registry
        )
        self.journal_lost = Counter(
            f"{_P}_journal_events_lost", "Events dropped because the journal was full", registry=registry
        )
        self.hints = Counter(f"{_P}_hints", "Times the portal said to ask now", registry=registry)
        self.hints_connected = Gauge(
            f"{_P}_hints_connected",
            "1: the portal says when to ask; 0: heartbeats only",
            registry=registry,
        )
        self.portal_silence = Gauge(
            f"{_P}_portal_silence_seconds", "Time since the portal last answered", registry=registry
        )

    def render(self) -> bytes:
        """The exposition text."""
        return generate_latest(self.registry)
