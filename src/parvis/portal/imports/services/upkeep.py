"""What the clock does: take up what a lost worker left, throw away what is too old."""

from __future__ import annotations

from datetime import datetime, timedelta

from parvis.portal.imports import tasks
from parvis.portal.imports.models import Run
from parvis.portal.imports.services import runs

QUEUE_PATIENCE = timedelta(hours=6)
"""A run nobody took for so long will not be taken."""
FILES_KEPT = timedelta(days=7)
RUNS_KEPT = timedelta(days=730)


def sweep(*, now: datetime) -> None:
    """All of it; twice is once."""
    _revive(now)
    prune(now)


def _revive(now: datetime) -> None:
    lost = Run.objects.select_related("root").filter(beat_at__lt=now - runs.DEAD_AFTER)
    for run in lost.filter(state=Run.State.READING):
        runs.fail(run, "interrupted", "", now=now)
    for run in lost.filter(state=Run.State.APPLYING):
        tasks.apply.enqueue(run.pk)
    for run in lost.filter(state=Run.State.UNDOING):
        tasks.undo.enqueue(run.pk)
    forgotten = Run.objects.filter(state=Run.State.QUEUED, beat_at__lt=now - QUEUE_PATIENCE)
    for run in forgotten.select_related("root"):
        runs.fail(run, "not_taken", "", now=now)


def prune(now: datetime) -> None:
    """Delete files a week old and imports of two years. (Their lines go sooner: `personal_data.purge`.)"""
    quiet = Run.objects.exclude(state__in=Run.BUSY)
    quiet.filter(created_at__lt=now - FILES_KEPT, content__isnull=False).update(content=None)
    quiet.filter(created_at__lt=now - RUNS_KEPT).delete()
