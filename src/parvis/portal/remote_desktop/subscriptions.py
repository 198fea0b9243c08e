"""What this room does when a lower room publishes an event."""

from __future__ import annotations

from parvis.portal.accounts.events import SignInEnded
from parvis.portal.remote_desktop.services import end_sessions_of_sign_in


def close_screens(event: SignInEnded) -> None:
    """A sign-in is over: so are its screens. (Should this be missed, the heartbeat finds it.)"""
    reason = "account_disabled" if event.reason == "disabled" else "signed_out"
    end_sessions_of_sign_in(sign_in=event.sign_in, reason=reason, now=event.at)
