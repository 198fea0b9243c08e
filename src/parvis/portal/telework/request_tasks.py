"""Work on requests done by the worker."""

from __future__ import annotations

from parvis.portal.kernel import clock
from parvis.portal.kernel.tasks import task

SWEEP_SECONDS = 600
"""How often the worker should enqueue `sweep`."""
REMIND_SECONDS = 1800
"""How often the worker should enqueue `remind_deciders`."""
SATURDAY = 5


@task()
def sweep() -> None:
    """Open, take up again and end what this day says; what a lost worker left of many answers. Twice is once."""
    from parvis.portal.telework.services import changing_days, deciding_many, passing_time

    now = clock.now()
    passing_time.sweep(now=now)
    changing_days.apply_due(now=now)
    deciding_many.follow_up(now=now)


@task()
def follow_up(key: str) -> None:
    """Tell the agents who were answered together, open what opens alone. Twice is once."""
    from parvis.portal.telework.services import deciding_many

    deciding_many.follow_up(now=clock.now(), key=key)


@task()
def remind_deciders() -> None:
    """The requests that wait too long, on working days by day. Twice is once."""
    from parvis.portal.telework.services import chasing

    now = clock.now()
    local = now.astimezone(clock.PARIS)
    if local.weekday() < SATURDAY and 7 <= local.hour < 19:
        chasing.remind(now=now)
