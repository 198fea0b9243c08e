"""Now: what each gateway carries, against what it can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from parvis.portal.capacity import rules, sampling
from parvis.portal.capacity.models import Capability
from parvis.portal.capacity.rules import Cost, Level, Limit
from parvis.portal.remote_desktop import live
from parvis.portal.remote_desktop.models import Gateway

FRESH_READING = timedelta(minutes=3)
"""Rates older than this are not « now »."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """One gateway."""

    gateway: Gateway
    capability: Capability | None
    limit: Limit
    heard_at: datetime | None
    level: Level
    sessions: int
    lag_ms: float
    kbps_up: float | None
    """None: not measured in the last minutes."""
    kbps_down: float | None
    cpu_share: float | None
    """Of one core."""
    is_draining: bool = False
    """It takes no new screen, ends with its last one, and is expected back: its capacity counts."""

    @property
    def is_heard(self) -> bool:
        """Whether it is there."""
        return self.level is not Level.SILENT

    @property
    def percent(self) -> int:
        """Of its capacity."""
        return round(100 * self.sessions / self.limit.sessions)

    @property
    def line_percent(self) -> int | None:
        """Of its line, when the line's rate is known."""
        line = self.capability.kbps if self.capability else None
        return None if not line or self.kbps_down is None else round(100 * self.kbps_down / line)

    @property
    def cpu_percent(self) -> int | None:
        """Of one core."""
        return None if self.cpu_share is None else round(100 * self.cpu_share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """All gateways. What is carried counts those that are heard."""

    gauges: Sequence[Gauge]

    @property
    def limits(self) -> list[int]:
        """Of those that are heard."""
        return [each.limit.sessions for each in self.gauges if each.is_heard]

    @property
    def carried(self) -> int:
        """Screens at once, together."""
        return sum(self.limits)

    @property
    def without_one(self) -> int:
        """The same when the biggest one stops."""
        return rules.without_one(self.limits)

    @property
    def sessions(self) -> int:
        """Open now."""
        return sum(each.sessions for each in self.gauges)

    @property
    def percent(self) -> int:
        """Of what is carried."""
        return round(100 * self.sessions / self.carried) if self.carried else 0

    @property
    def silent(self) -> int:
        """Not heard."""
        return sum(not each.is_heard for each in self.gauges)

    def each(self, cost: Cost) -> int:
        """What one more carries: as those that are here, or as a new one would."""
        return round(self.carried / len(self.limits)) if self.limits else rules.limit(cost).sessions


def fleet(cost: Cost, now: datetime) -> Fleet:
    """Every gateway that ever said hello, those that are heard first. Two queries."""
    gateways = list(Gateway.objects.order_by("name"))
    known = {each.gateway_id: each for each in Capability.objects.filter(gateway__in=gateways)}
    ids = [each.pk for each in gateways]
    pulses, readings = live.pulses(ids), sampling.readings(ids)
    found = [
        _gauge(each, known.get(each.pk), pulses.get(each.pk), readings.get(each.pk), cost, now) for each in gateways
    ]
    return Fleet(gauges=sorted(found, key=lambda each: not each.is_heard))


def _gauge(
    gateway: Gateway,
    capability: Capability | None,
    pulse: live.Pulse | None,
    reading: sampling.Reading | None,
    cost: Cost,
    now: datetime,
) -> Gauge:
    limit = rules.limit(
        cost, sessions=capability.sessions if capability else None, kbps=capability.kbps if capability else None
    )
    heard = pulse is not None and now - pulse.at <= sampling.HEARD
    load = pulse.load if pulse is not None and heard else live.Load()
    fresh = reading is not None and heard and now - reading.at <= FRESH_READING
    return Gauge(
        gateway=gateway,
        capability=capability,
        limit=limit,
        heard_at=pulse.at if pulse else None,
        level=rules.level(load.connections / limit.sessions, load.event_loop_lag_ms) if heard else Level.SILENT,
        sessions=load.connections,
        lag_ms=load.event_loop_lag_ms,
        kbps_up=reading.kbps_up if reading and fresh else None,
        kbps_down=reading.kbps_down if reading and fresh else None,
        cpu_share=reading.cpu_share if reading and fresh else None,
        is_draining=load.draining,
    )
