"""Requests that wait too long: who decides is reminded, once for all of theirs."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit
from parvis.portal.telework import request_letters
from parvis.portal.telework.models import Request

FIRST, AGAIN = timedelta(days=3), timedelta(days=7)
"""How long a request waits before its first reminder, and between two."""


@transaction.atomic
def remind(*, now: datetime) -> int:
    """Write to who has requests waiting for long, one mail each whatever their number; how many mails.

    Twice is once: of two sweeps at once, one marks a request and speaks of it.
    """
    due = Q(reminded_at__isnull=True, requested_at__lte=now - FIRST) | Q(reminded_at__lte=now - AGAIN)
    waiting = Request.objects.filter(due, state=Request.State.REQUESTED, agent__is_active=True)
    by_decider: dict[User, list[Request]] = defaultdict(list)
    for request in waiting.select_related("agent__entity", "agent__user").order_by("requested_at", "pk"):
        here = Request.objects.filter(due, pk=request.pk, state=Request.State.REQUESTED)
        if here.update(reminded_at=now):
            for user in request_letters.deciders(request):
                by_decider[user].append(request)
    for user, theirs in by_decider.items():
        request_letters.remind(user, theirs)
    if by_decider:
        data = {"people": len(by_decider), "requests": len({one.pk for each in by_decider.values() for one in each})}
        audit.record(actor=None, action="telework.deciders_reminded", now=now, data=data)
    return len(by_decider)
