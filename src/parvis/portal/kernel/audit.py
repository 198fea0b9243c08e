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
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from django.db import models, transaction

from parvis.portal.kernel import context
from parvis.portal.kernel.models import AuditHead, AuditRecord

GENESIS = "0" * 64
"""What the first record is chained to."""


class Actor(Protocol):
    """Who acts: a user of `accounts`, seen from here."""

    pk: Any

    def __str__(self) -> str:
        """The person's name."""
        ...


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
    with transaction.atomic():
        head = _take_head()
        line = AuditRecord(
            id=head.last_id + 1,
            at=now.astimezone(UTC),
            actor_id=actor.pk if actor is not None else None,
            actor_label=str(actor)[:200] if actor is not None else "",
            action=action,
            target_type=target._meta.label_lower if target is not None else "",
            target_id=str(target.pk) if target is not None else "",
            target_label=str(target)[:200] if target is not None else "",
            data=json.loads(json.dumps(data or {}, default=str)),
            client_address=context.client_address.get(),
            correlation=context.correlation.get(),
            previous_hash=head.last_hash,
        )
        line.hash = link(line)
        line.save(force_insert=True)
        AuditHead.objects.filter(pk=head.pk).update(last_id=line.id, last_hash=line.hash)
        return line


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


def verify() -> Fault | None:
    """Walk the chain from the last purge to the head; the first fault, or None. Memory is bounded."""
    ends = AuditHead.objects.filter(pk=1).first()
    if ends is None:
        first = AuditRecord.objects.order_by("id").first()
        return Fault(first.id, "records without a head") if first else None
    expected_id, previous = ends.purged_through_id + 1, ends.purged_hash
    for line in AuditRecord.objects.order_by("id").iterator(chunk_size=2000):
        if line.id != expected_id:
            return Fault(expected_id, "missing or out of place")
        if line.previous_hash != previous:
            return Fault(line.id, "not chained to the record before it")
        if line.hash != link(line):
            return Fault(line.id, "edited")
        expected_id, previous = line.id + 1, line.hash
    if (ends.last_id, ends.last_hash) != (expected_id - 1, previous):
        return Fault(expected_id, "the tail is cut")
    return None


@transaction.atomic
def purge(*, before: datetime, now: datetime) -> int:
    """Delete the oldest records up to `before` and remember the link they end on; how many were deleted."""
    ends = _take_head()
    last = AuditRecord.objects.filter(at__lt=before, id__gt=ends.purged_through_id).order_by("-id").first()
    if last is None:
        return 0
    count, _ = AuditRecord.objects.filter(id__lte=last.id).delete()
    AuditHead.objects.filter(pk=1).update(purged_through_id=last.id, purged_hash=last.hash)
    record(actor=None, action="kernel.audit_purged", now=now, data={"through": last.id, "count": count})
    return count


def _take_head() -> AuditHead:
    # PostgreSQL locks the row until commit; on SQLite the transaction already holds the write lock.
    row = AuditHead.objects.select_for_update().filter(pk=1).first()
    if row is None:
        AuditHead.objects.bulk_create([AuditHead(pk=1, last_hash=GENESIS, purged_hash=GENESIS)], ignore_conflicts=True)
        row = AuditHead.objects.select_for_update().get(pk=1)
    return row
