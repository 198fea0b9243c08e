"""What is thrown away because its time is over: audit records, finished tasks, dead sign-ins."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django_tasks_db.models import DBTaskResult

from parvis.portal.kernel import audit, clock

TASKS_KEPT = timedelta(days=2)
"""Long enough to see why a mail did not leave."""
DAYS_PER_MONTH = 30.5


def run(now: datetime | None = None) -> None:
    """Delete what is past its retention. The audit chain still verifies (requirement 25)."""
    now = now or clock.now()
    audit.purge(before=now - timedelta(days=round(settings.PARVIS.retention_months * DAYS_PER_MONTH)), now=now)
    DBTaskResult.objects.finished().filter(finished_at__lt=now - TASKS_KEPT).delete()
    Session.objects.filter(expire_date__lt=now).delete()
