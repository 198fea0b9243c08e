"""Work of this room done by the worker."""

from __future__ import annotations

from parvis.portal.booking.services import check_in, passing_time
from parvis.portal.kernel import clock
from parvis.portal.kernel.tasks import task

SWEEP_SECONDS = 60
"""How often the worker should enqueue `sweep`."""


@task()
def sweep() -> None:
    """What the clock alone does: assign, release, end. Twice is once."""
    now = clock.now()
    passing_time.finish(now=now)
    check_in.release_absent(now=now)
    passing_time.assign_due(now=now)


@task()
def give_up_of(agent_id: int) -> None:
    """What an agent who has left had booked ahead. Twice is once."""
    passing_time.give_up_of(agent_id=agent_id, now=clock.now())
