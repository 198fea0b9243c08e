"""What happens in this room that rooms above may want to hear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from parvis.portal.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentArrived(Event):
    """A new agent is in the directory. `actor_id` None: a source brought them (so for all events below)."""

    agent_id: int
    entity_id: int
    actor_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentUpdated(Event):
    """Facts about an agent have changed: the names of the fields of `Agent`."""

    agent_id: int
    fields: tuple[str, ...]
    actor_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentReturned(Event):
    """An agent who had left is in post again."""

    agent_id: int
    actor_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSeen(Event):
    """Somebody looked at what Parvis knows of an agent. `page` names which page, in one word."""

    viewer_id: int
    agent_id: int
    page: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentDeactivated(Event):
    """An agent has left their post. Their account, if any, is disabled (with its own `UserDisabled`)."""

    agent_id: int
    actor_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentMoved(Event):
    """An agent works in another entity from now on."""

    agent_id: int
    from_entity_id: int
    to_entity_id: int
    actor_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGranted(Event):
    """A user has a role on an entity from now on."""

    user_id: int
    role: str
    entity_id: int
    actor_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRevoked(Event):
    """A user has lost a role on an entity."""

    user_id: int
    role: str
    entity_id: int
    actor_id: int | None
    at: datetime
