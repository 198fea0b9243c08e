"""What the trust in a sign-in allows its screens: asked when one is opened, redeemed, and at every heartbeat."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from parvis.portal.remote_desktop.models import RemoteSession
from parvis.portal.trust import queries
from parvis.portal.trust.queries import Screen
from parvis.ticket import claims

REFUSED, CHANGED = "trust_refused", "policy_changed"


def of_sessions(sessions: Iterable[RemoteSession], now: datetime) -> dict[RemoteSession, Screen]:
    """What holds now for each session's sign-in. Two queries."""
    known = list(sessions)
    screens = queries.screens({each.sign_in: each.user_id for each in known}, now)
    return {each: screens[each.sign_in] for each in known}


def why_not(session: RemoteSession, screen: Screen) -> str | None:
    """Why a session may not go on as it was opened: refused altogether, or wider than the rules now allow."""
    if not screen.decision:
        return REFUSED
    policy = session.policy or {}
    wider = (
        (policy.get("clipboard_to_pc") and not screen.clipboard_to_pc)
        or (policy.get("clipboard_from_pc") and not screen.clipboard_from_pc)
        or (screen.idle_minutes is not None and policy.get("idle_seconds", 0) > screen.idle_minutes * 60)
        or (screen.minutes is not None and session.ends_at > _latest(session, screen.minutes))
    )
    return CHANGED if wider else None


def ends_at(until: datetime, since: datetime, screen: Screen) -> datetime:
    """The end of a session asked for at `since`, where the rules want it sooner than `until`."""
    return until if screen.minutes is None else min(until, since + timedelta(minutes=screen.minutes))


def narrowed(policy: claims.Policy, screen: Screen) -> claims.Policy:
    """The computer's own policy, less what the rules take away."""
    idle = policy.idle_seconds if screen.idle_minutes is None else min(policy.idle_seconds, screen.idle_minutes * 60)
    return replace(
        policy,
        clipboard_to_pc=policy.clipboard_to_pc and screen.clipboard_to_pc,
        clipboard_from_pc=policy.clipboard_from_pc and screen.clipboard_from_pc,
        idle_seconds=idle,
    )


def _latest(session: RemoteSession, minutes: int) -> datetime:
    return session.requested_at + timedelta(minutes=minutes)
