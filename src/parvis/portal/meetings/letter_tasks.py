"""Letters of meetings, sent by the worker."""

from __future__ import annotations

from parvis.portal.kernel import clock
from parvis.portal.kernel.tasks import task

SWEEP_SECONDS = 60
"""How often the worker should enqueue `sweep_letters`."""
MOST = 50
"""Meetings told of in one sweep."""


@task()
def tell(meeting_id: int) -> None:
    """Tell who must hear of this meeting. Twice is once."""
    from parvis.portal.meetings.services import telling

    done = telling.tell(meeting_id, now=clock.now())
    if done.left and done.sent:
        tell.enqueue(meeting_id)


@task()
def sweep_letters() -> None:
    """What was put off, refused or cut; then the reminders that are due. Twice is once."""
    from parvis.portal.meetings.services import reminding, telling

    now = clock.now()
    reminding.remind(now=now)
    for meeting_id in telling.to_tell(now, most=MOST):
        if telling.tell(meeting_id, now=now).is_away:
            return  # nobody waits for the same silence fifty times
