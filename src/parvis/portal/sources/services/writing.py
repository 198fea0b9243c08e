"""What one person's item writes: in the directory through its services, and what is remembered of the source."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from parvis.portal.directory import services as directory
from parvis.portal.directory.arrivals import create_agents
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.directory.queries import reaches_beyond
from parvis.portal.directory.rules import covers
from parvis.portal.kernel.errors import Conflict, ParvisError
from parvis.portal.sources.items import DAYS, ENTITY, Item, Kind, item_from
from parvis.portal.sources.models import Hold, Link, Merge, Run, RunItem

LAST_DAY = "ends_date"


def agents_of(rows: list[RunItem]) -> dict[int, Agent]:
    """The agents these items are about."""
    wanted = {row.agent_id for row in rows if row.agent_id}
    return {agent.pk: agent for agent in Agent.objects.filter(pk__in=wanted).select_related("entity", "user")}


def write(run: Run, rows: list[RunItem], agents: dict[int, Agent], now: datetime) -> None:
    """Apply these items in the caller's transaction. One that the directory refuses is left out and says why."""
    items = [(row, item_from(row.key, row.label, row.agent_id, row.base, row.details)) for row in rows]
    entities = entities_of([item for _row, item in items])
    arriving = [(row, item) for row, item in items if Kind.ARRIVAL in item.kinds]
    at_once = _arrive(run, arriving, entities, now)
    for row, item in items:
        if at_once and Kind.ARRIVAL in item.kinds:
            continue
        try:
            with transaction.atomic():
                _one(run, row, item, agents, entities, now)
        except ParvisError as refusal:
            row.outcome = refusal.code[:40]


def _arrive(run: Run, arriving: list[tuple[RunItem, Item]], entities: dict[int, Entity], now: datetime) -> bool:
    """Bring them all in one go; False: one of them is refused, and they come one by one."""
    try:
        with transaction.atomic():
            arrivals = [(_place(item, entities), facts_of(item)) for _row, item in arriving]
            agents = create_agents(arrivals=arrivals, now=now)
            links = [_link(run, item, agent, now) for (_row, item), agent in zip(arriving, agents, strict=True)]
            Link.objects.bulk_create(links)
    except (ParvisError, IntegrityError):
        return False
    for (row, _item), agent in zip(arriving, agents, strict=True):
        row.agent = agent
    return True


def _place(item: Item, entities: dict[int, Entity]) -> Entity:
    return entities[int(str(item.fields[ENTITY][1]))]


def _link(run: Run, item: Item, agent: Agent, now: datetime) -> Link:
    return Link(
        source_id=run.source_id, key=item.key, agent=agent, reported=item.reported, where=item.where[:300],
        linked_at=now, changed_at=now,
    )  # fmt: skip


def _one(
    run: Run, row: RunItem, item: Item, agents: dict[int, Agent], entities: dict[int, Entity], now: datetime
) -> None:
    if Kind.ARRIVAL in item.kinds:
        row.agent = directory.create_agent(actor=None, entity=_place(item, entities), now=now, **facts_of(item))
        _link(run, item, row.agent, now).save()
        return
    agent = agents.get(row.agent_id or 0)
    if agent is None:
        row.outcome = "agent_gone"
    elif Kind.MERGE in item.kinds:
        _propose(run, agent, item, now)
    else:
        row.outcome = change(agent, item, entities, run.source.root, now)
        remember(run.source_id, item, now)


def entities_of(items: list[Item]) -> dict[int, Entity]:
    """The entities these items bring people to."""
    return Entity.objects.in_bulk([int(str(item.fields[ENTITY][1])) for item in items if ENTITY in item.fields])


def facts_of(item: Item) -> dict[str, Any]:
    """The new values for the directory's services, without the entity."""
    return {name: _value(name, new) for name, (_old, new) in item.fields.items() if name != ENTITY}


def change(agent: Agent, item: Item, entities: dict[int, Entity], root: Entity, now: datetime) -> str:
    """Bring the agent to what the item says; the code of what was left out, or empty.

    A source of `root` opens and closes no account that can do more than `root`: a person does.

    Raises:
        Conflict: the agent does not work in `root` any more (`outside_root`).
    """
    if not covers(root.path, agent.entity.path):
        raise Conflict(code="outside_root")
    left_out = ""
    if (item.active is not None or LAST_DAY in item.fields) and agent.user and reaches_beyond(agent.user, root):
        item.active, left_out = None, "account_out_of_reach"
        item.fields.pop(LAST_DAY, None)
    if item.released:
        Hold.objects.filter(agent=agent, field__in=item.released).delete()
    if facts := facts_of(item):
        directory.update_agent(actor=None, agent=agent, now=now, **facts)
    if ENTITY in item.fields:
        directory.move_agent(actor=None, agent=agent, entity=_place(item, entities), now=now)
    if item.active is True:
        directory.reactivate_agent(actor=None, agent=agent, now=now)
    elif item.active is False:
        directory.deactivate_agent(actor=None, agent=agent, now=now)
    return left_out


def remember(source_id: int, item: Item, now: datetime) -> None:
    """Keep what the source said, for the next comparison."""
    runs, since, gone = item.missing or (0, None, False)
    facts = {
        "reported": item.reported,
        "is_enabled": item.enabled,
        "missing_runs": runs,
        "missing_since": datetime.fromisoformat(since) if since else None,
        "is_gone": gone,
    }
    if not item.missing:
        facts |= {"where": item.where[:300], "changed_at": now}
    Link.objects.filter(source_id=source_id, key=item.key).update(**facts)


def _propose(run: Run, agent: Agent, item: Item, now: datetime) -> None:
    Merge.objects.update_or_create(
        source_id=run.source_id, key=item.key, agent=agent,
        create_defaults={
            "reason": item.reason, "record": item.reported, "where": item.where[:300], "is_enabled": item.enabled,
            "proposed_at": now,
        },
        defaults={"record": item.reported, "where": item.where[:300], "is_enabled": item.enabled},
    )  # fmt: skip


def _value(name: str, value: object) -> object:
    if name in DAYS:
        return date.fromisoformat(str(value)) if value else None
    return value or ""
