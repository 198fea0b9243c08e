"""What is thrown away because its time is over: finished tasks, dead browser sessions, cached counts."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django.core.cache import caches
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from parvis.portal.kernel import claims, clock
from parvis.portal.kernel.disk_cache import DiskCache

TASKS_KEPT = timedelta(days=2)
"""Long enough to see why a mail did not leave."""
STRANDED = timedelta(hours=2)
"""A task that began before that was begun by a machine that is no more: no task takes a tenth of it."""


def run(now: datetime | None = None) -> None:
    """Delete what nobody needs any more. Data about people go by their kind: `privacy.tasks.purge`."""
    now = now or clock.now()
    DBTaskResult.objects.finished().filter(finished_at__lt=now - TASKS_KEPT).delete()
    # A worker that starts again puts back its own (`serve.worker`); a machine that never comes back does not.
    stranded = DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING, started_at__lt=now - STRANDED)
    stranded.update(status=TaskResultStatus.READY, started_at=None)
    Session.objects.filter(expire_date__lt=now).delete()
    claims.forget(now - TASKS_KEPT)


def sweep_cache() -> int:
    """Delete the cache's expired files; how many.

    Django deletes one only when its own key is asked for again, and every address that a visitor tries to sign in
    with leaves one.
    """
    cache = caches["default"]
    return cache.sweep() if isinstance(cache, DiskCache) else 0
