"""What this room does when a lower room publishes an event."""

from __future__ import annotations

from parvis.portal.accounts.models import User
from parvis.portal.directory.events import AgentDeactivated
from parvis.portal.parc import asset_services


def release_computers(event: AgentDeactivated) -> None:
    """An agent who has left works on no computer any more."""
    actor = User.objects.filter(pk=event.actor_id).first() if event.actor_id is not None else None
    asset_services.release_agent(agent_id=event.agent_id, actor=actor, now=event.at)
