"""Work on requests done by the worker."""

from __future__ import annotations

from parvis.portal.kernel import clock
from parvis.portal.kernel.tasks import task

SWEEP_SECONDS = 600
"""How often the worker should enqueue `sweep`."""


@task()
def sweep() -> None:
    """Open, take up again and end what this day says. Twice is once."""
    from parvis.portal.telework.services import passing_time

    passing_time.sweep(now=clock.now())
