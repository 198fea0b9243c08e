"""Work of this room done by the worker."""

from __future__ import annotations

from parvis.portal.directory import services
from parvis.portal.kernel import clock
from parvis.portal.kernel.tasks import task

SWEEP_SECONDS = 300
"""How often the worker should enqueue `sweep`."""


@task()
def sweep() -> None:
    """End the roles and posts whose last day is over. Twice is once."""
    services.sweep(now=clock.now())
