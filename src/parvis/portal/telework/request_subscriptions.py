"""What follows for telework from what happened in rooms below."""

from __future__ import annotations

from parvis.portal.directory.events import AgentDeactivated
from parvis.portal.parc.events import AgentUnassigned
from parvis.portal.telework.services import opening, passing_time


def give_up_telework(event: AgentDeactivated) -> None:
    """Who has left works from nowhere any more."""
    passing_time.give_up(event.agent_id, now=event.at)


def take_back_right(event: AgentUnassigned) -> None:
    """A computer that is somebody else's now is not reached from home any more."""
    opening.take_back_on(agent_id=event.agent_id, computer_id=event.computer_id, now=event.at)
