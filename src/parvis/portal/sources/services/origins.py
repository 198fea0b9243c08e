"""Who won a field: what a human changes is the human's until it is given back to the source."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.directory.permissions import can_manage_agents
from parvis.portal.directory.rules import covers
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict
from parvis.portal.sources import rules, snapshot
from parvis.portal.sources.items import ACTIVE, FIELDS
from parvis.portal.sources.models import Hold, Link
from parvis.portal.sources.services import writing


def note_human(agent_id: int, fields: Iterable[str], actor_id: int, at: datetime) -> None:
    """A human has changed these fields of an agent; nothing to note if no source speaks for them."""
    mine = [field for field in fields if field in FIELDS or field == ACTIVE]
    if not mine or not Link.objects.filter(agent_id=agent_id).exists():
        return
    for field in mine:
        Hold.objects.update_or_create(agent_id=agent_id, field=field, defaults={"actor_id": actor_id, "at": at})


@transaction.atomic
def give_back(*, actor: User, agent: Agent, field: str, now: datetime) -> None:
    """The source wins this field again, from now on: its value is taken at once if it says one.

    Raises:
        NotAllowed: not of the IT team of the agent's entity.
        Conflict, Invalid: the directory refuses the source's value; nothing is given back.
    """
    require(can_manage_agents(actor, agent.entity))
    if not Hold.objects.filter(agent=agent, field=field).delete()[0]:
        return
    audit.record(actor=actor, action="sources.field_given_back", target=agent, now=now, data={"field": field})
    rows = Link.objects.filter(agent=agent).select_related("source__root").order_by("source__priority", "source_id")
    # One that spoke for the agent where they were before has nothing to say of where they are.
    links = [each for each in rows if covers(each.source.root.path, agent.entity.path)]
    link = next((each for each in links if field == ACTIVE or each.reported.get(field)), None)
    if link is None:
        return
    known = snapshot.known_among(link.source, [agent.pk])[agent.pk]
    asking = snapshot.terms_of(link.source, now).asking
    enabled = link.is_enabled and not link.is_gone
    item = rules.settle(known, asking, link.reported, enabled=enabled, before=link.reported)
    item.fields = {name: change for name, change in item.fields.items() if name == field}
    item.released = []
    if field != ACTIVE:
        item.active = None
    if left_out := writing.change(agent, item, writing.entities_of([item]), link.source.root, now):
        raise Conflict(code=left_out)
