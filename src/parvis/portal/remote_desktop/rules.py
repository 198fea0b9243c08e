"""The rules of the remote screen, as tables and pure functions.

A remote session moves only along `SESSION_MOVES`:

    requested ──▶ active ◀──▶ interrupted
        │            │             │
        └────────────┴──▶ ended ◀──┘

*Interrupted* means that the screen was cut and may come back within the grace time. Why a
session or a connection ended is one row of `END_REASONS`; who may open a screen is
`why_not`. The words for a person are in `wording`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

TICKET_SECONDS = 60
"""Life of a ticket; `parvis.ticket` refuses longer ones."""
MISSING_SECONDS = 20
"""A connection its gateway does not report for this long is closed as lost."""
GATEWAY_SILENT_SECONDS = 90
"""A gateway without heartbeat for this long is taken for dead."""
HEARD_WRITTEN_SECONDS = 30
"""How often its row says that it was heard: heartbeats themselves stay out of the database."""
NOT_OPENED_SECONDS = 120
"""A session asked for and whose ticket nobody used ends after this long."""
EVENT_RETENTION = timedelta(days=30)
"""How long event ids are remembered: far longer than a gateway keeps its journal unsent."""

SESSION_MOVES: dict[str, frozenset[str]] = {
    "requested": frozenset({"active", "interrupted", "ended"}),
    "active": frozenset({"interrupted", "ended"}),
    "interrupted": frozenset({"active", "ended"}),
    "ended": frozenset(),
}
"""From each state, where a session may go. A session that never started may be `interrupted` too: the gateway
restarted or the PC was not reachable yet, and the viewer tries again by itself."""

SIGN_IN_REFUSALS = frozenset(
    {
        "password_wrong", "password_expired", "account_locked", "account_disabled", "not_remote_user", "no_domain",
        "other",
    }
)  # fmt: skip
"""Why a PC refuses a sign-in: all that a browser may say of it. The gateway does not read that far."""
REFUSAL_TOLD = timedelta(minutes=2)
"""A browser says it at once; of a connection that ended earlier nothing is taken any more."""

LIVE_STATES = ("requested", "active", "interrupted")

SENSITIVE_KINDS = frozenset({"server", "admin"})
"""Never reachable by telework unless the head of IT says so for one machine (requirement 17)."""


def sources(to: str) -> list[str]:
    """The states from which a session may go to `to`."""
    return [state for state, targets in SESSION_MOVES.items() if to in targets]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndReason:
    """Why a connection or a session ended."""

    code: str
    close_code: int | None
    """WebSocket close code (RFC 6455, section 7.4); None: known to the portal only."""
    resumable: bool = False
    """May the viewer come back to the same session by itself?"""
    wire: str = ""
    """What a gateway is told instead, when it does not know this word."""
    inferred: bool = False
    """Concluded from silence: a report of the gateway itself overrides it."""


def _table(*reasons: EndReason) -> dict[str, EndReason]:
    return {reason.code: reason for reason in reasons}


END_REASONS = _table(
    EndReason(code="closed_by_user", close_code=1000),
    EndReason(code="gateway_restarting", close_code=1001, resumable=True),
    EndReason(code="ticket_refused", close_code=4001),
    EndReason(code="target_forbidden", close_code=4003),
    EndReason(code="target_unreachable", close_code=4004, resumable=True),
    EndReason(code="certificate_changed", close_code=4005),
    EndReason(code="idle", close_code=4006),
    EndReason(code="time_limit", close_code=4007),
    EndReason(code="ended_by_staff", close_code=4008),
    EndReason(code="access_revoked", close_code=4009),
    EndReason(code="protocol_error", close_code=4010),
    EndReason(code="too_many_sessions", close_code=4011),
    EndReason(code="portal_unreachable", close_code=4012, resumable=True),
    EndReason(code="target_closed", close_code=4013, resumable=True),
    EndReason(code="browser_lost", close_code=4014, resumable=True),
    EndReason(code="gateway_lost", close_code=None, resumable=True, wire="gateway_restarting", inferred=True),
    EndReason(code="superseded", close_code=None, resumable=True, wire="browser_lost"),
    EndReason(code="replaced", close_code=None, wire="closed_by_user"),
    EndReason(code="signed_out", close_code=None, wire="access_revoked"),
    EndReason(code="account_disabled", close_code=None, wire="access_revoked"),
    EndReason(code="trust_refused", close_code=None, wire="access_revoked"),
    EndReason(code="policy_changed", close_code=None, wire="access_revoked"),
    EndReason(code="unknown_connection", close_code=None, wire="access_revoked"),
    EndReason(code="lost", close_code=None, wire="browser_lost"),
    EndReason(code="not_opened", close_code=None, wire="ticket_refused"),
)
"""Every reason. Those with a close code are the contract's; the others are the portal's own, told apart for people."""


def ended_before(decided: str, decided_at: datetime | None, said: str, said_at: datetime) -> bool:
    """Had the person closed the screen before signing out ended it? The gateway may report it after the sign-out."""
    return (decided, said) == ("signed_out", "closed_by_user") and decided_at is not None and said_at <= decided_at


def end_reason(code: str) -> EndReason:
    """The row of a reason; a word no table knows is a protocol error of who said it."""
    return END_REASONS.get(code) or END_REASONS["protocol_error"]


def wire_reason(code: str) -> str:
    """The word a gateway understands for this reason."""
    reason = end_reason(code)
    return reason.wire or reason.code


@dataclass(frozen=True, slots=True)
class DatedRight:
    """A right as the rules see it: first and last day (both included, None: no end), revoked or not."""

    starts: date
    ends: date | None
    revoked: bool = False

    def active_on(self, day: date) -> bool:
        """Does it hold on this day (of Paris)?"""
        return not self.revoked and self.starts <= day and (self.ends is None or day <= self.ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is true of an agent and a computer when a screen is asked for, or is open."""

    account_active: bool = True
    agent_active: bool = True
    kind: str = "office"
    display_enabled: bool | None = True
    """None: the DSI has not set up this computer's screen at all."""
    sensitive_allowed: bool = False
    has_address: bool = True
    assigned: bool = True
    rights: tuple[DatedRight, ...] = ()


@dataclass(frozen=True, slots=True)
class No:
    """A refusal: its code, and the day the sentence mentions."""

    code: str
    day: date | None = None


def why_not(facts: Facts, today: date) -> No | None:
    """Why this agent may not reach that screen on this day of Paris; None when they may.

    The right comes first: nothing about a computer is told to somebody who has no business with it.
    """
    if not (facts.account_active and facts.agent_active):
        return No("account_disabled")
    if refused := _without_right(facts, today):
        return refused
    if facts.kind in SENSITIVE_KINDS and not facts.sensitive_allowed:
        return No("kind_forbidden")
    if not facts.display_enabled:
        return No("display_missing" if facts.display_enabled is None else "display_disabled")
    if not facts.has_address:
        return No("no_address")
    return None


def _without_right(facts: Facts, today: date) -> No | None:
    active = [right for right in facts.rights if right.active_on(today)]
    if any(facts.assigned or right.ends is not None for right in active):
        return None
    if active:
        return No("not_assigned")
    standing = [right for right in facts.rights if not right.revoked]
    if future := [right.starts for right in standing if right.starts > today]:
        return No("right_not_started", min(future))
    if past := [right.ends for right in standing if right.ends is not None]:
        return No("right_expired", max(past))
    return No("right_revoked") if facts.rights else No("no_right")


def last_day(facts: Facts, today: date) -> date | None:
    """The last day on which one of the rights that hold today still holds; None: no end."""
    usable = [right for right in facts.rights if right.active_on(today) and (facts.assigned or right.ends is not None)]
    ends = [right.ends for right in usable]
    return None if None in ends or not ends else max(end for end in ends if end is not None)


def absolute_end(now: datetime, hours: int, until: date | None, zone: ZoneInfo) -> datetime:
    """When a session opened now must end: after `hours`, and at the end of the right's last day where it is sooner."""
    end = now + timedelta(hours=hours)
    if until is None:
        return end
    # Midnight is taken on the wall clock of the zone, so that the nights of 23 and 25 hours are right.
    midnight = datetime.combine(until + timedelta(days=1), time(), zone).astimezone(UTC)
    return max(min(end, midnight), now + timedelta(seconds=1))


def why_not_grant(
    *, own: bool, starts: date, ends: date | None, today: date, assigned: bool, kind: str, sensitive_allowed: bool
) -> str | None:
    """Why this right may not be given; None when it may. `own`: the giver is the one who would receive it."""
    checks: Iterable[tuple[bool, str]] = (
        (own, "own_right"),
        (ends is not None and ends < starts, "dates_reversed"),
        (ends is not None and ends < today, "dates_past"),
        (ends is None and not assigned, "end_required"),
        (kind in SENSITIVE_KINDS and not sensitive_allowed, "kind_forbidden"),
    )
    return next((code for failed, code in checks if failed), None)
