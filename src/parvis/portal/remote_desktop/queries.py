"""Reads of the remote screens. What a user may see starts here; the rest does not exist for them (404)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity, Role
from parvis.portal.directory.queries import STAFF_ROLES, Someone, agent_of, perimeter, within
from parvis.portal.kernel.errors import NotFound
from parvis.portal.parc.models import Assignment, Computer
from parvis.portal.remote_desktop import rules
from parvis.portal.remote_desktop.models import (
    Connection,
    Gateway,
    Refusal,
    RemoteSession,
    Right,
)
from parvis.portal.ui import search

FEW_NAMED = 500
"""Up to so many agents or computers that a word means are named one by one."""

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
    # Two questions, not joins: those walk through every computer there is.
    assigned = Assignment.objects.filter(agent=agent).order_by().values("asset")
    granted = Right.objects.filter(agent=agent).order_by().values("computer")
    theirs = Q(pk__in=assigned) | Q(pk__in=granted)
    return Computer.objects.filter(theirs).select_related("site", "entity", "display").order_by("name")


def my_computer(user: User, computer_id: int) -> Computer:
    """One of them.

    Raises:
        NotFound: not theirs.
    """
    computer = my_computers(user).filter(pk=computer_id).first()
    if computer is None:
        raise NotFound
    return computer


def sign_ins_on_a_screen(ids: Collection[str]) -> set[str]:
    """Which of these sign-ins have a remote session under way: their owner works, though they ask for no page."""
    live = RemoteSession.objects.filter(sign_in__in=ids, state__in=rules.LIVE_STATES)
    return set(live.values_list("sign_in", flat=True))


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
    """The sessions on computers of the user's perimeter. Lists load user, agent and computer as they need them."""
    return RemoteSession.objects.filter(_on_computers(perimeter(user, *WATCHING_ROLES)))


def live_sessions_visible_to(user: Someone) -> QuerySet[RemoteSession]:
    """Those under way: active, interrupted, requested, each newest first; with user and computer.

    By state first: the order of the index, or SQLite walks through the whole history to sort by date.
    """
    live = sessions_visible_to(user).filter(state__in=rules.LIVE_STATES)
    return live.select_related("user", "computer__entity").order_by("state", "-requested_at", "pk")


def about(words: str) -> Q:
    """Rows whose agent or computer answers each of these words; accents and case do not count in names.

    Two statements a word: a database that knows that a word means two agents goes to their rows by an index.
    """
    condition = Q()
    for word in search.words(words):
        agents = Agent.objects.filter(search__contains=search.fold(word))
        computers = Computer.objects.filter(name__icontains=word)
        condition &= Q(agent__in=_named(agents)) | Q(computer__in=_named(computers))
    return condition


def _named(found: QuerySet[Any]) -> list[int] | QuerySet[Any, Any]:
    """The keys of these, if they are few; otherwise the question."""
    keys = found.order_by().values("pk")
    first = list(keys.values_list("pk", flat=True)[: FEW_NAMED + 1])
    return first if len(first) <= FEW_NAMED else keys


def session_visible_to(user: User, session_id: UUID) -> RemoteSession:
    """One of them, or one's own.

    Raises:
        NotFound: outside the perimeter.
    """
    seen = _on_computers(perimeter(user, *WATCHING_ROLES))
    found = RemoteSession.objects.filter(pk=session_id)
    if seen != Q():
        found = found.filter(Q(user=user) | Q(seen))
    session = found.select_related("user", "agent", "computer__entity").first()
    if session is None:
        raise NotFound
    return session


def refusals_visible_to(user: Someone) -> QuerySet[Refusal]:
    """Refusals on computers of the perimeter; those about no known computer are for who sees everything."""
    return Refusal.objects.filter(_on_computers(perimeter(user, *WATCHING_ROLES)))


def _on_computers(prefixes: tuple[str, ...]) -> Q | Exists:
    """Rows about computers of this perimeter. A perimeter that covers every entity is no condition at all.

    EXISTS, not a join or IN: SQLite then walks the history in its own order and stops at the end of the page.
    """
    if not prefixes:
        return Q(pk__in=[])
    seen = within(prefixes)
    if seen == Q() or not Entity.objects.exclude(within(prefixes, "path")).exists():
        return Q()
    return Exists(Computer.objects.filter(seen, pk=OuterRef("computer_id")))


def rights_visible_to(user: Someone) -> QuerySet[Right]:
    """The rights of agents of the perimeter, or on its computers; with what a list shows."""
    of_agents = within(perimeter(user, *RIGHTS_ROLES))
    on_computers = _on_computers(perimeter(user, *WATCHING_ROLES))
    both = Q()
    if Q() not in (of_agents, on_computers):
        both = Q(agent__in=Agent.objects.filter(of_agents).order_by().values("pk")) | Q(on_computers)
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
