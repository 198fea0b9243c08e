"""Reads of the remote screens. What a user may see starts here; the rest does not exist for them (404)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Role
from parvis.portal.directory.queries import STAFF_ROLES, Someone, agent_of, perimeter, within
from parvis.portal.kernel.errors import NotFound
from parvis.portal.parc.models import Computer
from parvis.portal.remote_desktop import rules
from parvis.portal.remote_desktop.models import (
    Connection,
    DisplaySettings,
    Gateway,
    Refusal,
    RemoteSession,
    Right,
)

WATCHING_ROLES = (*STAFF_ROLES, Role.AUDITOR)
"""Roles that see sessions, refusals and settings of their perimeter."""

RIGHTS_ROLES = (*WATCHING_ROLES, Role.HEAD_OF_DEPARTMENT)
"""Heads of department see the rights of their own agents."""


def my_computers(user: User) -> QuerySet[Computer]:
    """The computers the user works on, and those on which they have, had or will have a right; newest facts first."""
    agent = agent_of(user)
    if agent is None:
        return Computer.objects.none()
    return computers_of_agent(agent)


def computers_of_agent(agent: Agent) -> QuerySet[Computer]:
    """As `my_computers`, for any agent."""
    theirs = Computer.objects.filter(Q(assignments__agent=agent) | Q(rights__agent=agent)).order_by().values("pk")
    return Computer.objects.filter(pk__in=theirs).select_related("site", "entity", "display").order_by("name")


def my_computer(user: User, computer_id: int) -> Computer:
    """One of them.

    Raises:
        NotFound: not theirs.
    """
    computer = my_computers(user).filter(pk=computer_id).first()
    if computer is None:
        raise NotFound
    return computer


def my_sessions(user: User) -> QuerySet[RemoteSession]:
    """The user's own sessions, newest first; with computer."""
    return RemoteSession.objects.filter(user=user).select_related("computer").order_by("-requested_at")


def my_session(user: User, computer_id: int, session_id: UUID) -> RemoteSession:
    """One of them, on this computer.

    Raises:
        NotFound: not theirs.
    """
    session = my_sessions(user).filter(pk=session_id, computer_id=computer_id).first()
    if session is None:
        raise NotFound
    return session


def sessions_visible_to(user: Someone) -> QuerySet[RemoteSession]:
    """The sessions on computers of the user's perimeter; with what a list shows."""
    seen = within(perimeter(user, *WATCHING_ROLES), "computer__entity__path")
    return RemoteSession.objects.filter(seen).select_related("user", "agent", "computer")


def live_sessions_visible_to(user: Someone) -> QuerySet[RemoteSession]:
    """Those under way, newest first."""
    return sessions_visible_to(user).filter(state__in=rules.LIVE_STATES).order_by("-requested_at")


def refusals_visible_to(user: Someone) -> QuerySet[Refusal]:
    """Refusals on computers of the perimeter; those about no known computer are for who sees everything."""
    prefixes = perimeter(user, *WATCHING_ROLES)
    return Refusal.objects.filter(within(prefixes, "computer__entity__path")).select_related("user", "computer")


def rights_visible_to(user: Someone) -> QuerySet[Right]:
    """The rights of agents of the perimeter, or on its computers; with what a list shows."""
    of_agents = within(perimeter(user, *RIGHTS_ROLES), "agent__entity__path")
    on_computers = within(perimeter(user, *WATCHING_ROLES), "computer__entity__path")
    both = Q() if Q() in (of_agents, on_computers) else of_agents | on_computers
    return Right.objects.filter(both).select_related("agent__entity", "computer__entity", "granted_by", "revoked_by")


def displays_visible_to(user: Someone) -> QuerySet[Computer]:
    """The computers of the perimeter, with their display settings where they have some."""
    seen = within(perimeter(user, *WATCHING_ROLES))
    return Computer.objects.filter(seen).select_related("entity", "site", "display")


def gateways() -> QuerySet[Gateway]:
    """The gateways that have said hello."""
    return Gateway.objects.order_by("name")


def open_connection(session: RemoteSession) -> Connection | None:
    """The connection whose figures are the session's: the newest one still open."""
    return (
        Connection.objects.filter(session=session, ended_at__isnull=True, redeemed_at__isnull=False)
        .order_by("-issued_at")
        .first()
    )


def open_connections(sessions: list[RemoteSession]) -> dict[UUID, Connection]:
    """The same for a page of sessions, by session, in one query."""
    rows = Connection.objects.filter(
        session__in=sessions, ended_at__isnull=True, redeemed_at__isnull=False
    ).select_related("gateway")
    return {row.session_id: row for row in rows.order_by("issued_at")}


def usable_rights(agent: Agent, today: datetime) -> QuerySet[Right]:
    """Rights of an agent that were not taken back and have not expired a month ago."""
    recent = today.date() - timedelta(days=30)
    return Right.objects.filter(
        Q(ends_date__isnull=True) | Q(ends_date__gte=recent), agent=agent, revoked_at__isnull=True
    )


def displays() -> QuerySet[DisplaySettings]:
    """All display settings; the caller narrows them by computer."""
    return DisplaySettings.objects.select_related("computer__entity")
