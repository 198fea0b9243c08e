"""What this room does when a lower room publishes an event."""

from __future__ import annotations

from parvis.portal.accounts.events import SignInEnded, UserDisabled
from parvis.portal.remote_desktop.services import end_sessions_of_sign_in, end_sessions_of_user


def close_screens(event: SignInEnded) -> None:
    """A sign-in is over: so are its screens. (Should this be missed, the heartbeat finds it.)"""
    reason = "account_disabled" if event.reason == "disabled" else "signed_out"
    end_sessions_of_sign_in(sign_in=event.sign_in, reason=reason, now=event.at)


def close_all_screens(event: UserDisabled) -> None:
    """An account is closed: so are its screens, those opened by a program's token too."""
    end_sessions_of_user(user_id=event.user_id, reason="account_disabled", now=event.at)
