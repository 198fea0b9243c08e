"""What happens in this room that rooms above may want to hear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from parvis.portal.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStarted(Event):
    """An agent sees the screen for the first time in this session. `agent_id`: None once removed."""

    session_id: UUID
    agent_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded(Event):
    """A session is over; `reason` is a code of `rules.END_REASONS`."""

    session_id: UUID
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInRefused(Event):
    """The agent's browser says why the PC refused the sign-in: a code of `rules.SIGN_IN_REFUSALS`."""

    session_id: UUID
    code: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RightGranted(Event):
    """An agent may reach a computer's screen."""

    right_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RightRevoked(Event):
    """An agent may not any more."""

    right_id: int
    at: datetime
