"""What this room does when the directory publishes an event, brought by a person or by a source."""

from __future__ import annotations

from datetime import date, datetime

from parvis.portal.accounts.models import User
from parvis.portal.directory.events import AgentArrived, AgentDeactivated, AgentMoved, AgentReturned, AgentUpdated
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel import clock
from parvis.portal.movements import registry, rules
from parvis.portal.movements.models import Kind, Movement
from parvis.portal.movements.services import opening, settling
from parvis.portal.movements.services.bulk import is_load
from parvis.portal.movements.services.passing_time import follow_dates


def agent_arrived(event: AgentArrived) -> None:
    """An arrival opens, unless it is one of a load (`services.bulk`) or long past."""
    if event.actor_id is None and is_load(event.entity_id, at=event.at):
        return
    agent, today = _agent(event.agent_id), clock.today(event.at)
    starts = agent.starts_date or today
    if today - rules.OLD_ARRIVAL <= starts <= today + rules.PLANNED_AHEAD:
        _begin(agent, Kind.JOINER, starts, event.actor_id, event.at, to_entity=agent.entity)


def agent_updated(event: AgentUpdated) -> None:
    """A day of arrival or departure was set, moved or taken back."""
    if {"starts_date", "ends_date"} & set(event.fields):
        follow_dates(_agent(event.agent_id), now=event.at, changed=event.fields)


def agent_moved(event: AgentMoved) -> None:
    """A change of department opens; back to where they were before it was finished, it is cancelled."""
    agent = _agent(event.agent_id)
    before = Entity.objects.filter(pk=event.from_entity_id).first()
    live = Movement.objects.filter(agent=agent, kind=Kind.MOVER, state__in=rules.LIVE).first()
    if live is not None and live.from_entity_id == event.to_entity_id:
        settling.cancel(actor=None, movement=live, now=event.at)
        return
    today = clock.today(event.at)
    if live is None and _is_reorganisation(event) and not _holds_something(agent, before, today):
        return
    _begin(agent, Kind.MOVER, today, event.actor_id, event.at, from_entity=before, to_entity=agent.entity)


def _is_reorganisation(event: AgentMoved) -> bool:
    """Many go the same way at once: the department has moved, not the person."""
    since = event.at - rules.BULK_WINDOW
    same = Movement.objects.filter(
        kind=Kind.MOVER, from_entity=event.from_entity_id, to_entity=event.to_entity_id, opened_at__gte=since
    )
    return same.count() >= rules.REORGANISATION


def _holds_something(agent: Agent, before: Entity | None, today: date) -> bool:
    """Whether there is a role or a right to keep or remove: nothing is kept in silence, reorganisation or not."""
    imagined = Movement(agent=agent, kind=Kind.MOVER, effective_date=today, from_entity=before, to_entity=agent.entity)
    return any(item.ends_date for _room, item in registry.everything(agent, imagined))


def agent_deactivated(event: AgentDeactivated) -> None:
    """A departure opens; an arrival or a change under way has no object any more."""
    agent = _agent(event.agent_id)
    for other in Movement.objects.filter(agent=agent, state__in=rules.LIVE).exclude(kind=Kind.LEAVER):
        settling.cancel(actor=None, movement=other, now=event.at)
    today = clock.today(event.at)
    announced = agent.ends_date if agent.ends_date and agent.ends_date <= today else today
    live = Movement.objects.filter(agent=agent, kind=Kind.LEAVER, state__in=rules.LIVE).first()
    day = live.effective_date if live is not None and live.effective_date <= today else announced
    _begin(agent, Kind.LEAVER, day, event.actor_id, event.at, from_entity=agent.entity)


def agent_returned(event: AgentReturned) -> None:
    """The departure is cancelled; an arrival opens, with what was taken away to give again."""
    agent = _agent(event.agent_id)
    for departure in Movement.objects.filter(agent=agent, kind=Kind.LEAVER, state__in=rules.LIVE):
        settling.cancel(actor=None, movement=departure, now=event.at)
    today = clock.today(event.at)
    _begin(agent, Kind.JOINER, today, event.actor_id, event.at, to_entity=agent.entity)


def _begin(agent: Agent, kind: str, day: date, actor_id: int | None, now: datetime, **sides: Entity | None) -> None:
    actor = User.objects.filter(pk=actor_id).first() if actor_id is not None else None
    origin = Movement.Origin.SOURCE if actor_id is None else Movement.Origin.PERSON
    opening.begin(agent=agent, kind=kind, effective_date=day, origin=origin, now=now, actor=actor, **sides)


def _agent(agent_id: int) -> Agent:
    return Agent.objects.select_related("entity", "user").get(pk=agent_id)
