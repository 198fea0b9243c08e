"""What gateways say every two seconds: kept in the cache, never in the database.

One entry per gateway: when it was last heard, the figures of each open connection, and since
when connections the portal believes open are missing from its reports. Losing the cache loses
no fact: counting starts again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.core.cache import cache

from parvis.portal.remote_desktop import rules

_KEPT_SECONDS = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One connection, as its gateway last measured it. `up` = browser → PC, in bytes."""

    up: int = 0
    down: int = 0
    rtt_ms: float | None = None
    idle_seconds: float = 0
    clipboard_to_pc: int = 0
    clipboard_from_pc: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How busy a gateway is."""

    event_loop_lag_ms: float = 0
    connections: int = 0
    file_descriptors: int = 0
    cpu_seconds: float | None = None
    """Processor time of the gateway's process since it started; None: it does not say."""
    draining: bool = False
    """It takes no new session and ends with its last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """A gateway's last heartbeat."""

    at: datetime
    load: Load = field(default_factory=Load)
    figures: Mapping[UUID, Figures] = field(default_factory=dict)
    missing: Mapping[UUID, datetime] = field(default_factory=dict)
    """Connections believed open that it does not report, and since when."""


def pulse(gateway_id: int) -> Pulse | None:
    """The last heartbeat of a gateway; None when it was not heard for an hour."""
    found: Pulse | None = cache.get(_key(gateway_id))
    return found


def pulses(gateway_ids: Iterable[int]) -> dict[int, Pulse]:
    """The last heartbeats of several gateways, by gateway."""
    keys = {_key(each): each for each in gateway_ids}
    return {keys[key]: value for key, value in cache.get_many(list(keys)).items()}


def note(
    gateway_id: int, *, figures: Mapping[UUID, Figures], load: Load, believed_open: Iterable[UUID], now: datetime
) -> list[UUID]:
    """Keep a heartbeat; the connections it has not reported for `rules.MISSING_SECONDS`."""
    before = pulse(gateway_id)
    since = before.missing if before is not None else {}
    missing = {each: since.get(each, now) for each in believed_open if each not in figures}
    cache.set(_key(gateway_id), Pulse(at=now, load=load, figures=figures, missing=missing), timeout=_KEPT_SECONDS)
    return [each for each, at in missing.items() if (now - at).total_seconds() > rules.MISSING_SECONDS]


def is_silent(gateway_id: int, now: datetime) -> bool:
    """Has nothing been heard of this gateway for `rules.GATEWAY_SILENT_SECONDS`?"""
    last = pulse(gateway_id)
    return last is None or (now - last.at).total_seconds() > rules.GATEWAY_SILENT_SECONDS


def figures_of(gateway_id: int | None, connection_id: UUID) -> tuple[Figures, datetime] | None:
    """The last figures of one connection and when they were measured."""
    last = pulse(gateway_id) if gateway_id is not None else None
    if last is None or connection_id not in last.figures:
        return None
    return last.figures[connection_id], last.at


def _key(gateway_id: int) -> str:
    # The number changes with the shape of `Pulse`: what an earlier version left is not read as this one.
    return f"remote_desktop.pulse.3.{gateway_id}"
