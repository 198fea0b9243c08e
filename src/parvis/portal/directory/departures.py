"""The last day in post is kept when somebody leaves: from it counts how long their sheet stays (`personal_data`)."""

from __future__ import annotations

from parvis.portal.directory.events import AgentDeactivated, AgentReturned
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import clock


def note_last_day(event: AgentDeactivated) -> None:
    """Today, unless a day was known."""
    Agent.objects.filter(pk=event.agent_id, ends_date=None).update(ends_date=clock.today(event.at))


def forget_last_day(event: AgentReturned) -> None:
    """They are back: a last day that is past is not theirs any more."""
    Agent.objects.filter(pk=event.agent_id, ends_date__lte=clock.today(event.at)).update(ends_date=None)
