"""When agents come, move, go or return, the counts of their entities change from that day on."""

from __future__ import annotations

from parvis.portal.directory.events import AgentArrived, AgentDeactivated, AgentMoved, AgentReturned
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import clock
from parvis.portal.presence import counts
from parvis.portal.presence.events import DaysDecided
from parvis.portal.presence.services.telling import tell_refusal


def recount_arrival(event: AgentArrived) -> None:
    """A new agent counts from today."""
    today = clock.today(event.at)
    counts.mark_stale([event.entity_id], today, None, today=today)


def recount_move(event: AgentMoved) -> None:
    """One counts less, the other more."""
    today = clock.today(event.at)
    counts.mark_stale([event.from_entity_id, event.to_entity_id], today, None, today=today)


def recount_change(event: AgentDeactivated | AgentReturned) -> None:
    """Gone or back."""
    today = clock.today(event.at)
    entities = Agent.objects.filter(pk=event.agent_id).values_list("entity_id", flat=True)
    counts.mark_stale(entities, today, None, today=today)


def tell_refused(event: DaysDecided) -> None:
    """An agent whose days were refused is told, without a reason: none is known."""
    if not event.confirmed:
        tell_refusal(operation_id=event.operation_id)
