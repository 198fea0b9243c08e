"""Work of the enrolment path done by the worker."""

from __future__ import annotations

from parvis.portal.kernel import clock
from parvis.portal.kernel.tasks import task
from parvis.portal.loans.tasks import is_telling_time

REMINDER_SECONDS = 900
"""How often the worker should enqueue `remind`."""


@task()
def remind() -> None:
    """The reminders that are due, on working days by day. Twice is once."""
    from parvis.portal.telework.services import path_reminders

    now = clock.now()
    if is_telling_time(now):
        path_reminders.remind_due(now=now)
