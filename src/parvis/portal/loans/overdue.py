"""What should be back and is not: the one reading of « en retard » of lists, reminders and new requests."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from parvis.portal.directory.models import Agent
from parvis.portal.loans.models import Loan


def overdue(today: date) -> Q:
    """The condition on `Loan`: out after its last day, and not left anywhere for us to look at (`dropped_at`)."""
    return Q(state=Loan.State.OUT, ends_date__lt=today, dropped_at__isnull=True)


def blocking(agent: Agent, *, today: date) -> QuerySet[Loan]:
    """The loans for which this agent is lent nothing new until they are back; with their offers."""
    return Loan.objects.filter(overdue(today), agent=agent).select_related("offer").order_by("ends_date", "pk")


def days_late(loan: Loan, today: date) -> int:
    """How many days after its last day: 0 if it is in time, left somewhere, or not out any more."""
    if loan.state != Loan.State.OUT or loan.dropped_at is not None:
        return 0
    return max(0, (today - loan.ends_date).days)
