"""What the worker does for this room."""

from __future__ import annotations

from parvis.portal.kernel import clock
from parvis.portal.kernel.tasks import task
from parvis.portal.presence import counts
from parvis.portal.presence.services import bulk
from parvis.portal.presence.services.staffing import tell_shortages

REFRESH_SECONDS = 15
RECOUNT_SECONDS = 24 * 3600
MOST_ROUNDS = 50


ALERT_SECONDS = 3600
PAUSE_SECONDS = 0.2
"""Between two weeks counted again at night."""
SATURDAY = 5


@task()
def tell_alerts() -> None:
    """Mail what is newly short on site, on the mornings of working days. Twice is once."""
    now = clock.now()
    local = now.astimezone(clock.PARIS)
    if local.weekday() < SATURDAY and 7 <= local.hour < 12:
        tell_shortages(now=now)


@task()
def carry_out_operation(operation_id: int) -> None:
    """A department's operation too large for a request, or its undoing."""
    bulk.carry_out(operation_id, now=clock.now())


@task()
def refresh_counts() -> None:
    """Make stale counts again."""
    for _round in range(MOST_ROUNDS):
        if not counts.refresh():
            return


@task()
def recount() -> None:
    """Once a day: the horizon moves on, and what no event told is mended."""
    today = clock.today()
    counts.recount_all(today - counts.BEHIND, today + counts.AHEAD, pause=PAUSE_SECONDS)


def sweep() -> None:
    """Called by the schedule: enqueue only when there is something to count."""
    if counts.is_stale():
        refresh_counts.enqueue()
