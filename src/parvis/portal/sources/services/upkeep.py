"""What the clock does: start what is due, take up what a lost worker left, throw away what is too old."""

from __future__ import annotations

from datetime import datetime, timedelta

from parvis.portal.kernel.errors import ParvisError
from parvis.portal.sources import rules, tasks
from parvis.portal.sources.models import Run, RunItem, Source, Upload
from parvis.portal.sources.services import runs

QUEUE_PATIENCE = timedelta(hours=6)
"""A run nobody took for so long will not be taken."""
ITEMS_KEPT = timedelta(days=90)
RUNS_KEPT = timedelta(days=730)
UPLOADS_KEPT = timedelta(days=7)


def sweep(*, now: datetime) -> None:
    """All of it; twice is once."""
    _revive(now)
    _start_due(now)
    prune(now)


def _start_due(now: datetime) -> None:
    for source in Source.objects.filter(is_active=True, next_at__lte=now).select_related("root"):
        following = rules.next_run(source.every_hours, source.night_hour, now)
        # Whoever moves the mark starts the run.
        if not Source.objects.filter(pk=source.pk, next_at=source.next_at).update(next_at=following):
            continue
        try:
            runs.start_run(actor=None, source=source, now=now)
        except ParvisError:
            continue  # one is under way: the next turn comes


def _revive(now: datetime) -> None:
    lost = Run.objects.select_related("source").filter(beat_at__lt=now - runs.DEAD_AFTER)
    for run in lost.filter(state=Run.State.READING):
        runs.fail(run, "interrupted", "", now=now)
    for run in lost.filter(state=Run.State.APPLYING):
        tasks.apply.enqueue(run.pk)
    forgotten = Run.objects.filter(state=Run.State.QUEUED, created_at__lt=now - QUEUE_PATIENCE)
    for run in forgotten.select_related("source"):
        runs.fail(run, "not_taken", "", now=now)


def prune(now: datetime) -> int:
    """Delete people's lines of old runs, old runs, and files whose run never came; how many lines."""
    Upload.objects.filter(at__lt=now - UPLOADS_KEPT).delete()
    old = Run.objects.exclude(state__in=Run.BUSY)
    old.filter(created_at__lt=now - RUNS_KEPT).delete()
    expired = old.exclude(state__in=Run.OPEN).filter(created_at__lt=now - ITEMS_KEPT)
    return RunItem.objects.filter(run__in=expired).delete()[0]
