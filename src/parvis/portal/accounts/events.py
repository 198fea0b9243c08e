"""What happens in this room that rooms above may want to hear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from parvis.portal.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInEnded(Event):
    """A sign-in is over: signed out, ended from the list, or the account's security changed.

    `sign_in` is what `sign_ins.current` gave; `reason` is one of `sign_ins.Reason`.
    """

    user_id: int
    sign_in: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDisabled(Event):
    """The account may not be used any more; its sign-ins have ended (each with its own event) and its tokens too."""

    user_id: int
    at: datetime
