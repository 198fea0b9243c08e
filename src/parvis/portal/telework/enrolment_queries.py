"""Reads of enrolments: one's own, those of a perimeter, those who should be reminded."""

from __future__ import annotations

from datetime import datetime

from django.db.models import BigIntegerField, Case, Q, QuerySet, When

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.directory.queries import VIEWING_ROLES, Someone, agent_of, perimeter, within
from parvis.portal.kernel import prepared
from parvis.portal.telework import path_rules
from parvis.portal.telework.models import Enrolment, Request

WITH = ("agent__entity", "agent__user", "request")


def enrolments_run_by(user: Someone) -> QuerySet[Enrolment]:
    """Those of the agents of the user's perimeter; with agent, entity, account and request."""
    seen = within(perimeter(user, *VIEWING_ROLES), "agent__entity__path")
    return Enrolment.objects.filter(seen).select_related(*WITH)


def enrolments_visible_to(user: Someone) -> QuerySet[Enrolment]:
    """The same, and one's own."""
    seen = within(perimeter(user, *VIEWING_ROLES), "agent__entity__path")
    if user.is_authenticated and user.is_active and seen != Q():
        seen |= Q(agent__user_id=user.pk)
    return Enrolment.objects.filter(seen).select_related(*WITH)


def path_of(agent: Agent) -> Enrolment | None:
    """The path this agent is on: of the request that is open. One query."""
    return _PATH.first(agent=agent.pk)


_PATH: prepared.Read[Enrolment] = prepared.Read(
    lambda agent: (
        Enrolment.objects.filter(agent=agent, request__state=Request.State.OPEN)
        .select_related(*WITH)
        .order_by("-invited_at", "-pk")[:1]
    ),
    agent=BigIntegerField(),
)


def path_of_user(user: User) -> Enrolment | None:
    """The same for an account."""
    agent = agent_of(user)
    return path_of(agent) if agent is not None else None


def unfinished(enrolments: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
    """Those whose path is open and not gone through."""
    return enrolments.filter(finished_at__isnull=True, request__state=Request.State.OPEN)


def most_urgent_first(enrolments: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
    """Who is stopped, who is under way, who has not come, who has finished, whose telework is shut; newest first."""
    ranks = Case(
        When(finished_at__isnull=False, then=3),
        When(~Q(request__state=Request.State.OPEN), then=4),
        When(~Q(blocked_code=""), then=0),
        When(started_at__isnull=False, then=1),
        default=2,
    )
    return enrolments.annotate(rank=ranks).order_by("rank", "-invited_at", "-pk")


def to_remind(now: datetime) -> QuerySet[Enrolment]:
    """Whose agent is due a reminder by itself: each waits longer than the one before, then no more."""
    due = Q(pk__in=[])
    for number, delay in enumerate(path_rules.REMINDERS):
        due |= Q(reminders=number, reminded_at__isnull=True, invited_at__lte=now - delay)
        due |= Q(reminders=number, reminded_at__lte=now - delay)
    waiting = unfinished(Enrolment.objects.filter(due, agent__is_active=True, agent__user__is_active=True))
    return waiting.select_related(*WITH).order_by("invited_at", "pk")
