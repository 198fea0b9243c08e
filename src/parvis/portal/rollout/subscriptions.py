"""What waves hear of."""

from __future__ import annotations

from parvis.portal.directory.events import AgentDeactivated
from parvis.portal.rollout.models import Place, Wave
from parvis.portal.rollout.services import opening
from parvis.portal.telework import events
from parvis.portal.telework.models import Request


def telework_decided(event: events.TeleworkDecided) -> None:
    """A wave that had opened without somebody whose request waited lets them in at once."""
    agent_id = Request.objects.filter(pk=event.request_id).values_list("agent_id", flat=True).first()
    if event.granted and agent_id is not None:
        opening.open_for(agent_id=agent_id, now=event.at)


def agent_deactivated(event: AgentDeactivated) -> None:
    """Who is gone is in no wave that goes on. Their loans and their telework are other rooms' to end."""
    here = Place.objects.filter(member__agent_id=event.agent_id, left_at=None).exclude(wave__state=Wave.State.CLOSED)
    Place.objects.filter(pk__in=list(here.values_list("pk", flat=True)), left_at=None).update(left_at=event.at)
