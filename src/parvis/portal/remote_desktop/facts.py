"""Gathers what `rules.why_not` must know: for one agent and computer, or for all open sessions at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import BigIntegerField, DateField, Exists, OuterRef, Q, QuerySet

from parvis.portal.accounts import sign_ins
from parvis.portal.accounts.models import Token, User
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import prepared
from parvis.portal.parc.models import Assignment, Computer
from parvis.portal.remote_desktop.models import DisplaySettings, RemoteSession, Right
from parvis.portal.remote_desktop.rules import DatedRight, Facts

TOKEN_PREFIX = "token-"  # noqa: S105 a kind of sign-in, not a secret
"""A session asked for through the API belongs to a personal token: `token-<id>` stands for the sign-in."""


def of(agent: Agent, computer: Computer) -> Facts:
    """The facts for one agent and one computer. One query, two where no right was ever given."""
    of_both = {"agent": agent.pk, "computer": computer.pk}
    rights = _RIGHTS.all(**of_both)
    return build(
        user=agent.user,
        agent=agent,
        computer=computer,
        assigned=rights[0][3] if rights else bool(_ASSIGNED.all(**of_both)),
        rights=[DatedRight(starts, ends, revoked is not None) for starts, ends, revoked, _ in rights],
    )


_IS_ASSIGNED = Exists(Assignment.objects.filter(agent=OuterRef("agent"), asset=OuterRef("computer")))
_BOTH = {"agent": BigIntegerField(), "computer": BigIntegerField()}
_ASSIGNED: prepared.Read[int] = prepared.Read(
    lambda agent, computer: Assignment.objects.filter(agent=agent, asset=computer).values_list("pk", flat=True)[:1],
    **_BOTH,
)
_RIGHTS: prepared.Read[tuple[date, date | None, datetime | None, bool]] = prepared.Read(
    lambda agent, computer: (
        Right.objects.filter(agent=agent, computer=computer)
        .annotate(is_assigned=_IS_ASSIGNED)
        .values_list("starts_date", "ends_date", "revoked_at", "is_assigned")
    ),
    **_BOTH,
)


def of_sessions(sessions: Sequence[RemoteSession], today: date) -> dict[RemoteSession, Facts]:
    """The facts of many sessions, in ONE query; user, agent, computer and display must be loaded already.

    Only rights that hold today are read: enough to know whether the screen may stay open.
    """
    agents = {each.agent_id for each in sessions if each.agent_id is not None}
    if len(agents) == 1:
        rows: Iterable[Any] = _HOLDING.all(agent=agents.pop(), today=today)
    else:
        rows = _holding(today).filter(agent__in=agents)
    rights: dict[tuple[int | None, int], list[DatedRight]] = defaultdict(list)
    own: set[tuple[int | None, int]] = set()
    for agent_id, computer_id, starts, ends, is_assigned in rows:
        rights[agent_id, computer_id].append(DatedRight(starts, ends))
        if is_assigned:
            own.add((agent_id, computer_id))
    return {
        each: build(
            user=each.user,
            agent=each.agent,
            computer=each.computer,
            assigned=(each.agent_id, each.computer_id) in own,
            rights=rights[each.agent_id, each.computer_id],
        )
        for each in sessions
    }


def _holding(today: date | prepared.Slot) -> QuerySet[Right, Any]:
    """Rights that hold today."""
    return (
        Right.objects.filter(
            Q(ends_date__isnull=True) | Q(ends_date__gte=today), starts_date__lte=today, revoked_at__isnull=True
        )
        .annotate(is_assigned=_IS_ASSIGNED)
        .values_list("agent_id", "computer_id", "starts_date", "ends_date", "is_assigned")
        .order_by()
    )


_HOLDING: prepared.Read[Any] = prepared.Read(
    lambda agent, today: _holding(today).filter(agent=agent), agent=BigIntegerField(), today=DateField()
)


def build(
    *, user: User | None, agent: Agent | None, computer: Computer, assigned: bool, rights: Sequence[DatedRight]
) -> Facts:
    """Put the facts together."""
    display = display_of(computer)
    return Facts(
        account_active=user is not None and user.is_active,
        agent_active=agent is not None and agent.is_active,
        kind=computer.kind,
        display_enabled=display.enabled if display is not None else None,
        sensitive_allowed=display is not None and display.sensitive_allowed,
        has_address=bool(computer.address),
        assigned=assigned,
        rights=tuple(rights),
    )


def dated(right: Right) -> DatedRight:
    """A right as the rules see it."""
    return DatedRight(right.starts_date, right.ends_date, right.revoked_at is not None)


def display_of(computer: Computer) -> DisplaySettings | None:
    """The computer's display settings, if the DSI has made any."""
    try:
        return computer.display
    except DisplaySettings.DoesNotExist:
        return None


def alive(ids: Collection[str], today: date) -> set[str]:
    """Which of these sign-ins still stand: browser sign-ins and personal tokens. One query, two with tokens."""
    tokens = {each for each in ids if each.startswith(TOKEN_PREFIX)}
    standing = sign_ins.alive(set(ids) - tokens)
    if tokens:
        found = Token.objects.filter(
            pk__in=[int(each.removeprefix(TOKEN_PREFIX)) for each in tokens],
            revoked_at__isnull=True,
            expires_date__gte=today,
            user__is_active=True,
        )
        standing |= {f"{TOKEN_PREFIX}{pk}" for pk in found.values_list("pk", flat=True)}
    return standing
