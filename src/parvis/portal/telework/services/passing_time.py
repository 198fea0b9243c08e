"""What days do to requests: telework starts, goes on after a suspension, ends. Twice is once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from django.db.models import F, Q, QuerySet

from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import ParvisError
from parvis.portal.telework import rules
from parvis.portal.telework.models import Request
from parvis.portal.telework.services import requests

State = Request.State
logger = logging.getLogger(__name__)


def sweep(*, now: datetime) -> int:
    """Do what is due at this hour; how many requests moved."""
    today = clock.today(now)
    over = Request.objects.filter(ends_date__lt=today)
    not_over = Request.objects.exclude(ends_date__lt=today)
    # What was granted on its first day or later was opened then, or waits for the IT team or for a campaign's wave.
    first_day_came = Q(decided_at__date__lt=F("starts_date"))
    return sum((
        _each(over.filter(state__in=(State.OPEN, State.SUSPENDED)),
              lambda one: requests.end(actor=None, request=one, now=now)),
        _each(over.filter(state__in=(State.REQUESTED, State.APPROVED)),
              lambda one: requests.withdraw(actor=None, request=one, now=now, why="days_past")),
        _each(not_over.filter(state=State.SUSPENDED, resumes_date__lte=today),
              lambda one: requests.resume(actor=None, request=one, now=now)),
        _each(not_over.filter(first_day_came, state=State.APPROVED, starts_date__lte=today),
              lambda one: requests.open_if_alone(one, now)),
    ))  # fmt: skip


def give_up(agent_id: int, *, now: datetime) -> int:
    """The agent has left: nothing of their telework goes on; how many requests this ended."""
    theirs = Request.objects.filter(agent_id=agent_id, state__in=rules.LIVE)
    waiting = theirs.filter(state__in=(State.REQUESTED, State.APPROVED))
    return sum((
        _each(waiting, lambda one: requests.withdraw(actor=None, request=one, now=now, why="agent_left")),
        _each(theirs, lambda one: requests.end(actor=None, request=one, now=now)),
    ))  # fmt: skip


def _each(found: QuerySet[Request], act: Callable[[Request], object]) -> int:
    """Each by itself: one that cannot move now is tried again at the next sweep."""
    count = 0
    for one in found.select_related("agent__entity", "agent__user").order_by("pk"):
        try:
            count += act(one) is not False
        except ParvisError as problem:
            logger.info("request %s stays as it is: %s", one.pk, problem.code)
    return count
