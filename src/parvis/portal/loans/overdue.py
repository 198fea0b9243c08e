"""What should be back and is not, for lists and reminders; the condition itself is `queries.is_overdue`."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from parvis.portal.directory.models import Agent
from parvis.portal.loans.models import Loan
from parvis.portal.loans.queries import is_overdue


def blocking(agent: Agent, *, today: date) -> QuerySet[Loan]:
    """The loans for which this agent is lent nothing new until they are back; with their offers."""
    return Loan.objects.filter(is_overdue(today), agent=agent).select_related("offer").order_by("ends_date", "pk")


def days_late(loan: Loan, today: date) -> int:
    """How many days after its last day: 0 if it is in time, left somewhere, or not out any more."""
    if loan.state != Loan.State.OUT or loan.dropped_at is not None:
        return 0
    return max(0, (today - loan.ends_date).days)
