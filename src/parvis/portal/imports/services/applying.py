"""Writing a run: in batches, each all or nothing, and taken up where it stopped.

A batch is a transaction that marks what it did: whoever is killed in between leaves a run that is taken up again
without a line written twice. A line whose asset is not any more as it was compared is left out, not overwritten.
Where a batch is refused as a whole (a number taken meanwhile), its lines are tried one by one.
"""

from __future__ import annotations

import secrets
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import F, Q

from parvis.portal.accounts.models import User
from parvis.portal.imports import permissions, rules
from parvis.portal.imports.models import Line, Run
from parvis.portal.imports.services import writing
from parvis.portal.imports.services.runs import DEAD_AFTER, fail, move
from parvis.portal.kernel import audit, clock, context
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import NotAllowed, ParvisError

log = structlog.get_logger("parvis.imports")

BREATH_SECONDS = 0.01
"""Between two batches: on SQLite others' writes get their turn."""


class _Lost(Exception):
    """Another worker has taken the run over, or it has ended: this one stops, and what it was at is undone."""


def apply(run: Run) -> None:
    """Write all that is due. No transaction is open. Harmless while another worker is at it."""
    token, actor = secrets.token_hex(16), run.decided_by
    now = clock.now()
    free = Q(worker="") | Q(beat_at__lt=now - DEAD_AFTER)
    mine = Run.objects.filter(free, pk=run.pk, state=Run.State.APPLYING).update(worker=token, beat_at=now)
    if not mine:
        return
    context.correlation.set(token)
    try:
        if actor is None or not actor.is_active:
            raise NotAllowed
        size, began = rules.FIRST_BATCH, time.monotonic()
        while _batch(run, actor, token, size, clock.now()):
            size = rules.paced(size, time.monotonic() - began)
            time.sleep(BREATH_SECONDS)
            began = time.monotonic()
        _finish(run, token, clock.now())
    except _Lost:
        log.info("import_taken_over", run=run.pk)
    except NotAllowed:
        fail(run, "not_allowed", "", now=clock.now())
    except Exception:
        log.exception("import_not_applied", run=run.pk)
        fail(run, "unexpected", "", now=clock.now())


@transaction.atomic
def _batch(run: Run, actor: User, token: str, size: int, now: datetime) -> bool:
    """Write the next lines; False: none is left."""
    _beat(run, token, now)
    require(permissions.can_import(actor, run.root))
    rows = list(Line.objects.filter(run=run, is_due=True).order_by("number", "pk")[:size])
    if not rows:
        return False
    _write(actor, run, rows, now)
    for row in rows:
        row.is_due = False
    Line.objects.bulk_update(rows, ["is_due", "outcome", "asset", "before", "written_at"])
    Run.objects.filter(pk=run.pk).update(done=F("done") + len(rows))
    return True


def _write(actor: User, run: Run, rows: Sequence[Line], now: datetime) -> None:
    try:
        with transaction.atomic():
            writing.write(actor, run, rows, now)
        return
    except NotAllowed:
        raise
    except ParvisError:
        pass
    for row in rows:
        # Assets and what was noted of them in the refused attempt are forgotten with it.
        row.outcome, row.before, row.written_at = "", {}, None
        if row.kind == Line.Kind.CREATED:
            row.asset = None
        try:
            with transaction.atomic():
                writing.write(actor, run, [row], now)
        except ParvisError as problem:
            row.outcome, row.before, row.written_at = problem.code[:40], {}, None
            if row.kind == Line.Kind.CREATED:
                row.asset = None


def _beat(run: Run, token: str, now: datetime) -> None:
    # The row is ours until this transaction ends: a second worker waits here, then finds its token gone.
    if not Run.objects.filter(pk=run.pk, state=Run.State.APPLYING, worker=token).update(beat_at=now):
        raise _Lost


@transaction.atomic
def _finish(run: Run, token: str, now: datetime) -> None:
    _beat(run, token, now)
    outcomes: dict[str, int] = defaultdict(int)
    for row in Line.objects.filter(run=run).exclude(outcome="").values_list("outcome", flat=True):
        outcomes[row] += 1
    counts = {**Run.objects.values_list("counts", flat=True).get(pk=run.pk), "left_out": sum(outcomes.values())}
    move(run, Run.State.APPLYING, to=Run.State.APPLIED, finished_at=now, counts=counts, content=None, worker="")
    data = {"run": run.pk, "counts": counts}
    audit.record(actor=run.decided_by, action="imports.run_applied", target=run.root, now=now, data=data)
