"""The queue of reports: one at a time is read and applied, oldest first, and none stops the others.

Only a report's claim (a conditional update) makes it a worker's. A report during which workers die is given up after
`MOST_TRIES`; one whose reading or applying fails is refused, with the reason; where the database is at fault, the
report stays in the queue.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import InterfaceError, OperationalError
from django.db.models import F, Q, QuerySet

from parvis.portal.inventory.bodies import content_of
from parvis.portal.inventory.models import Report
from parvis.portal.inventory.services import matching
from parvis.portal.inventory.wire.problems import Unreadable

log = structlog.get_logger("parvis.inventory")

MOST_TRIES = 3
LEASE = timedelta(minutes=2)
"""After this a claimed report whose worker said nothing is taken up again."""
KEPT = timedelta(days=90)
"""How long a report stays in the list, settled or not: what was sent says more of people than is kept of it."""


def drain(*, clock: Callable[[], datetime], seconds: float) -> bool:
    """Handle reports until none waits (True) or the time is over (False: call again)."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if not handle_next(now=clock()):
                return True
        except (OperationalError, InterfaceError):
            log.exception("report_database_failed")
            return True  # the sweep comes back in a minute
    return False


def handle_next(*, now: datetime) -> bool:
    """Handle the oldest report nobody has claimed; whether there was one.

    Raises:
        OperationalError, InterfaceError: the database; the report is in the queue as before.
    """
    report = _waiting(now).order_by("received_at", "pk").first()
    if report is None:
        return False
    if not _claim(report, now):
        return True  # another worker was faster: on to the next
    if report.tries >= MOST_TRIES:
        _refuse(report, "gave_up", now)
        return True
    _handle(report, now)
    return True


def purge(*, now: datetime) -> int:
    """Forget reports whose time is over; how many. What still waits for a person has had no newer one all that time."""
    return Report.objects.exclude(state=Report.State.QUEUED).filter(received_at__lt=now - KEPT).delete()[0]


def _waiting(now: datetime) -> QuerySet[Report]:
    free = Q(handled_at=None) | Q(handled_at__lt=now - LEASE)
    return Report.objects.filter(free, state=Report.State.QUEUED)


def _claim(report: Report, now: datetime) -> bool:
    """Whether it is this worker's: the row is changed by one of those who saw it free."""
    free = _waiting(now).filter(pk=report.pk, tries=report.tries)
    return bool(free.update(tries=F("tries") + 1, handled_at=now))


def _handle(report: Report, now: datetime) -> None:
    try:
        content = content_of(report)
        matching.apply(report=report, content=content, now=now)
    except Unreadable as problem:
        _refuse(report, problem.key, now)
    except (OperationalError, InterfaceError):
        Report.objects.filter(pk=report.pk, state=Report.State.QUEUED).update(tries=report.tries, handled_at=None)
        raise
    except Exception:
        # One report must never stop the queue, whatever is wrong with it or with us.
        log.exception("report_failed", report_id=report.pk)
        _refuse(report, "failed", now)


def _refuse(report: Report, problem: str, now: datetime) -> None:
    Report.objects.filter(pk=report.pk, state=Report.State.QUEUED).update(
        state=Report.State.REFUSED, problem=problem, body=None, handled_at=now
    )
