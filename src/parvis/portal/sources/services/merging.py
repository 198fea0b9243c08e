"""Merges: a person says whether a record and an agent are one. Never silent, and a refusal is remembered."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.directory.rules import covers
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict
from parvis.portal.sources import permissions, rules, snapshot
from parvis.portal.sources.items import FIELDS, Item
from parvis.portal.sources.models import Hold, Link, Merge
from parvis.portal.sources.services import writing


def differences(merge: Merge, now: datetime) -> Item:
    """What the agent would become if the merge were accepted now, without anything kept."""
    known = snapshot.known_among(merge.source, [merge.agent_id])[merge.agent_id]
    asking = snapshot.terms_of(merge.source, now).asking
    item = rules.settle(known, asking, merge.record, enabled=merge.is_enabled, before={})
    if known.has_account:
        item.fields.pop("email", None)
    item.key, item.where = merge.key, merge.where
    return item


@transaction.atomic
def accept_merge(*, actor: User, merge: Merge, now: datetime, kept: Collection[str] = ()) -> None:
    """One person: the source speaks for the agent from now on, except for the fields `kept` as they are.

    Raises:
        NotAllowed: see `permissions.can_manage`.
        Conflict: decided already; the agent works elsewhere now, or is somebody else of this source.
        Invalid: the source's address is another agent's.
    """
    require(permissions.can_manage(actor, merge.source.root))
    agent = Agent.objects.select_related("entity", "user").get(pk=merge.agent_id)
    if not covers(merge.source.root.path, agent.entity.path):
        raise Conflict(_("Cet agent ne dépend plus de la collectivité de cette source."), code="outside_root")
    _decide(merge, Merge.State.ACCEPTED, actor, now)
    for field in set(kept) & set(FIELDS):
        Hold.objects.update_or_create(agent=agent, field=field, defaults={"actor": actor, "at": now})
    item = differences(merge, now)
    _link(merge, agent, now)
    writing.change(agent, item, writing.entities_of([item]), merge.source.root, now)
    data = {"source": merge.source_id, "key": merge.key, "kept": sorted(kept)}
    audit.record(actor=actor, action="sources.merge_accepted", target=agent, now=now, data=data)


@transaction.atomic
def refuse_merge(*, actor: User, merge: Merge, now: datetime) -> None:
    """Two people: it is not asked again.

    Raises:
        NotAllowed: see `permissions.can_manage`.
        Conflict: decided already.
    """
    require(permissions.can_manage(actor, merge.source.root))
    _decide(merge, Merge.State.REFUSED, actor, now)
    data = {"source": merge.source_id, "key": merge.key}
    audit.record(actor=actor, action="sources.merge_refused", target=merge.agent, now=now, data=data)


def _decide(merge: Merge, state: str, actor: User, now: datetime) -> None:
    still_open = Merge.objects.filter(pk=merge.pk, state=Merge.State.OPEN)
    if not still_open.update(state=state, decided_by=actor, decided_at=now):
        raise Conflict(_("Quelqu’un a déjà répondu à cette proposition."), code="merge_decided")


def _link(merge: Merge, agent: Agent, now: datetime) -> None:
    facts = {"key": merge.key, "reported": merge.record, "is_enabled": merge.is_enabled, "where": merge.where}
    fresh = {"missing_runs": 0, "missing_since": None, "is_gone": False, "changed_at": now}
    try:
        with transaction.atomic():
            # The person may come back under another key: the agent keeps one link per source.
            if not Link.objects.filter(source=merge.source, agent=agent).update(**facts, **fresh):
                Link.objects.create(source=merge.source, agent=agent, linked_at=now, **facts, **fresh)
    except IntegrityError:
        raise Conflict(_("Cette fiche de la source est déjà celle d’un autre agent."), code="already_linked") from None
