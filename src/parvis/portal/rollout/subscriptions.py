"""What waves hear of."""

from __future__ import annotations

from django.db.models import QuerySet

from parvis.portal.directory.events import AgentDeactivated, AgentMoved
from parvis.portal.directory.models import Entity
from parvis.portal.rollout.models import Place, Wave
from parvis.portal.rollout.services import lending, opening, placing
from parvis.portal.rollout.wave_tasks import send_cancellation
from parvis.portal.telework import events
from parvis.portal.telework.models import Request


def telework_decided(event: events.TeleworkDecided) -> None:
    """A wave that had opened without somebody whose request waited lets them in at once."""
    agent_id = Request.objects.filter(pk=event.request_id).values_list("agent_id", flat=True).first()
    if event.granted and agent_id is not None:
        opening.open_for(agent_id=agent_id, now=event.at)


def telework_given_up(event: events.TeleworkWithdrawn | events.TeleworkEnded) -> None:
    """Who wants no telework any more is in no wave that goes on, and nothing is kept for them."""
    agent_id = Request.objects.values_list("agent_id", flat=True).get(pk=event.request_id)
    for place in _live_places(agent_id).order_by("pk"):
        if Place.objects.filter(pk=place.pk, left_at=None).update(left_at=placing.left_at(event.at)):
            lending.give_up(actor=None, place=place, now=event.at)


def agent_deactivated(event: AgentDeactivated) -> None:
    """Who is gone is in no wave that goes on. Their loans and their telework are other rooms' to end."""
    pks = list(_live_places(event.agent_id).values_list("pk", flat=True))
    Place.objects.filter(pk__in=pks, left_at=None).update(left_at=placing.left_at(event.at))


def agent_moved(event: AgentMoved) -> None:
    """Who works outside the campaign's entity from now on is in no wave of it: others decide for them there."""
    path = Entity.objects.values_list("path", flat=True).get(pk=event.to_entity_id)
    for place in _live_places(event.agent_id).select_related("wave__campaign__entity").order_by("pk"):
        if path.startswith(place.wave.campaign.entity.path):
            continue
        if Place.objects.filter(pk=place.pk, left_at=None).update(left_at=placing.left_at(event.at)):
            if place.told_at is not None and place.opened_at is None:
                send_cancellation.enqueue(member_id=place.member_id, starts_at=place.wave.starts_at.isoformat())
            lending.give_up(actor=None, place=place, now=event.at)


def _live_places(agent_id: int) -> QuerySet[Place]:
    return Place.objects.filter(member__agent_id=agent_id, left_at=None).exclude(wave__state=Wave.State.CLOSED)
