"""What Prometheus may scrape, on loopback only. No label names a person, a room or an address."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_P = "parvis_voice"
_LAG_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1)


class Metrics:
    """One registry per server."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.rooms = Gauge(f"{_P}_rooms", "Rooms with somebody in them", registry=registry)
        self.people = Gauge(f"{_P}_people", "People in rooms and lobbies", registry=registry)
        self.entered = Counter(f"{_P}_entered", "Seats taken", ["via"], registry=registry)
        self.refused = Counter(f"{_P}_refusals", "Refusals by reason", ["reason"], registry=registry)
        self.available = Gauge(f"{_P}_available", "1 while Janus answers", registry=registry)
        self.lag = Histogram(
            f"{_P}_event_loop_lag_seconds", "Delay of a timer", buckets=_LAG_BUCKETS, registry=registry
        )
        self.journal_pending = Gauge(f"{_P}_journal_events_pending", "Events not acknowledged", registry=registry)
        self.journal_lost = Counter(f"{_P}_journal_events_lost", "Events dropped", registry=registry)

    def render(self) -> bytes:
        """The exposition text."""
        return generate_latest(self.registry)
