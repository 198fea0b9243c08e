"""Once a minute: what each gateway did since the minute before, added to the row of its hour.

Gateways say running totals; differences between two looks are kept. A connection that ended between two looks is read
from its row, where the gateway's last word is. One that opens and ends between two looks is not seen: some seconds of
a screen. After a silence the counting starts again, nothing is guessed for the time nobody looked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.core.cache import cache
from django.db.models import F, Q, Value
from django.db.models.functions import Greatest

from parvis.portal.capacity.models import Sample
from parvis.portal.remote_desktop import live
from parvis.portal.remote_desktop.gateway_schemas import MAX_CONNECTIONS
from parvis.portal.remote_desktop.live import Pulse
from parvis.portal.remote_desktop.models import Connection, Gateway

EVERY_SECONDS = 60
HEARD = timedelta(seconds=15)
"""A gateway not heard for longer is not sampled: it does nothing."""
SOONEST = timedelta(seconds=EVERY_SECONDS / 2)
"""After the look before; sooner, it is another worker's look at the same minute."""
MOST_GAP = timedelta(minutes=10)
"""Between two looks; further apart, what happened cannot be put in an hour."""
KEPT = timedelta(days=400)
"""A year, and the same season of the year before to compare with."""
PURGED_AT_ONCE = 5000
MOST_CORES = 4
MOST_BYTES_A_SECOND = 12_500_000_000
MOST_LAG_MS = 60_000.0
"""What one process does at most, whatever it says: one that lies spoils neither the columns nor the forecast for long.
Four processors, 100 Gbit/s each way, a minute late."""

log = structlog.get_logger("parvis.capacity")

Bytes = tuple[int, int]
"""Up, down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read of a gateway at the last look; kept in the cache."""

    at: datetime
    boot: UUID
    cpu_seconds: float | None
    moved: Mapping[UUID, Bytes]
    """Bytes of each connection so far, of those too whose end was not told yet."""
    kbps_up: float = 0
    kbps_down: float = 0
    cpu_share: float | None = None
    """Of one core, in the minute before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """Between two looks."""

    minutes: int = 0
    seconds: float = 0
    up: int = 0
    down: int = 0
    cpu_seconds: float = 0
    owed: Mapping[UUID, Bytes] = field(default_factory=dict)


def sample(*, now: datetime) -> int:
    """Look at every gateway; how many looks counted. Once a minute each, however many workers call this."""
    gateways = list(Gateway.objects.all())
    pulses = live.pulses([each.pk for each in gateways])
    return sum(
        _looked_at(each, pulse)
        for each in gateways
        if (pulse := pulses.get(each.pk)) is not None and now - pulse.at <= HEARD
    )


def reading(gateway_id: int) -> Reading | None:
    """The last look at a gateway; None: none for an hour."""
    found: Reading | None = cache.get(_key(gateway_id))
    return found


def readings(gateway_ids: list[int]) -> dict[int, Reading]:
    """The same of several, by gateway."""
    keys = {_key(each): each for each in gateway_ids}
    return {keys[key]: value for key, value in cache.get_many(list(keys)).items()}


def purge(*, now: datetime) -> int:
    """Delete what is older than `KEPT`; how many rows."""
    old = Sample.objects.filter(hour_at__lt=now - KEPT).order_by("hour_at").values_list("pk", flat=True)
    return Sample.objects.filter(pk__in=list(old[:PURGED_AT_ONCE])).delete()[0]


def _looked_at(gateway: Gateway, pulse: Pulse) -> bool:
    try:
        return _look(gateway, pulse)
    except Exception:
        # The others are looked at all the same.
        log.exception("gateway_not_sampled", gateway=gateway.pk)
        return False


def _look(gateway: Gateway, pulse: Pulse) -> bool:
    before = reading(gateway.pk)
    step = _since(before, gateway, pulse)
    if not _add(gateway, pulse, step):
        return False
    seconds = step.seconds or 1.0
    figures = {pk: (each.up, each.down) for pk, each in pulse.figures.items()}
    known = Reading(
        at=pulse.at,
        boot=gateway.boot,
        cpu_seconds=pulse.load.cpu_seconds,
        moved={**step.owed, **figures},
        kbps_up=step.up * 8 / 1000 / seconds,
        kbps_down=step.down * 8 / 1000 / seconds,
        cpu_share=step.cpu_seconds / seconds if step.seconds and pulse.load.cpu_seconds is not None else None,
    )
    cache.set(_key(gateway.pk), known, timeout=3600)
    return True


def _since(before: Reading | None, gateway: Gateway, pulse: Pulse) -> _Step:
    if before is None or not timedelta(0) < pulse.at - before.at <= MOST_GAP:
        return _Step()
    seconds = (pulse.at - before.at).total_seconds()
    up = down = 0
    for pk, each in pulse.figures.items():
        was_up, was_down = before.moved.get(pk, (0, 0))
        up += max(each.up - was_up, 0)
        down += max(each.down - was_down, 0)
    ended, owed = _ended(before, pulse)
    return _Step(
        minutes=max(round(seconds / 60), 1),
        seconds=seconds,
        up=min(up + ended[0], int(seconds * MOST_BYTES_A_SECOND)),
        down=min(down + ended[1], int(seconds * MOST_BYTES_A_SECOND)),
        cpu_seconds=min(_processor(before, gateway, pulse), seconds * MOST_CORES),
        owed=owed,
    )


def _ended(before: Reading, pulse: Pulse) -> tuple[Bytes, dict[UUID, Bytes]]:
    """What moved last in connections that are gone; those whose end the gateway has not told yet wait for it."""
    gone = {pk: moved for pk, moved in before.moved.items() if pk not in pulse.figures}
    if not gone:
        return (0, 0), {}
    rows = Connection.objects.filter(pk__in=list(gone)).values_list("pk", "ended_at", "bytes_up", "bytes_down")
    up = down = 0
    owed = {}
    for pk, ended_at, bytes_up, bytes_down in rows:
        was_up, was_down = gone[pk]
        if ended_at is None:
            owed[pk] = gone[pk]
        else:
            up += max(bytes_up - was_up, 0)
            down += max(bytes_down - was_down, 0)
    return (up, down), owed


def _processor(before: Reading, gateway: Gateway, pulse: Pulse) -> float:
    spent = pulse.load.cpu_seconds
    if spent is None:
        return 0.0
    if before.boot != gateway.boot:
        return spent  # a new process: all it used, it used since
    return max(spent - before.cpu_seconds, 0.0) if before.cpu_seconds is not None else 0.0


def _add(gateway: Gateway, pulse: Pulse, step: _Step) -> bool:
    """Add to the hour's row, unless another worker has just done so."""
    hour = pulse.at.replace(minute=0, second=0, microsecond=0)
    sessions = min(pulse.load.connections, MAX_CONNECTIONS)
    Sample.objects.bulk_create([Sample(gateway=gateway, hour_at=hour)], ignore_conflicts=True)
    not_yet = Q(looked_at=None) | Q(looked_at__lte=pulse.at - SOONEST)
    return bool(
        Sample.objects.filter(not_yet, gateway=gateway, hour_at=hour).update(
            looked_at=pulse.at,
            beats=F("beats") + step.minutes,
            sessions_sum=F("sessions_sum") + sessions * step.minutes,
            sessions_most=Greatest(F("sessions_most"), Value(sessions)),
            bytes_up=F("bytes_up") + step.up,
            bytes_down=F("bytes_down") + step.down,
            cpu_seconds=F("cpu_seconds") + step.cpu_seconds,
            lag_most_ms=Greatest(F("lag_most_ms"), Value(min(float(pulse.load.event_loop_lag_ms), MOST_LAG_MS))),
        )
    )


def _key(gateway_id: int) -> str:
    return f"capacity.reading.{gateway_id}"
