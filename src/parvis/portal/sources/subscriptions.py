"""What a change by a human means for the sources of an agent. `actor_id` None is a source."""

from __future__ import annotations

from parvis.portal.directory.events import AgentDeactivated, AgentMoved, AgentReturned, AgentUpdated
from parvis.portal.sources.items import ACTIVE, ENTITY
from parvis.portal.sources.services import origins


def human_updated(event: AgentUpdated) -> None:
    """The fields changed by hand are the human's."""
    if event.actor_id is not None:
        origins.note_human(event.agent_id, event.fields, event.actor_id, event.at)


def human_moved(event: AgentMoved) -> None:
    """So is the service."""
    if event.actor_id is not None:
        origins.note_human(event.agent_id, (ENTITY,), event.actor_id, event.at)


def human_ended(event: AgentDeactivated | AgentReturned) -> None:
    """So is whether they are in post."""
    if event.actor_id is not None:
        origins.note_human(event.agent_id, (ACTIVE,), event.actor_id, event.at)
