"""What happens in this room that others may want to hear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from parvis.portal.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfRequest(Event):
    """Something happened to a request. `actor_id` None: the portal did it by itself."""

    request_id: int
    actor_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TeleworkRequested(_OfRequest):
    """A request waits for somebody's word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TeleworkDecided(_OfRequest):
    """A request was granted, or refused. A decision may be changed: then there is another of these."""

    granted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfDays(Event):
    """Something happened to a change of days."""

    change_id: int
    actor_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysAsked(_OfDays):
    """A change of days waits for somebody's word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysDecided(_OfDays):
    """A change of days was granted, or refused."""

    granted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TeleworkWithdrawn(_OfRequest):
    """A request was given up before it was opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TeleworkSuspended(_OfRequest):
    """An agent's telework stops for a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TeleworkResumed(_OfRequest):
    """It goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TeleworkEnded(_OfRequest):
    """It is over."""
