"""What this room does when a lower room publishes an event."""

from __future__ import annotations

from parvis.portal.accounts.events import SignInEnded, UserDisabled
from parvis.portal.directory.events import AgentDeactivated
from parvis.portal.parc.events import AgentUnassigned
from parvis.portal.remote_desktop import hints
from parvis.portal.remote_desktop.services import end_sessions_of_sign_in, end_sessions_of_user


def close_screens(event: SignInEnded) -> None:
    """A sign-in is over: so are its screens. (Should this be missed, the heartbeat finds it.)"""
    reason = "account_disabled" if event.reason == "disabled" else "signed_out"
    end_sessions_of_sign_in(sign_in=event.sign_in, reason=reason, now=event.at)


def close_all_screens(event: UserDisabled) -> None:
    """An account is closed: so are its screens, those opened by a program's token too."""
    end_sessions_of_user(user_id=event.user_id, reason="account_disabled", now=event.at)


def ask_about_agent(event: AgentDeactivated | AgentUnassigned) -> None:
    """An agent has left, or lost a computer: whether their screens may go on is asked now."""
    hints.ring(session__agent=event.agent_id)
