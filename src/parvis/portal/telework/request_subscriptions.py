"""What follows for telework from what happened in rooms below."""

from __future__ import annotations

from parvis.portal.directory.events import AgentDeactivated
from parvis.portal.telework.services import passing_time


def give_up_telework(event: AgentDeactivated) -> None:
    """Who has left works from nowhere any more."""
    passing_time.give_up(event.agent_id, now=event.at)
