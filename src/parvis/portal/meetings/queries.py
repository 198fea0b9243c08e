"""Reads of this room. What a user may see starts here.

A meeting is seen by its organiser, who booked it, and those invited: nobody else reads its title, agenda or guests.
The IT team and auditors see of their perimeter who organises, when, with which tool (`run_by`): no more.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.directory.queries import Someone, agent_of, perimeter, within
from parvis.portal.kernel.errors import NotFound
from parvis.portal.meetings import rules
from parvis.portal.meetings.models import Guest, Meeting, ToolUse
from parvis.portal.parc.queries import VIEWING_ROLES

WITH = ("organiser__entity", "provider", "booking__resource", "booking__pool", "room_booking__resource", "live_room")


def visible_to(user: Someone) -> QuerySet[Meeting]:
    """Those one organises, has booked, or is invited to; with all that a page shows."""
    if not user.is_authenticated or not user.is_active:
        return Meeting.objects.none()
    invited = Guest.objects.filter(meeting=OuterRef("pk"), agent__user_id=user.pk, removed_at__isnull=True)
    mine = Q(organiser__user_id=user.pk) | Q(booked_by_id=user.pk) | Q(Exists(invited))
    return Meeting.objects.filter(mine).select_related(*WITH)


def meeting_for(user: Someone, key: str) -> Meeting:
    """One meeting, by the name in its address.

    Raises:
        NotFound: there is none, or this user has nothing to do with it.
    """
    found = visible_to(user).filter(key=key).first()
    if found is None:
        raise NotFound
    return found


def run_by(user: Someone) -> QuerySet[Meeting]:
    """All meetings of the user's perimeter (IT team, auditors), for lists that show no title; newest first."""
    seen = Meeting.objects.filter(within(perimeter(user, *VIEWING_ROLES)))
    return seen.select_related("organiser__entity", "provider", "entity").order_by("-starts_at", "-pk")


def of_agent(agent: Agent) -> QuerySet[Meeting]:
    """Those an agent organises or is invited to and has not declined, alive, in order of time."""
    invited = Guest.objects.filter(meeting=OuterRef("pk"), agent=agent, removed_at__isnull=True)
    going = Q(organiser=agent) | Q(Exists(invited.exclude(answer=Guest.Answer.NO)))
    return Meeting.objects.filter(going, state__in=rules.ALIVE).order_by("starts_at", "pk")


def between(meetings: QuerySet[Meeting], starts_at: datetime, ends_at: datetime) -> QuerySet[Meeting]:
    """Those that touch a span of time."""
    return meetings.filter(starts_at__lt=ends_at, ends_at__gt=starts_at)


def busy(agents: Iterable[Agent], starts_at: datetime, ends_at: datetime, *, but: Meeting | None = None) -> set[int]:
    """The ids of the agents who have another meeting at that time. Two queries."""
    ids = [agent.pk for agent in agents]
    alive = between(Meeting.objects.filter(state__in=rules.ALIVE), starts_at, ends_at)
    if but is not None:
        alive = alive.exclude(pk=but.pk)
    organising = alive.filter(organiser__in=ids).values_list("organiser_id", flat=True)
    invited = Guest.objects.filter(agent__in=ids, removed_at__isnull=True, meeting__in=alive)
    going = invited.exclude(answer=Guest.Answer.NO).values_list("agent_id", flat=True)
    return set(organising) | set(going)


def guests_of(meeting: Meeting) -> QuerySet[Guest]:
    """Those invited now, agents with their department; hosts first."""
    return (
        Guest.objects.filter(meeting=meeting, removed_at__isnull=True)
        .select_related("agent__entity", "agent__user")
        .order_by("pk")
    )


def with_guests(meetings: QuerySet[Meeting]) -> QuerySet[Meeting]:
    """The same, with who is invited, in one more query."""
    asked = Guest.objects.filter(removed_at__isnull=True).select_related("agent")
    return meetings.prefetch_related(Prefetch("guests", queryset=asked))


def own_guest(user: User, meeting: Meeting) -> Guest | None:
    """The invitation of the user, if they have one."""
    agent = agent_of(user)
    if agent is None:
        return None
    return Guest.objects.filter(meeting=meeting, agent=agent, removed_at__isnull=True).first()


def first_time(agent: Agent, kind: str) -> bool:
    """Whether the agent has never met with this kind of tool."""
    return not ToolUse.objects.filter(agent=agent, kind=kind).exists()


def to_open() -> QuerySet[Meeting]:
    """Those whose provider must still be asked or told: never answered, changed since, or cancelled."""
    waiting = Q(is_opened=False, state__in=(rules.PREPARING, rules.PLANNED), provider__isnull=False)
    changed = Q(is_current=False, state__in=(*rules.ALIVE, rules.CANCELLED))
    return Meeting.objects.filter(waiting | changed)


def counted_by_answer(meeting: Meeting) -> dict[str, int]:
    """How many said what."""
    rows = Guest.objects.filter(meeting=meeting, removed_at__isnull=True).order_by()
    return dict(rows.values_list("answer").annotate(count=Count("pk")))
