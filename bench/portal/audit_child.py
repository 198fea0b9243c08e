"""In the child: records of the audit trail against the cheapest durable insert the same database can do."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from bench.portal import child

_RAW = (
    "INSERT INTO bench_raw (at, actor_id, actor_label, action, target_type, target_id, target_label, data,"
    " client_address, correlation, previous_hash, hash) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)
_COLUMNS = "at, actor_id, actor_label, action, target_type, target_id, target_label, data, client_address, correlation"
_DATA = {"reason": "closed_by_user", "bytes_up": 123456, "bytes_down": 98765432}


def measure(rounds: str, records: str) -> dict[str, Any]:
    """Records a second, each in its own transaction and all in one; rounds are interleaved."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE bench_raw (id INTEGER PRIMARY KEY, {_COLUMNS}, previous_hash, hash)")
    ways: dict[str, tuple[Callable[[], None], bool]] = {
        "raw INSERT, a transaction each": (_insert, False),
        "ORM create, a transaction each": (_create, False),
        "audit.record, a transaction each": (_record, False),
        "raw INSERT, one transaction": (_insert, True),
        "ORM create, one transaction": (_create, True),
        "audit.record, one transaction": (_record, True),
    }
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(int(rounds)):
        for name, (write, together) in ways.items():
            speeds[name].append(_speed(write, int(records), together=together))
    return {"records_per_second": speeds, "verify_records_per_second": _verify()}


def _speed(write: Callable[[], None], records: int, *, together: bool) -> float:
    from django.db import transaction

    started = time.perf_counter()
    if together:
        with transaction.atomic():
            for _ in range(records):
                write()
    else:
        for _ in range(records):
            with transaction.atomic():
                write()
    return records / (time.perf_counter() - started)


def _record() -> None:
    from parvis.portal.kernel import audit, clock

    audit.record(actor=None, action="remote_desktop.session_ended", now=clock.now(), data=_DATA)


def _create() -> None:
    from uuid import uuid4

    from parvis.portal.kernel import clock
    from parvis.portal.remote_desktop.models import GatewayEvent

    GatewayEvent.objects.create(id=uuid4(), kind="bench", at=clock.now(), received_at=clock.now())


def _insert() -> None:
    import json

    from django.db import connection

    from parvis.portal.kernel import clock

    values = [clock.now().isoformat(), None, "", "remote_desktop.session_ended", "", "", "", json.dumps(_DATA), "", ""]
    with connection.cursor() as cursor:
        cursor.execute(_RAW, [*values, "0" * 64, "1" * 64])


def _verify() -> float:
    from parvis.portal.kernel import audit
    from parvis.portal.kernel.models import AuditRecord

    started = time.perf_counter()
    fault = audit.verify()
    if fault is not None:
        raise RuntimeError(f"the chain does not hold: {fault}")
    return AuditRecord.objects.count() / (time.perf_counter() - started)


if __name__ == "__main__":
    child.main(measure)
