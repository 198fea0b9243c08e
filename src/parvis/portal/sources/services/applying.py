"""Applying a plan: in batches, each all or nothing, and taken up where it stopped.

The whole plan is checked first: where an agent is not any more as the plan found them, nothing at all is applied
(`freshness`). Then batches of people, each in a transaction of its own that marks what it did: whoever is killed in
between leaves a run that the sweep takes up again. On SQLite a batch keeps others' writes waiting for its own time
only. Decided in docs/explanation/adr/0014-synchronisations-in-batches.md.
"""

from __future__ import annotations

import secrets
import time
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import F, Q, QuerySet

from parvis.portal.directory.models import Agent
from parvis.portal.kernel import audit, clock, context
from parvis.portal.sources.models import Run, RunItem
from parvis.portal.sources.services import freshness, writing
from parvis.portal.sources.services.runs import DEAD_AFTER, fail, move

log = structlog.get_logger("parvis.sources")

FIRST_BATCH, MOST = 20, 200
"""People per transaction: how many at first, and at most. See `paced`."""
BREATH_SECONDS = 0.02
"""Between two batches: on SQLite others' writes get their turn."""


class _Lost(Exception):
    """Another worker has taken the run over, or it has ended: this one stops, and what it was at is undone."""


def apply(run: Run) -> None:
    """Apply all that is due. No transaction is open. Harmless while another worker is at it."""
    token = secrets.token_hex(16)
    if not _take(run, token):
        return
    run.refresh_from_db()
    context.correlation.set(token)
    try:
        if run.done == 0 and (problem := freshness.why_stale(run)):
            _refuse(run, problem, clock.now())
            return
        _swap_addresses(run, token, clock.now())
        _go_on(run, token)
        _finish(run, token, clock.now())
    except _Lost:
        log.info("run_taken_over", run=run.pk)
    except Exception:
        log.exception("run_not_applied", run=run.pk)
        fail(run, "unexpected", "", now=clock.now())


def _take(run: Run, token: str) -> bool:
    now = clock.now()
    # The token of who read the source is no claim on applying it.
    free = Q(worker="") | Q(beat_at__lt=now - DEAD_AFTER)
    return bool(Run.objects.filter(free, pk=run.pk, state=Run.State.APPLYING).update(worker=token, beat_at=now))


@transaction.atomic
def _refuse(run: Run, problem: str, now: datetime) -> None:
    if move(run, Run.State.APPLYING, to=Run.State.STALE, problem=problem, finished_at=now):
        data = {"run": run.pk, "problem": problem}
        audit.record(actor=None, action="sources.run_refused", target=run.source, now=now, data=data)


def _go_on(run: Run, token: str) -> None:
    size, began = FIRST_BATCH, time.monotonic()
    while _batch(run, token, clock.now(), size):
        size = paced(size, time.monotonic() - began)
        time.sleep(BREATH_SECONDS)
        began = time.monotonic()


def paced(size: int, seconds: float) -> int:
    """How many people come next, when `size` took `seconds`: others' writes should wait half a second at most."""
    if seconds > 0.5:
        return max(size // 2, 5)
    return min(size * 2, MOST) if seconds < 0.25 else size


@transaction.atomic
def _batch(run: Run, token: str, now: datetime, size: int) -> bool:
    """Apply the next people; False: nobody is left."""
    _beat(run, token, now)
    rows = list(_due(run)[:size])
    if not rows:
        return False
    _write(run, rows, now)
    return True


@transaction.atomic
def _swap_addresses(run: Run, token: str, now: datetime) -> None:
    """Addresses that pass from one agent to another: all at once, for no two may have the same meanwhile."""
    _beat(run, token, now)
    moving = {row.pk: row for row in _due(run).filter(kinds__contains="|change|") if "email" in _fields(row)}
    wanted = {str(_fields(row)["email"][1]) for row in moving.values()}
    owners = [row.agent_id for row in moving.values() if row.agent_id]
    given = Agent.objects.filter(pk__in=owners, email__in=wanted)
    if not moving or not given.exists():
        return
    rows = list(moving.values())
    agents = writing.agents_of(rows)
    for agent in given:
        Agent.objects.filter(pk=agent.pk).update(email=f"{agent.pk}@passage.invalid")
    _write(run, rows, now, agents=agents)


def _due(run: Run) -> QuerySet[RunItem]:
    return RunItem.objects.filter(run=run, is_due=True).order_by("pk")


def _fields(row: RunItem) -> dict[str, list[object]]:
    found: dict[str, list[object]] = row.details.get("fields", {})
    return found


def _write(run: Run, rows: list[RunItem], now: datetime, *, agents: dict[int, Agent] | None = None) -> None:
    writing.write(run, rows, agents if agents is not None else writing.agents_of(rows), now)
    for row in rows:
        row.is_due = False
    RunItem.objects.bulk_update(rows, ["is_due", "outcome", "agent"])
    Run.objects.filter(pk=run.pk).update(done=F("done") + len(rows))


def _beat(run: Run, token: str, now: datetime) -> None:
    # The row is ours until this transaction ends: a second worker waits here, then finds its token gone.
    if not Run.objects.filter(pk=run.pk, state=Run.State.APPLYING, worker=token).update(beat_at=now):
        raise _Lost


@transaction.atomic
def _finish(run: Run, token: str, now: datetime) -> None:
    _beat(run, token, now)
    left_out = RunItem.objects.filter(run=run).exclude(outcome="").count()
    counts = {**run.counts, "left_out": left_out}
    move(run, Run.State.APPLYING, to=Run.State.APPLIED, finished_at=now, counts=counts)
    if run.upload_id:
        run.source.uploads.filter(at__lte=run.created_at).delete()
    data = {"run": run.pk, "counts": counts}
    audit.record(actor=run.decided_by, action="sources.run_applied", target=run.source, now=now, data=data)
