"""Work of this room done by the worker. Each takes ids only, and twice is once."""

from __future__ import annotations

from parvis.portal.kernel import clock
from parvis.portal.kernel.tasks import task
from parvis.portal.sources.models import Run


@task(queue_name="network")
def read(run_id: int) -> None:
    """Read the source of a run and plan."""
    from parvis.portal.sources.services import runs

    run = Run.objects.select_related("source__root").filter(pk=run_id).first()
    if run is not None:
        runs.read(run)


@task()
def apply(run_id: int) -> None:
    """Apply a run's plan, or what is left of it."""
    from parvis.portal.sources.services import applying

    run = Run.objects.select_related("source__root").filter(pk=run_id).first()
    if run is not None:
        applying.apply(run)


@task()
def sweep() -> None:
    """Start what is due, take up what a lost worker left, throw away what is too old."""
    from parvis.portal.sources.services import upkeep

    upkeep.sweep(now=clock.now())
