"""Work of this room done by the worker."""

from __future__ import annotations

from datetime import datetime

from parvis.portal.kernel import clock
from parvis.portal.kernel.tasks import task
from parvis.portal.movements.services.passing_time import pass_time
from parvis.portal.movements.services.telling import tell

SWEEP_SECONDS = 900
"""How often the worker should enqueue `sweep`."""

SATURDAY = 5


@task()
def sweep() -> None:
    """Prepare and open what its day brings, end what was kept; on working days tell the owners. Twice is once."""
    now = clock.now()
    pass_time(now=now)
    if is_telling_time(now):
        tell(now=now)


def is_telling_time(now: datetime) -> bool:
    """Monday to Friday, from 7 to 19 in Paris: nobody is told of a badge on a Sunday night."""
    local = now.astimezone(clock.PARIS)
    return local.weekday() < SATURDAY and 7 <= local.hour < 19
