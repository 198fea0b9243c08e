"""Work of this room done by the worker. Any of it may run twice, or with nothing to do."""

from __future__ import annotations

from django.core.cache import cache

from parvis.portal.inventory.models import Report
from parvis.portal.kernel import clock
from parvis.portal.kernel.tasks import task

SWEEP_SECONDS = 60
INGEST_SECONDS = 20.0
"""After this the task ends and asks for another: a worker that is to stop waits no longer for it."""
_ASKED = "inventory:ingest-asked"


def ask() -> None:
    """Have the queue emptied soon: one task for all reports that come until it begins."""
    if cache.add(_ASKED, 1, timeout=SWEEP_SECONDS):
        ingest.enqueue()


@task(queue_name="reports")
def ingest() -> None:
    """Empty the queue of reports."""
    from parvis.portal.inventory.services import ingesting

    cache.delete(_ASKED)  # before looking: what comes from now on asks again
    if not ingesting.drain(clock=clock.now, seconds=INGEST_SECONDS):
        ingest.enqueue()


@task()
def sweep() -> None:
    """Take up what a lost worker left; forget what is too old."""
    from parvis.portal.inventory.services import ingesting

    if Report.objects.filter(state=Report.State.QUEUED).exists():
        ingest.enqueue()
    ingesting.purge(now=clock.now())
