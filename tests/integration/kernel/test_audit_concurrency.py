"""Many writers at once: no record lost, none numbered twice, the chain whole. On SQLite and PostgreSQL."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction

from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.models import AuditRecord

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS, EACH = 8, 12


def _together(*works: Callable[[], None]) -> None:
    failures: list[BaseException] = []
    start = threading.Barrier(len(works))

    def run(work: Callable[[], None]) -> None:
        start.wait()
        try:
            work()
        except BaseException as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def _write() -> None:
    for number in range(EACH):
        with transaction.atomic():
            audit.record(actor=None, action="test.done", now=clock.now(), data={"n": number})


def test_writers_queue() -> None:
    # From the very first record, when the head row does not exist yet.
    _together(*[_write] * WRITERS)
    assert AuditRecord.objects.count() == WRITERS * EACH
    assert audit.verify() is None
    assert audit.head().id == WRITERS * EACH


def test_verifying_while_others_write_finds_no_false_fault() -> None:
    _write()
    faults: list[audit.Fault | None] = []

    def check() -> None:
        faults.extend(audit.verify() for _ in range(10))

    _together(_write, _write, check)
    assert faults == [None] * 10


def test_verifying_while_a_purge_runs_finds_no_false_fault() -> None:
    _write()
    faults: list[audit.Fault | None] = []

    def check() -> None:
        faults.extend(audit.verify() for _ in range(10))

    def purge() -> None:
        for _ in range(3):
            audit.purge(before=clock.now() + timedelta(seconds=1), now=clock.now())

    _together(_write, purge, check)
    assert faults == [None] * 10
    assert audit.verify() is None
