"""Looks at gateways become hours: differences, ends, restarts, silences, several workers."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.models import F

from parvis.portal.capacity import sampling
from parvis.portal.capacity.models import Sample
from parvis.portal.remote_desktop.models import Connection, Gateway
from tests.integration.capacity.conftest import NOW, beat, make_gateway
from tests.integration.remote_desktop.conftest import make_office

MINUTE = timedelta(minutes=1)
A, B = uuid.UUID(int=10), uuid.UUID(int=11)


def look(minutes: float) -> int:
    return sampling.sample(now=NOW + minutes * MINUTE)


@pytest.mark.django_db
def test_the_first_look_teaches_where_to_count_from() -> None:
    gateway = make_gateway()
    beat(gateway, NOW, cpu=500.0, figures={A: (1_000, 900_000)})
    assert look(0) == 1
    row = Sample.objects.get()
    assert (row.beats, row.sessions_sum, row.sessions_most) == (0, 0, 1)
    assert (row.bytes_down, row.cpu_seconds) == (0, 0)
    assert row.hour_at == NOW.replace(minute=0)


@pytest.mark.django_db
def test_differences_are_added_up() -> None:
    gateway = make_gateway()
    for minute, sent, cpu in ((0, 1_000, 10.0), (1, 5_000, 10.5), (2, 6_000, 11.5)):
        beat(gateway, NOW + minute * MINUTE, cpu=cpu, lag=5.0 * minute, figures={A: (10 * minute, sent), B: (0, 7)})
        assert look(minute) == 1
    row = Sample.objects.get()
    assert (row.beats, row.sessions_sum, row.sessions_most) == (2, 4, 2)
    assert (row.bytes_up, row.bytes_down) == (20, 5_000)
    assert row.cpu_seconds == pytest.approx(1.5)
    assert row.lag_most_ms == 10
    rates = sampling.reading(gateway.pk)
    assert rates is not None
    assert rates.kbps_down == pytest.approx(1_000 * 8 / 1000 / 60)
    assert rates.cpu_share == pytest.approx(1 / 60)


@pytest.mark.django_db
def test_the_next_hour_is_another_row() -> None:
    gateway = make_gateway()
    for minute in (29, 30):
        beat(gateway, NOW + minute * MINUTE, cpu=float(minute), figures={})
        look(minute)
    assert list(Sample.objects.order_by("hour_at").values_list("hour_at__hour", "beats")) == [(10, 0), (11, 1)]


@pytest.mark.django_db
def test_what_an_ended_connection_moved_last_is_counted_once() -> None:
    office = make_office()
    grant = office.open()
    gateway = Gateway.objects.get()
    pk = grant.connection.pk
    beat(gateway, NOW, figures={pk: (0, 1_000)})
    look(0)
    beat(gateway, NOW + MINUTE, figures={})
    look(1)  # gone, and its end is not told yet
    assert Sample.objects.get().bytes_down == 0
    Connection.objects.filter(pk=pk).update(ended_at=NOW, end_reason="idle", bytes_up=50, bytes_down=4_000)
    for minute in (2, 3):
        beat(gateway, NOW + minute * MINUTE, figures={})
        look(minute)
    row = Sample.objects.get()
    assert (row.bytes_up, row.bytes_down) == (50, 3_000)


@pytest.mark.django_db
def test_a_new_process_starts_from_nought() -> None:
    gateway = make_gateway()
    beat(gateway, NOW, cpu=900.0)
    look(0)
    Gateway.objects.update(boot=uuid.UUID(int=2))
    beat(gateway, NOW + MINUTE, cpu=0.4)
    look(1)
    assert Sample.objects.get().cpu_seconds == pytest.approx(0.4)


@pytest.mark.django_db
def test_an_older_gateway_does_not_say_its_processor() -> None:
    gateway = make_gateway()
    for minute in (0, 1):
        beat(gateway, NOW + minute * MINUTE, sessions=3)
        look(minute)
    row = Sample.objects.get()
    assert (row.cpu_seconds, row.sessions_sum) == (0, 3)
    known = sampling.reading(gateway.pk)
    assert known is not None
    assert known.cpu_share is None


@pytest.mark.django_db
def test_a_silent_gateway_and_a_time_nobody_looked_are_not_guessed() -> None:
    gateway = make_gateway()
    beat(gateway, NOW, cpu=1.0, figures={A: (0, 10)})
    look(0)
    assert look(1) == 0, "not heard for a minute"
    beat(gateway, NOW + 20 * MINUTE, cpu=500.0, figures={A: (0, 10**9)})
    assert look(20) == 1
    row = Sample.objects.get()
    assert (row.beats, row.bytes_down, row.cpu_seconds) == (0, 0, 0)


@pytest.mark.django_db
def test_a_minute_missed_is_two_minutes() -> None:
    gateway = make_gateway()
    for minute in (0, 2):
        beat(gateway, NOW + minute * MINUTE, sessions=5)
        look(minute)
    row = Sample.objects.get()
    assert (row.beats, row.sessions_sum) == (2, 10)


@pytest.mark.django_db
def test_a_look_too_soon_is_not_counted() -> None:
    gateway = make_gateway()
    for minute, counted in ((0, 1), (0.2, 0), (1, 1)):
        beat(gateway, NOW + minute * MINUTE, sessions=1, cpu=minute)
        assert look(minute) == counted
    row = Sample.objects.get()
    assert (row.beats, row.cpu_seconds) == (1, pytest.approx(1.0))


@pytest.mark.django_db
def test_old_hours_go() -> None:
    gateway = make_gateway()
    for days in (10, 399, 401, 800):
        Sample.objects.create(gateway=gateway, hour_at=NOW - timedelta(days=days))
    assert sampling.purge(now=NOW) == 2
    assert Sample.objects.count() == 2


def together(count: int, work: Callable[[], object]) -> list[object]:
    gate = threading.Barrier(count)

    def run(_number: int) -> object:
        try:
            connection.ensure_connection()
            gate.wait(timeout=30)
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


WORKERS = 6


def two_minutes(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """A gateway seen a minute ago: every worker reads that before any of them writes."""
    gateway = make_gateway()
    beat(gateway, NOW, cpu=1.0, figures={A: (0, 100)})
    look(0)
    beat(gateway, NOW + MINUTE, cpu=3.0, figures={A: (0, 5_100)})
    gate = threading.Barrier(WORKERS)
    since = sampling._since

    def and_wait(*args: object) -> object:
        step = since(*args)  # type: ignore[arg-type]
        gate.wait(timeout=30)
        return step

    monkeypatch.setattr(sampling, "_since", and_wait)
    return lambda: look(1)


@pytest.mark.django_db(transaction=True)
def test_the_race_is_real(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the condition, one minute is counted as often as there are workers."""
    work = two_minutes(monkeypatch)

    def unguarded(gateway: Gateway, pulse: object, step: sampling._Step) -> bool:
        return bool(Sample.objects.filter(gateway=gateway).update(bytes_down=F("bytes_down") + step.down))

    monkeypatch.setattr(sampling, "_add", unguarded)
    assert sum(map(int, together(WORKERS, work))) == WORKERS  # type: ignore[call-overload]
    assert Sample.objects.get().bytes_down == WORKERS * 5_000


@pytest.mark.django_db(transaction=True)
def test_several_workers_count_a_minute_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sum(map(int, together(WORKERS, two_minutes(monkeypatch)))) == 1  # type: ignore[call-overload]
    row = Sample.objects.get()
    assert (row.beats, row.bytes_down, row.cpu_seconds) == (1, 5_000, pytest.approx(2.0))


@pytest.mark.django_db
def test_bounded_queries(django_assert_max_num_queries: Callable[[int], object]) -> None:
    """Three a gateway, whatever the number of its connections."""
    gateways = [make_gateway(f"g{at}") for at in range(3)]
    for minute in (0, 1):
        for gateway in gateways:
            beat(gateway, NOW + minute * MINUTE, figures={uuid.UUID(int=50 + at): (0, 1) for at in range(200)})
        with django_assert_max_num_queries(1 + 4 * len(gateways)):  # type: ignore[attr-defined]
            look(minute)
    cache.clear()
