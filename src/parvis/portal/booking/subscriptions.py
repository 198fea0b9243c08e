"""What follows here from what happened in rooms below."""

from __future__ import annotations

from parvis.portal.booking import tasks
from parvis.portal.directory.events import AgentDeactivated


def give_up_bookings(event: AgentDeactivated) -> None:
    """Who left needs no place any more. By a task: there may be a year of them."""
    tasks.give_up_of.enqueue(event.agent_id)
