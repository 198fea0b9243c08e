"""Many agents at once, as a source of the directory brings them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from parvis.portal.directory.events import AgentArrived
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.directory.permissions import require_open
from parvis.portal.directory.services import fill
from parvis.portal.kernel import audit, events


@transaction.atomic
def create_agents(*, arrivals: Sequence[tuple[Entity, dict[str, Any]]], now: datetime) -> list[Agent]:
    """What `services.create_agent` does with `actor=None`, in three writes for all: all of them or none.

    Each agent has their own line in the audit trail and their own `AgentArrived`, published one by one once all are
    there.

    Raises:
        Invalid, Conflict: as `create_agent` does, for the first it would refuse.
        django.db.IntegrityError: an e-mail is another agent's, or twice among them.
    """
    agents = []
    for entity, facts in arrivals:
        require_open(entity)
        agent = Agent(entity=entity)
        fill(agent, facts)
        agents.append(agent)
    Agent.objects.bulk_create(agents)
    targets = [(agent, {"entity": agent.entity_id}) for agent in agents]
    audit.record_many(actor=None, action="directory.agent_created", targets=targets, now=now)
    for agent in agents:
        events.publish(AgentArrived(agent_id=agent.pk, entity_id=agent.entity_id, actor_id=None, at=now))
    return agents
