"""The directory as a comparison needs it: a few queries, plain values, whatever the size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Q

from parvis.portal.directory import lookup
from parvis.portal.directory.models import Agent
from parvis.portal.directory.rules import covers
from parvis.portal.kernel import clock
from parvis.portal.sources.items import DAYS, ENTITY, TEXTS, Problem
from parvis.portal.sources.models import Hold, Link, Merge, Source
from parvis.portal.sources.planning import Directory, FindEntity, Mine, Terms
from parvis.portal.sources.rules import Asking, Known, Opinion

_COLUMNS = ("pk", *TEXTS, *DAYS, "entity_id", "is_active", "user_id", "entity__path")


def terms_of(source: Source, now: datetime) -> Terms:
    """The source's settings, at this instant."""
    return Terms(
        asking=Asking(source.pk, source.priority, clock.today(now)),
        now=now,
        root=source.root_id,
        is_complete=source.is_complete,
        grace_runs=source.grace_runs,
        grace_days=source.grace_days,
    )


def directory_of(source: Source) -> Directory:
    """All that the source speaks for, and every e-mail address."""
    links = {
        key: Mine(agent, reported, enabled, missing_runs, since, gone)
        for key, agent, reported, enabled, missing_runs, since, gone in Link.objects.filter(source=source).values_list(
            "key", "agent_id", "reported", "is_enabled", "missing_runs", "missing_since", "is_gone"
        )
    }
    linked = Link.objects.filter(source=source).values("agent_id")
    decided = Merge.objects.filter(source=source).values_list("state", "key", "agent_id")
    return Directory(
        agents=known(source, Q(entity__path__startswith=source.root.path) | Q(pk__in=linked)),
        links=links,
        emails=dict(Agent.objects.order_by().values_list("email", "pk")),
        refused={(key, agent) for state, key, agent in decided if state == Merge.State.REFUSED},
        proposed={(key, agent) for state, key, agent in decided if state == Merge.State.OPEN},
    )


def known_among(source: Source, agents: Collection[int]) -> dict[int, Known]:
    """These agents (a batch: a few hundred)."""
    return known(source, Q(pk__in=agents))


def known(source: Source, which: Q) -> dict[int, Known]:
    """Those agents, with what other sources say of them and what humans decided."""
    found: dict[int, Known] = {}
    rows = Agent.objects.filter(which).order_by().values_list(*_COLUMNS)
    for row in rows.iterator(chunk_size=5000):
        values: dict[str, Any] = dict(zip(_COLUMNS, row, strict=True))
        pk, is_active, user = values.pop("pk"), values.pop("is_active"), values.pop("user_id")
        inside = covers(source.root.path, values.pop("entity__path"))
        values[ENTITY] = values.pop("entity_id")
        for day in DAYS:
            values[day] = values[day].isoformat() if values[day] else None
        found[pk] = Known(pk, values, is_active, user is not None, inside)
    agents = Agent.objects.filter(which).order_by().values("pk")
    _add_opinions(found, source, agents)
    _add_holds(found, agents)
    return found


def _add_opinions(found: dict[int, Known], source: Source, agents: Any) -> None:
    # A source that somebody has moved away from is not asked about them any more: it would keep them in post for ever.
    links = Link.objects.exclude(source=source).filter(agent__in=agents).values_list(
        "source__root__path", "agent__entity__path",
        "agent_id", "source_id", "source__priority", "reported", "is_enabled", "is_gone",
    )  # fmt: skip
    for root, place, agent, other, priority, reported, enabled, gone in links.iterator(chunk_size=5000):
        if agent in found and covers(root, place):
            found[agent].opinions.append(Opinion(other, priority, reported, enabled and not gone))


def _add_holds(found: dict[int, Known], agents: Any) -> None:
    holds: dict[int, set[str]] = defaultdict(set)
    for agent, field in Hold.objects.filter(agent__in=agents).values_list("agent_id", "field"):
        holds[agent].add(field)
    for agent, fields in holds.items():
        if agent in found:
            found[agent].holds = frozenset(fields)


def entity_finder(source: Source) -> FindEntity:
    """Which entity of the source's perimeter a text means; each text is looked up once."""
    index = lookup.EntityIndex(source.root)
    answers: dict[str, int | Problem] = {}

    def find(text: str) -> int | Problem:
        if text not in answers:
            answers[text] = _look_up(index, text)
        return answers[text]

    return find


def _look_up(index: lookup.EntityIndex, text: str) -> int | Problem:
    try:
        entity = index.find(text)
    except lookup.AmbiguousEntity as several:
        return Problem("ambiguous_entity", {"value": text[:150], "names": " ; ".join(several.candidates[:5])})
    return entity.pk if entity is not None else Problem("unknown_entity", {"value": text[:150]})
