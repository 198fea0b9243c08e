"""Ending a session on purpose: by its owner, by the IT team, or because the sign-in ended."""

from __future__ import annotations

from datetime import datetime

from parvis.portal.accounts.models import User
from parvis.portal.kernel import authz
from parvis.portal.remote_desktop import permissions, rules
from parvis.portal.remote_desktop.models import RemoteSession
from parvis.portal.remote_desktop.services import sessions


def end_session(*, actor: User, session: RemoteSession, now: datetime) -> bool:
    """End a session; twice is once. The socket closes at the gateway's next heartbeat (2 s).

    Raises:
        NotAllowed: neither its owner nor of the IT team.
    """
    authz.require(permissions.can_end_session(actor, session))
    reason = "closed_by_user" if session.user_id == actor.pk else "ended_by_staff"
    return sessions.end(session, reason=reason, actor=actor, at=now)


def end_sessions_of_sign_in(*, sign_in: str, reason: str, now: datetime) -> int:
    """End what belongs to a sign-in that is over; how many sessions."""
    live = RemoteSession.objects.filter(sign_in=sign_in, state__in=rules.LIVE_STATES).select_related("user", "computer")
    return sum(sessions.end(session, reason=reason, actor=None, at=now) for session in live)


def end_sessions_of_user(*, user_id: int, reason: str, now: datetime) -> int:
    """End whatever an account that is closed has open, whichever sign-in or token it belongs to; how many sessions."""
    live = RemoteSession.objects.filter(user_id=user_id, state__in=rules.LIVE_STATES).select_related("user", "computer")
    return sum(sessions.end(session, reason=reason, actor=None, at=now) for session in live)
