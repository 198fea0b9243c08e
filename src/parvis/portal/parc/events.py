"""What happens in this room that rooms above may want to hear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from parvis.portal.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentAssigned(Event):
    """An agent works on this computer from now on."""

    agent_id: int
    computer_id: int
    actor_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentUnassigned(Event):
    """An agent does not work on this computer any more."""

    agent_id: int
    computer_id: int
    actor_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetMoved(Event):
    """An asset went to another state of its life (values of `Asset.State`)."""

    asset_id: int
    before: str
    after: str
    at: datetime
