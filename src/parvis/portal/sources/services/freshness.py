"""Whether a plan still fits the directory: one made on an outdated state is refused whole."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from parvis.portal.directory.models import Agent, Entity
from parvis.portal.sources import snapshot
from parvis.portal.sources.items import ENTITY, Item, Kind, item_from
from parvis.portal.sources.models import Link, Run, RunItem, Source

AT_ONCE = 500
"""Agents compared per query."""


def why_stale(run: Run) -> str:
    """The code of what has changed since the plan was made; empty: nothing that it relied on."""
    source = Source.objects.select_related("root").get(pk=run.source_id)
    if source.revision != run.revision:
        return "settings_changed"
    places = Entity.objects.filter(path__startswith=source.root.path, closed_date=None)
    entities = set(places.values_list("pk", flat=True))
    leaving_theirs: set[int] = set()
    arriving: list[tuple[str, str]] = []
    for items in _pieces(run):
        known = snapshot.known_among(source, [item.agent for item in items if item.agent])
        for item in items:
            if item.base and (item.agent not in known or known[item.agent].fingerprint() != item.base):
                return "directory_changed"
            if ENTITY in item.fields and item.fields[ENTITY][1] not in entities:
                return "directory_changed"
            if Kind.ARRIVAL in item.kinds:
                arriving.append((item.key, str(item.fields["email"][1])))
            elif "email" in item.fields and item.agent:
                leaving_theirs.add(item.agent)
    return "" if _all_free(source, arriving, leaving_theirs) else "directory_changed"


def due(run: Run) -> Iterator[tuple[RunItem, Item]]:
    """What is to be applied yet, as rows and as items."""
    for row in RunItem.objects.filter(run=run, is_due=True).order_by("pk").iterator(chunk_size=AT_ONCE):
        yield row, item_from(row.key, row.label, row.agent_id, row.base, row.details)


def _pieces(run: Run) -> Iterator[list[Item]]:
    items = (item for _row, item in due(run))
    while piece := list(islice(items, AT_ONCE)):
        yield piece


def _all_free(source: Source, arriving: list[tuple[str, str]], leaving_theirs: set[int]) -> bool:
    for start in range(0, len(arriving), AT_ONCE):
        piece = arriving[start : start + AT_ONCE]
        owners = set(Agent.objects.filter(email__in=[email for _key, email in piece]).values_list("pk", flat=True))
        if owners - leaving_theirs:
            return False
        if Link.objects.filter(source=source, key__in=[key for key, _email in piece]).exists():
            return False
    return True
