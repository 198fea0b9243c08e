"""Undoing a run: what it made goes, what it changed comes back, where nothing has happened to it since."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.imports import permissions, tasks
from parvis.portal.imports.models import Line, Run
from parvis.portal.imports.services.runs import busy, decided, move
from parvis.portal.imports.services.writing import Things
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import NotAllowed, ParvisError
from parvis.portal.parc import asset_bulk, asset_services
from parvis.portal.parc.asset_bulk import AssetChange
from parvis.portal.parc.models import Asset, AssetEvent, Assignment

log = structlog.get_logger("parvis.imports")

PIECE = 100
"""Lines per transaction."""
UNDONE, KEPT = "undone", "kept"
"""What became of a line: taken back, or left because something happened to its asset since."""


@transaction.atomic
def start(*, actor: User, run: Run, now: datetime) -> None:
    """Have a run undone by the worker.

    Raises:
        NotAllowed: see `permissions.can_import`.
        Conflict: it was not applied, or is undone already (`run_decided`); another run is under way (`run_busy`).
    """
    require(permissions.can_import(actor, run.root))
    total = Line.objects.filter(run=run, written_at__isnull=False, outcome="").count()
    facts = {"done": 0, "total": total, "decided_by": actor, "decided_at": now, "worker": "", "beat_at": now}
    try:
        with transaction.atomic():
            moved = move(run, Run.State.APPLIED, to=Run.State.UNDOING, **facts)
    except IntegrityError:
        raise busy() from None
    if not moved:
        raise decided()
    audit.record(actor=actor, action="imports.run_undo_asked", target=run.root, now=now, data={"run": run.pk})
    tasks.undo.enqueue(run.pk)


def undo(run: Run) -> None:
    """Take back, last line first. No transaction is open; a line is undone once."""
    token, actor = secrets.token_hex(16), run.decided_by
    if not Run.objects.filter(pk=run.pk, state=Run.State.UNDOING).update(worker=token, beat_at=clock.now()):
        return
    if actor is None or not actor.is_active:
        move(run, Run.State.UNDOING, to=Run.State.APPLIED, problem="not_allowed")
        return
    try:
        while _piece(run, actor, token, clock.now()):
            pass
        _finish(run, token, clock.now())
    except ParvisError as problem:
        move(run, Run.State.UNDOING, to=Run.State.APPLIED, problem="undo_stopped", detail=str(problem.message)[:500])
    except Exception:
        log.exception("import_not_undone", run=run.pk)
        move(run, Run.State.UNDOING, to=Run.State.APPLIED, problem="undo_stopped")


@transaction.atomic
def _piece(run: Run, actor: User, token: str, now: datetime) -> bool:
    if not Run.objects.filter(pk=run.pk, state=Run.State.UNDOING, worker=token).update(beat_at=now):
        return False
    require(permissions.can_import(actor, run.root))
    rows = list(
        Line.objects.filter(run=run, written_at__isnull=False, outcome="")
        .select_related("asset__entity")
        .order_by("-number", "-pk")[:PIECE]
    )
    touched = _touched_since(rows)
    for row in rows:
        row.outcome = KEPT
        if row.asset is None or row.asset_id in touched:
            continue
        try:
            with transaction.atomic():
                _one(actor, run, row, now)
            row.outcome = UNDONE
        except NotAllowed:
            raise
        except ParvisError:
            continue  # loans, sessions: what has a history stays
    for row in rows:
        if row.outcome == UNDONE and row.kind == Line.Kind.CREATED:
            row.asset = None
    Line.objects.bulk_update(rows, ["outcome", "asset"])
    Run.objects.filter(pk=run.pk).update(done=F("done") + len(rows))
    return bool(rows)


def _touched_since(rows: Sequence[Line]) -> set[int]:
    """The assets of which something was written after the import."""
    at = {row.asset_id: row.written_at for row in rows if row.asset_id}
    touched = {row.asset_id for row in rows if row.asset and row.written_at and row.asset.updated_at > row.written_at}
    for asset_id, when in AssetEvent.objects.filter(asset__in=list(at)).values_list("asset_id", "at"):
        stamp = at[asset_id]
        if stamp is not None and when > stamp:
            touched.add(asset_id)
    return {pk for pk in touched if pk is not None}


def _one(actor: User, run: Run, row: Line, now: datetime) -> None:
    asset = row.asset
    if asset is None:
        return
    if row.before.get("created"):
        asset_services.delete_asset(actor=actor, asset=asset, now=now)
        return
    values: dict[str, Any] = row.before["values"]
    plain = {name: value for name, value in values.items() if name not in {"state", "agent"}}
    if plain:
        things = Things(actor, run.root, [plain], [asset.pk], now)
        asset = things.assets[asset.pk]
        data = things.data(plain, asset.kind)
        change = AssetChange(asset, data, row.before["origins"])
        asset_bulk.update_assets(actor=actor, rows=[change], now=now, origin="human")
    if "agent" in values:
        _people_back(actor, asset, values["agent"] or [], now)
    if "state" in values and asset.state != values["state"]:
        to = Asset.State(values["state"])
        asset_bulk.move_assets(actor=actor, assets=[asset], to=to, now=now, origin="import", reason="undo")


def _people_back(actor: User, asset: Asset, wanted: list[int], now: datetime) -> None:
    for row in Assignment.objects.filter(asset=asset).exclude(agent__in=wanted).select_related("agent"):
        asset_services.unassign_agent(actor=actor, asset=asset, agent=row.agent, now=now)
    for agent in Agent.objects.filter(pk__in=wanted, is_active=True):
        asset_services.assign_agent(actor=actor, asset=asset, agent=agent, now=now)


@transaction.atomic
def _finish(run: Run, token: str, now: datetime) -> None:
    kept = Line.objects.filter(run=run, outcome=KEPT).count()
    undone = Line.objects.filter(run=run, outcome=UNDONE).count()
    counts = {**Run.objects.values_list("counts", flat=True).get(pk=run.pk), "undone": undone, "kept": kept}
    if move(run, Run.State.UNDOING, to=Run.State.UNDONE, finished_at=now, counts=counts, worker=""):
        data = {"run": run.pk, "undone": undone, "kept": kept}
        audit.record(actor=run.decided_by, action="imports.run_undone", target=run.root, now=now, data=data)
