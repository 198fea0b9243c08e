"""Four weeks of hours for the demo's gateway, made from the very sessions of its history. Demo mode only."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from datetime import datetime, timedelta

from django.db import transaction

from parvis.portal.capacity.models import Sample
from parvis.portal.remote_desktop.models import Gateway, RemoteSession

SEED = 20201120
BEHIND = timedelta(days=28)
CPU_MS, BASE_MS, IDLE_MS = 34.0, 1900.0, 260.0
"""Of a minute of screen; of a minute of the gateway at work; with nobody."""
KBPS = 290.0


@transaction.atomic
def build(now: datetime) -> bool:
    """Make the hours; False if there are some already."""
    gateway = Gateway.objects.order_by("pk").first()
    if gateway is None or Sample.objects.exists():
        return False
    chance = random.Random(SEED)
    minutes, most = _minutes(now)
    first = (now - BEHIND).replace(minute=0, second=0, microsecond=0)
    hours = [first + timedelta(hours=at) for at in range(int(BEHIND.total_seconds() // 3600))]
    Sample.objects.bulk_create(
        [_sample(gateway, hour, minutes[hour], most[hour], chance) for hour in hours], batch_size=500
    )
    return True


def _minutes(now: datetime) -> tuple[Counter[datetime], Counter[datetime]]:
    """By hour: minutes of screens, and how many were open at once at most."""
    rows = RemoteSession.objects.filter(started_at__gte=now - BEHIND, ended_at__lte=now)
    minutes: Counter[datetime] = Counter()
    moves: dict[datetime, list[tuple[datetime, int]]] = defaultdict(list)
    for started, ended in rows.values_list("started_at", "ended_at"):
        if started is None or ended is None:
            continue
        hour = started.replace(minute=0, second=0, microsecond=0)
        while hour < ended:
            begins, ends = max(hour, started), min(hour + timedelta(hours=1), ended)
            minutes[hour] += round((ends - begins).total_seconds() / 60)
            moves[hour] += [(begins, 1), (ends, -1)]
            hour += timedelta(hours=1)
    return minutes, Counter({hour: _most(each) for hour, each in moves.items()})


def _most(moves: list[tuple[datetime, int]]) -> int:
    opened = most = 0
    for _at, step in sorted(moves):
        opened += step
        most = max(most, opened)
    return most


def _sample(gateway: Gateway, hour: datetime, minutes: int, most: int, chance: random.Random) -> Sample:
    moved = minutes * 60 * KBPS * 125 * chance.uniform(0.8, 1.25)
    return Sample(
        gateway=gateway,
        hour_at=hour,
        beats=60,
        sessions_sum=minutes,
        sessions_most=most,
        bytes_up=round(moved * 0.02),
        bytes_down=round(moved * 0.98),
        cpu_seconds=(60 * (BASE_MS if minutes else IDLE_MS) + minutes * CPU_MS * chance.uniform(0.85, 1.2)) / 1000,
        lag_most_ms=chance.uniform(0.2, 4.0),
    )
