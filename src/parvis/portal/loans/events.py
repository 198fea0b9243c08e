"""What happens in this room that others may want to hear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from parvis.portal.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanItemLost(Event):
    """An asset lent to an agent was declared lost or stolen: what recognises it must stop doing so."""

    item_id: int
    asset_id: int
    agent_id: int
    kind: str
    """`lost` or `stolen`."""
    at: datetime
