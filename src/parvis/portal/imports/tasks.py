"""Work of this room done by the worker. Each takes ids only, and twice is once."""

from __future__ import annotations

from parvis.portal.imports.models import Run
from parvis.portal.kernel import clock
from parvis.portal.kernel.tasks import task


@task(queue_name="network")
def read(run_id: int) -> None:
    """Read the lines of a run and compare them with the parc."""
    from parvis.portal.imports.services import runs

    run = Run.objects.select_related("root", "connection", "started_by").filter(pk=run_id).first()
    if run is not None:
        runs.read(run)


@task()
def apply(run_id: int) -> None:
    """Write what a run would do, or what is left of it."""
    from parvis.portal.imports.services import applying

    run = Run.objects.select_related("root", "decided_by").defer("content").filter(pk=run_id).first()
    if run is not None:
        applying.apply(run)


@task()
def undo(run_id: int) -> None:
    """Take back what a run has written, where nothing has changed since."""
    from parvis.portal.imports.services import undoing

    run = Run.objects.select_related("root", "decided_by").defer("content").filter(pk=run_id).first()
    if run is not None:
        undoing.undo(run)


@task()
def sweep() -> None:
    """Take up what a lost worker left, throw away what is too old."""
    from parvis.portal.imports.services import upkeep

    upkeep.sweep(now=clock.now())
