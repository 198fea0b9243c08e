"""Runs: started, read and planned, decided. (Applied: `applying`.)

A run is one at a time per source: the database holds it (`one_busy_run_per_source`). Every change of state is one
conditional UPDATE, so that of two workers or two people one wins and the other is told.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

import structlog
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, ParvisError
from parvis.portal.sources import permissions, planning, rules, snapshot, tasks
from parvis.portal.sources.items import Item, Kind, joined
from parvis.portal.sources.models import Link, Run, RunItem, Source, Upload
from parvis.portal.sources.planning import Plan
from parvis.portal.sources.readers import reader_of
from parvis.portal.sources.records import Fault, Record, SourceBroken
from parvis.portal.ui.search import fold

log = structlog.get_logger("parvis.sources")

BEAT_SECONDS = 5.0
DEAD_AFTER = timedelta(minutes=5)
"""Without a sign of life for so long a worker is gone."""
CHUNK = 1000
"""Items written at once."""
FAULTS_KEPT = 10_000


@transaction.atomic
def start_run(
    *, actor: User | None, source: Source, now: datetime, trial: bool = False, upload: Upload | None = None
) -> Run:
    """Have the source read by the worker. `trial`: nothing is applied until somebody says so.

    Raises:
        NotAllowed: see `permissions.can_manage`; `actor` None is the schedule.
        Conflict: the source is paused, or a run is under way (`run_busy`).
    """
    if actor is not None:
        require(permissions.can_manage(actor, source.root))
    if not source.is_active:
        raise Conflict(_("Cette source est en pause."), code="source_paused")
    try:
        with transaction.atomic():
            run = Run.objects.create(
                source=source, is_trial=trial, upload=upload, file_name=upload.name if upload else "",
                started_by=actor, created_at=now, revision=source.revision,
            )  # fmt: skip
    except IntegrityError:
        raise busy() from None
    audit.record(actor=actor, action="sources.run_started", target=source, now=now, data={"run": run.pk})
    tasks.read.enqueue(run.pk)
    return run


def busy() -> Conflict:
    """Somebody else's run is under way."""
    return Conflict(
        _("Une synchronisation de cette source est déjà en cours."),
        code="run_busy",
        advice=_("Attendez qu’elle soit terminée\u202f: sa page montre où elle en est."),
    )


def move(run: Run, *before: str, to: str, **facts: object) -> bool:
    """The run goes from one of `before` to `to`, unless somebody moved it meanwhile."""
    for each in before:
        if to != each and to not in rules.TRANSITIONS[each]:
            raise ValueError(f"{each} → {to}")
    if not Run.objects.filter(pk=run.pk, state__in=before).update(state=to, **facts):
        return False
    run.state = to
    for name, value in facts.items():
        setattr(run, name, value)
    return True


def read(run: Run) -> None:
    """Read the source, compare, keep the plan; apply it if it may be applied by itself. No transaction is open."""
    token = secrets.token_hex(16)
    if not move(run, Run.State.QUEUED, to=Run.State.READING, worker=token, beat_at=clock.now()):
        return
    try:
        plan = _plan(run)
    except ParvisError as problem:
        fail(run, problem.code, str(problem.message), now=clock.now())
        return
    except Exception:
        log.exception("source_not_read", run=run.pk)
        fail(run, "unexpected", "", now=clock.now())
        return
    _store(run, plan)
    _conclude(run, plan, now=clock.now())


def _plan(run: Run) -> Plan:
    source = run.source
    records = list(_read_within_limit(run))
    if not records and Link.objects.filter(source=source).exists():
        raise SourceBroken(_("La source n’a renvoyé personne."), code="empty_source")
    return planning.plan(
        records,
        snapshot.directory_of(source),
        snapshot.terms_of(source, clock.now()),
        snapshot.entity_finder(source),
    )


def _read_within_limit(run: Run) -> Iterator[Record | Fault]:
    most, faults, beat = run.source.max_records, 0, time.monotonic()
    for read_so_far, record in enumerate(reader_of(run.source, run).read(), 1):
        faults += isinstance(record, Fault)
        if read_so_far > most or faults > FAULTS_KEPT:
            raise _too_many(most, faults)
        if time.monotonic() - beat > BEAT_SECONDS:
            beat = time.monotonic()
            if not move(run, Run.State.READING, to=Run.State.READING, read=read_so_far, beat_at=clock.now()):
                raise SourceBroken(code="interrupted")
        yield record


def _too_many(most: int, faults: int) -> SourceBroken:
    if faults > FAULTS_KEPT:
        message = _("Plus de %(most)s fiches sont illisibles\u202f: rien n’est appliqué.") % {"most": FAULTS_KEPT}
        return SourceBroken(message, code="too_many_faults")
    message = _("La source compte plus de %(most)s personnes, la limite fixée pour elle\u202f: rien n’est appliqué.")
    return SourceBroken(message % {"most": most}, code="too_many_records")


def _store(run: Run, plan: Plan) -> None:
    RunItem.objects.filter(run=run).delete()
    # Arrivals last: their address may be one that somebody else leaves.
    items = iter(sorted(plan.items, key=lambda item: Kind.ARRIVAL in item.kinds))
    while piece := list(islice(items, CHUNK)):
        with transaction.atomic():
            RunItem.objects.bulk_create([_row(run, item) for item in piece])


def _row(run: Run, item: Item) -> RunItem:
    # Unreadable records are kept too, for people to see: without what no database takes for text.
    key, label = _printable(item.key), _printable(item.label)
    words = f"{label} {key} {_printable(item.where)} {item.reported.get('email', '')}"
    return RunItem(
        run=run, kinds=joined(item.kinds), key=key, label=label[:220], search=fold(words)[:500],
        agent_id=item.agent, details=audit.storable(item.as_json()), base=item.base, is_due=item.due,
    )  # fmt: skip


def _printable(text: str) -> str:
    return "".join(char for char in text if char.isprintable())


@transaction.atomic
def _conclude(run: Run, plan: Plan, now: datetime) -> None:
    source = run.source
    over = rules.too_many_leave(
        plan.leaving, plan.present, percent=source.threshold_percent, floor=source.threshold_floor
    )
    facts = {
        "read": plan.read,
        "counts": plan.counts(),
        "leaving": plan.leaving,
        "present": plan.present,
        "total": sum(item.due for item in plan.items),
        "beat_at": now,
        "worker": "",
    }
    Run.objects.filter(source=source, state__in=Run.OPEN).update(
        state=Run.State.DISCARDED, problem="replaced", finished_at=now
    )
    if over or run.is_trial:
        move(run, Run.State.READING, to=Run.State.WAITING if over else Run.State.PLANNED, **facts)
        return
    if move(run, Run.State.READING, to=Run.State.APPLYING, **facts):
        tasks.apply.enqueue(run.pk)


def fail(run: Run, code: str, detail: str, *, now: datetime) -> bool:
    """The run ends here; what it has applied stays, and the next run starts from there."""
    facts = {"problem": code[:40], "detail": detail[:500], "finished_at": now}
    if not move(run, Run.State.QUEUED, Run.State.READING, Run.State.APPLYING, to=Run.State.FAILED, **facts):
        return False
    audit.record(
        actor=None, action="sources.run_failed", target=run.source, now=now, data={"run": run.pk, "problem": code}
    )
    return True


@transaction.atomic
def approve_run(*, actor: User, run: Run, now: datetime) -> None:
    """Apply what was planned. Past the threshold the caller has checked that the second factor is fresh.

    Raises:
        NotAllowed: see `permissions.can_manage`.
        Conflict: decided already (`run_decided`), or another run of the source is under way (`run_busy`).
    """
    require(permissions.can_manage(actor, run.source.root))
    facts = {"decided_by": actor, "decided_at": now, "beat_at": now, "worker": ""}
    try:
        with transaction.atomic():
            moved = move(run, *Run.OPEN, to=Run.State.APPLYING, **facts)
    except IntegrityError:
        raise busy() from None
    if not moved:
        raise _decided()
    data = {"run": run.pk, "leaving": run.leaving, "present": run.present}
    audit.record(actor=actor, action="sources.run_approved", target=run.source, now=now, data=data)
    tasks.apply.enqueue(run.pk)


@transaction.atomic
def discard_run(*, actor: User, run: Run, now: datetime) -> None:
    """Apply nothing of it.

    Raises:
        NotAllowed: see `permissions.can_manage`.
        Conflict: decided already (`run_decided`).
    """
    require(permissions.can_manage(actor, run.source.root))
    if not move(run, *Run.OPEN, to=Run.State.DISCARDED, decided_by=actor, decided_at=now, finished_at=now):
        raise _decided()
    audit.record(actor=actor, action="sources.run_discarded", target=run.source, now=now, data={"run": run.pk})


def _decided() -> Conflict:
    return Conflict(_("Cette synchronisation n’attend plus de décision."), code="run_decided")
