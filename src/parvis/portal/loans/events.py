"""What happens in this room that others may want to hear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from parvis.portal.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanRequested(Event):
    """A loan waits for somebody's word, or for something to be free."""

    loan_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanDecided(Event):
    """A loan was granted, or refused."""

    loan_id: int
    granted: bool
    actor_id: int | None
    """None: nobody had to agree."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanCancelled(Event):
    """A loan was given up before it was handed over."""

    loan_id: int
    actor_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanItemLost(Event):
    """An asset lent to an agent was declared lost or stolen: what recognises it must stop doing so."""

    item_id: int
    asset_id: int
    agent_id: int
    kind: str
    """`lost` or `stolen`."""
    at: datetime
