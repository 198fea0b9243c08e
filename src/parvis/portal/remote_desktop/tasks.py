"""Work of this room done by the worker."""

from __future__ import annotations

from parvis.portal.kernel import clock
from parvis.portal.kernel.tasks import task
from parvis.portal.remote_desktop import services

SWEEP_SECONDS = 30
"""How often the worker should enqueue `sweep`."""


@task()
def sweep() -> None:
    """End what nobody came back to and delete what is too old. Twice is once."""
    services.sweep(now=clock.now())
