"""Reminders: before the end, on the day, late, each once for each end of a loan."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.authz import require
from parvis.portal.loans import letters, permissions, rules
from parvis.portal.loans.models import Loan, Reminder
from parvis.portal.loans.queries import is_overdue

BATCH = 1000


def remind(*, now: datetime) -> int:
    """Queue the mails that are due; how many loans were spoken of. A reminder is one row: twice is once."""
    today, spoken = clock.today(now), 0
    for loan in due(today)[:BATCH]:
        kind = rules.reminder_due(ends_date=loan.ends_date, out_date=clock.today(loan.out_at or now), today=today)
        if kind and speak(loan, kind, today=today, now=now):
            spoken += 1
    return spoken


def due(today: date) -> QuerySet[Loan]:
    """What is out and ends soon, or has ended; late first."""
    loans = Loan.objects.filter(state=Loan.State.OUT, dropped_at__isnull=True, ends_date__lte=today + rules.BEFORE)
    return loans.select_related("agent__entity", "agent__user", "offer", "entity").order_by("ends_date", "pk")


@transaction.atomic
def speak(loan: Loan, kind: str, *, today: date, now: datetime) -> bool:
    """Write to the agent (and the head, when it is long late), unless this very reminder was sent."""
    try:
        with transaction.atomic():
            Reminder.objects.create(loan=loan, kind=kind, ends_date=loan.ends_date, sent_at=now)
    except IntegrityError:
        return False
    letters.reminder(loan, today=today, to_head=rules.head_is_told(kind))
    return True


@transaction.atomic
def remind_now(*, actor: User, loans: Iterable[Loan], now: datetime) -> int:
    """A technician writes to all who are late, out of turn; how many. Once a day each.

    Raises:
        NotAllowed: not of the IT team that lends one of them.
    """
    today, told = clock.today(now), []
    late = set(Loan.objects.filter(is_overdue(today)).values_list("pk", flat=True))
    for loan in loans:
        require(permissions.can_manage(actor, loan.entity))
        if loan.pk in late and speak(loan, f"asked-{today:%Y%m%d}", today=today, now=now):
            told.append((loan, {"late_days": (today - loan.ends_date).days}))
    if told:
        audit.record_many(actor=actor, action="loans.reminder_asked", targets=told, now=now)
    return len(told)
