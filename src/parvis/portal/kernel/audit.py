"""The tamper-evident trail: who did what to what, when, from where.

Each record carries `hash = SHA-256(previous hash ‖ canonical JSON of the record)`, so
that an edited, inserted or removed row breaks the chain (`verify`). A cut tail is
seen by comparing `head()` with a copy kept elsewhere: it is exported by `/metrics`
and by `parvis verify-audit`. Requirement 24 of THREAT_MODEL.md. Records never hold
a secret, a keystroke or a screen.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from django.db import connection, models, transaction

from parvis.portal.kernel import context, prepared
from parvis.portal.kernel.models import AuditHead, AuditRecord

PROGRESS_EVERY = 10_000
GENESIS = "0" * 64
"""What the first record is chained to."""


class Actor(Protocol):
    """Who acts: a user of `accounts`, seen from here."""

    pk: Any

    def __str__(self) -> str:
        """The person's name."""
        ...


Place = Callable[[Actor | None, models.Model | None], int | None]
"""The entity that a record about this target, by this actor, belongs to; None: to nobody's in particular."""


def nowhere(actor: Actor | None, target: models.Model | None) -> int | None:
    """Until the directory has spoken."""
    return None


_place: Place = nowhere


def provide_place(place: Place) -> None:
    """Set who knows where things belong. Called once, by the wiring."""
    global _place
    _place = place


@dataclass(frozen=True, slots=True)
class Head:
    """The chain's newest link."""

    id: int
    hash: str


@dataclass(frozen=True, slots=True)
class Fault:
    """The first broken link: which record, and how."""

    id: int
    problem: str


def record(
    *,
    actor: Actor | None,
    action: str,
    target: models.Model | None = None,
    now: datetime,
    data: Mapping[str, Any] | None = None,
) -> AuditRecord:
    """Append a line, in the caller's transaction. `actor` None is the system itself.

    `action` is `room.verb` in the past tense (`remote_desktop.session_ended`); `data` must be JSON.
    """
    return record_many(actor=actor, action=action, targets=[(target, data or {})], now=now)[0]


@transaction.atomic(savepoint=False)  # no savepoint: an action whose line fails is undone whole
def record_many(
    *,
    actor: Actor | None,
    action: str,
    targets: Sequence[tuple[models.Model | None, Mapping[str, Any]]],
    now: datetime,
) -> list[AuditRecord]:
    """`record` for many targets at once, each with its own data and line: one write, whatever their number."""
    lines = [
        AuditRecord(
            at=now.astimezone(UTC),
            actor_id=actor.pk if actor is not None else None,
            actor_label=_text(str(actor))[:200] if actor is not None else "",
            action=action,
            target_type=target._meta.label_lower if target is not None else "",
            target_id=str(target.pk) if target is not None else "",
            target_label=_text(str(target))[:200] if target is not None else "",
            data=storable(data),
            client_address=context.client_address.get(),
            correlation=context.correlation.get(),
            entity_id=_place(actor, target),
        )
        for target, data in targets
    ]
    gathered = _gathered.get()
    if gathered is not None and gathered.depth == _depth():
        gathered.lines.extend(lines)
    else:
        _write(lines)
    return lines


@dataclass(frozen=True, slots=True)
class _Gathered:
    depth: int
    """Savepoints around it: what is recorded inside another one may be undone alone, and is written there."""
    lines: list[AuditRecord]


_gathered: ContextVar[_Gathered | None] = ContextVar("audit_gathered", default=None)


@contextmanager
def together() -> Iterator[None]:
    """Write what is recorded inside at the end of the block, in one piece: others who write wait that much less.

    Directly inside the transaction's block. Until then these lines have neither number nor hash. When the block fails
    none is written: let its transaction fail with it. What is recorded inside a savepoint is written there, before
    what waits.

    Raises:
        TransactionManagementError: outside a transaction, where an action could stand without its line.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("audit.together stands inside a transaction.")
    gathered = _Gathered(_depth(), [])
    token = _gathered.set(gathered)
    try:
        yield
    finally:
        _gathered.reset(token)
    if gathered.lines:
        _write(gathered.lines)


def _depth() -> int:
    return sum(each is not None for each in connection.savepoint_ids)


def _write(lines: Sequence[AuditRecord]) -> None:
    head = _take_head()
    last_id, last_hash = head.last_id, head.last_hash
    for line in lines:
        line.id, line.previous_hash = last_id + 1, last_hash
        line.hash = link(line)
        last_id, last_hash = line.id, line.hash
    if len(lines) == 1:
        prepared.insert(lines[0])
    else:
        AuditRecord.objects.bulk_create(lines)
    _MOVE_HEAD(last_id=last_id, last_hash=last_hash)


def hold() -> None:
    """Take the trail's end now, in a transaction that takes other rows for itself and writes the trail later.

    Who writes the trail holds its end until their transaction ends. Two that take rows in different orders wait in a
    ring; those that take the trail's end first cannot.
    """
    _take_head()


def link(line: AuditRecord) -> str:
    """The hash a record must carry (64 hexadecimal digits)."""
    content = {
        "id": line.id,
        "at": line.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor_id": line.actor_id,
        "actor_label": line.actor_label,
        "action": line.action,
        "target_type": line.target_type,
        "target_id": line.target_id,
        "target_label": line.target_label,
        "data": line.data,
        "client_address": line.client_address,
        "correlation": line.correlation,
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256((line.previous_hash + canonical).encode()).hexdigest()


def head() -> Head:
    """The newest link, to be kept elsewhere."""
    row = AuditHead.objects.filter(pk=1).first()
    return Head(row.last_id, row.last_hash) if row else Head(0, GENESIS)


def verify(*, progress: Callable[[int, int], None] | None = None) -> Fault | None:
    """Walk the chain from the last purge to the head; the first fault, or None. Memory is bounded.

    May run while others write and purge. `progress` is called now and then: how many records were looked at, of how
    many.
    """
    while True:
        ends = AuditHead.objects.filter(pk=1).first()
        fault = _fault_between(ends, progress) if ends else _fault_without_head()
        purged_meanwhile = AuditHead.objects.filter(pk=1).exclude(
            purged_through_id=ends.purged_through_id if ends else 0
        )
        if fault is None or not purged_meanwhile.exists():
            return fault


def still_holds(kept: Head) -> bool:
    """Whether the chain still contains a link that was exported earlier: False betrays a tail cut with its head.

    A link older than the last purge is taken as held.
    """
    ends = AuditHead.objects.filter(pk=1).first()
    if ends is None or kept.id < ends.purged_through_id:
        return ends is not None or kept == Head(0, GENESIS)
    if kept.id == ends.purged_through_id:
        return kept.hash == ends.purged_hash
    return AuditRecord.objects.filter(pk=kept.id, hash=kept.hash).exists()


@transaction.atomic
def purge(*, before: datetime, now: datetime, at_most: int | None = None) -> int:
    """Delete the oldest records up to `before` and remember the link they end on; how many were deleted."""
    ends = _take_head()
    # Only what lies before the first record to keep: one written late with an early instant takes no other with it.
    young = AuditRecord.objects.filter(at__gte=before).order_by("id").first()
    old = AuditRecord.objects.filter(id__gt=ends.purged_through_id)
    old = old.filter(id__lt=young.id) if young else old
    if at_most is not None:
        old = old.filter(id__lte=ends.purged_through_id + at_most)
    last = old.order_by("-id").first()
    if last is None:
        return 0
    count, _ = AuditRecord.objects.filter(id__lte=last.id).delete()
    AuditHead.objects.filter(pk=1).update(purged_through_id=last.id, purged_hash=last.hash)
    record(actor=None, action="kernel.audit_purged", now=now, data={"through": last.id, "count": count})
    return count


_HEAD: prepared.Read[AuditHead] = prepared.Read(lambda: AuditHead.objects.select_for_update().filter(pk=1))
_MOVE_HEAD = prepared.Update(
    lambda last_id, last_hash: (AuditHead.objects.filter(pk=1), {"last_id": last_id, "last_hash": last_hash}),
    last_id=models.PositiveBigIntegerField(),
    last_hash=models.CharField(),
)


def _take_head() -> AuditHead:
    # PostgreSQL locks the row until commit; on SQLite the transaction already holds the write lock.
    row = _HEAD.first()
    if row is None:
        AuditHead.objects.bulk_create([AuditHead(pk=1, last_hash=GENESIS, purged_hash=GENESIS)], ignore_conflicts=True)
        row = AuditHead.objects.select_for_update().get(pk=1)
    return row


def storable(data: Mapping[str, Any]) -> dict[str, Any]:
    """`data` in the form that every database gives back as it was stored, so that its hash stays the same.

    What is not JSON becomes text. PostgreSQL keeps numbers, not their spelling (1e22 comes back as an integer),
    and refuses NUL characters and lone surrogates, which hostile input may hold.
    """
    clean: dict[str, Any] = _storable(json.loads(json.dumps(data, default=str)))
    return clean


def _storable(value: Any) -> Any:
    match value:
        case dict():
            return {_text(key): _storable(each) for key, each in value.items()}
        case list():
            return [_storable(each) for each in value]
        case str():
            return _text(value)
        case float() if not math.isfinite(value):
            return str(value)
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


def _text(value: str) -> str:
    return value.encode("utf-8", "replace").decode().replace("\x00", "")


def _fault_between(ends: AuditHead, progress: Callable[[int, int], None] | None) -> Fault | None:
    expected_id, previous = ends.purged_through_id + 1, ends.purged_hash
    total = ends.last_id - ends.purged_through_id
    for line in AuditRecord.objects.filter(id__lte=ends.last_id).order_by("id").iterator(chunk_size=2000):
        if line.id != expected_id:
            return Fault(expected_id, "missing or out of place")
        if line.previous_hash != previous:
            return Fault(line.id, "not chained to the record before it")
        if line.hash != link(line):
            return Fault(line.id, "edited")
        expected_id, previous = line.id + 1, line.hash
        if progress is not None and line.id % PROGRESS_EVERY == 0:
            progress(line.id - ends.purged_through_id, total)
    if (ends.last_id, ends.last_hash) != (expected_id - 1, previous):
        return Fault(expected_id, "the tail is cut")
    return _fault_beyond_head()


def _fault_beyond_head() -> Fault | None:
    # In this order: a record and the head move in one transaction, so the head read last is never behind.
    newest = AuditRecord.objects.order_by("-id").values_list("id", flat=True).first() or 0
    last_id = head().id
    return Fault(last_id + 1, "inserted beyond the head") if newest > last_id else None


def _fault_without_head() -> Fault | None:
    first = AuditRecord.objects.order_by("id").first()
    return Fault(first.id, "records without a head") if first else None
