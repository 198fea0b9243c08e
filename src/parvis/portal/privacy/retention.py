"""How long each kind of data is kept, and the purge that follows from it: one rule, in one place (requirement 25)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import structlog
from django.db import models, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.clock import PARIS
from parvis.portal.kernel.errors import Invalid, NotFound
from parvis.portal.privacy import permissions, registry, rules
from parvis.portal.privacy.models import KindState
from parvis.portal.privacy.registry import Kind

log = structlog.get_logger("parvis.privacy")
BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a purge would delete."""

    before: datetime
    count: int | None
    """None: the kind does not say."""
    examples: list[str]


def months_of(kind: Kind) -> int | None:
    """The retention in force, in months; None: for as long as the account or the agent."""
    if kind.retention_months is None:
        return None
    return _bounded(kind, KindState.objects.filter(kind=kind.name).values_list("months", flat=True).first())


def months_by_kind() -> dict[str, int | None]:
    """`months_of` of every kind, by its name, in one query."""
    chosen = dict(KindState.objects.values_list("kind", "months"))
    return {kind.name: _bounded(kind, chosen.get(kind.name)) for kind in registry.kinds()}


def _bounded(kind: Kind, chosen: int | None) -> int | None:
    if kind.retention_months is None:
        return None
    # The bounds are code: a choice made under other bounds never keeps less than the law asks.
    return min(max(chosen or kind.retention_months, kind.shortest_months), kind.longest_months)


@transaction.atomic
def set_months(*, actor: User, name: str, months: int, now: datetime) -> None:
    """Choose how long a kind is kept.

    Raises:
        NotAllowed: see `permissions.can_set_retention`.
        NotFound: no such kind, or one without a retention.
        Invalid: outside the kind's bounds.
    """
    require(permissions.can_set_retention(actor))
    kind = registry.kind_named(name)
    if kind is None or kind.retention_months is None:
        raise NotFound
    if not rules.within_bounds(months, kind.shortest_months, kind.longest_months):
        problem = _("Entre %(least)d et %(most)d mois.") % {"least": kind.shortest_months, "most": kind.longest_months}
        raise Invalid(problem, fields={"months": [problem]})
    before = months_of(kind)
    if months == before:
        return
    KindState.objects.update_or_create(kind=name, defaults={"months": months, "changed_by": actor, "changed_at": now})
    data = {"kind": name, "before": before, "months": months}
    audit.record(actor=actor, action="privacy.retention_changed", now=now, data=data)


def preview(kind: Kind, *, now: datetime, months: int | None = None) -> Preview | None:
    """What the next purge would delete, with `months` instead of the retention in force if given; None: nothing."""
    kept = months or months_of(kind)
    if kept is None:
        return None
    before = rules.kept_since(now, kept)
    old = _old(kind, before)
    if old is None:
        return Preview(before=before, count=None, examples=[])
    return Preview(before=before, count=old.count(), examples=[str(each) for each in old.order_by(kind.dated_by)[:5]])


def purge_all(now: datetime) -> dict[str, int]:
    """Purge every kind, in batches, and count what is left. What failed for one kind does not stop the others."""
    gone: dict[str, int] = {}
    for kind in registry.kinds():
        try:
            gone[kind.name] = purge(kind, now=now)
            _count(kind, now)
        except Exception:
            log.exception("purge_failed", kind=kind.name)
    return gone


def purge(kind: Kind, *, now: datetime) -> int:
    """Delete what is past the kind's retention, at most `BATCHES_PER_RUN` batches; audited if anything was."""
    months = months_of(kind)
    if months is None or (kind.purge is None and kind.rows is None):
        return 0
    before, total = rules.kept_since(now, months), 0
    for _batch in range(rules.BATCHES_PER_RUN):
        gone = kind.purge(before) if kind.purge is not None else _delete_old(kind, before)
        total += gone
        if not gone:
            break
    if total:
        with transaction.atomic():
            KindState.objects.update_or_create(kind=kind.name, defaults={"purged_at": now, "purged_rows": total})
            data = {"kind": kind.name, "before": before, "count": total, "months": months}
            audit.record(actor=None, action="privacy.purged", now=now, data=data)
    return total


def _delete_old(kind: Kind, before: datetime) -> int:
    old = _old(kind, before)
    assert old is not None  # noqa: S101 the caller looked
    with transaction.atomic():
        # In bounded pieces: each delete holds SQLite's only write lock.
        keys = list(old.order_by().values_list("pk", flat=True)[:BATCH])
        old.model._default_manager.filter(pk__in=keys).delete()
    return len(keys)


def _old(kind: Kind, before: datetime) -> QuerySet[Any] | None:
    if kind.rows is None:
        return None
    rows = kind.rows()
    field = rows.model._meta.get_field(kind.dated_by)
    limit: date = before if isinstance(field, models.DateTimeField) else before.astimezone(PARIS).date()
    return rows.filter(**{f"{kind.dated_by}__lt": limit})


def _count(kind: Kind, now: datetime) -> None:
    if kind.rows is None:
        return
    rows = kind.rows()
    oldest = rows.exclude(**{kind.dated_by: None}).order_by(kind.dated_by).values_list(kind.dated_by, flat=True).first()
    if isinstance(oldest, date) and not isinstance(oldest, datetime):
        oldest = datetime(oldest.year, oldest.month, oldest.day, tzinfo=PARIS)
    figures = {"rows": rows.count(), "oldest_at": oldest, "counted_at": now}
    KindState.objects.update_or_create(kind=kind.name, defaults=figures)
