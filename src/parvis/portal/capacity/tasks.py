"""Work of this room done by the worker."""

from __future__ import annotations

from parvis.portal.capacity import outlook, sampling
from parvis.portal.kernel import clock
from parvis.portal.kernel.tasks import task

PURGE_SECONDS = 24 * 3600
TELL_SECONDS = 3600
SATURDAY = 5


@task()
def refresh() -> None:
    """Make the forecast again, so that no page waits for it."""
    outlook.refresh(clock.now())


@task()
def tell() -> None:
    """Tell the heads of IT that gateways will not be enough, on working days by day. Twice is once."""
    from parvis.portal.capacity.services import telling

    now = clock.now()
    local = now.astimezone(clock.PARIS)
    if local.weekday() < SATURDAY and 7 <= local.hour < 19:
        telling.tell(now=now)


@task()
def purge() -> None:
    """Delete the hours that are too old."""
    sampling.purge(now=clock.now())


def sample() -> None:
    """Look at every gateway. Short, and every minute: done by the schedule itself, not queued."""
    sampling.sample(now=clock.now())
