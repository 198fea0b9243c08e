"""What this room keeps of a person: the equipment they have, and had. See `privacy.registry.Kind`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from parvis.portal.directory.models import Agent
from parvis.portal.parc import history
from parvis.portal.parc.models import AssetEvent, Assignment

BATCH = 500


def export(agent: Agent) -> Iterator[dict[str, Any]]:
    """The assets assigned to the agent."""
    for each in Assignment.objects.filter(agent=agent).select_related("asset__site", "asset__model"):
        yield {
            "Matériel": each.asset.name,
            "Type": str(each.asset.get_kind_display()),
            "Modèle": str(each.asset.model or ""),
            "Site": str(each.asset.site or ""),
            "Depuis le": each.since_date,
        }


def export_history(agent: Agent) -> Iterator[dict[str, Any]]:
    """What the agent was given and gave back, newest first."""
    events = AssetEvent.objects.filter(agent=agent).select_related("asset__model", "actor", "agent")
    for event in events.order_by("-at", "-pk").iterator(chunk_size=BATCH):
        (line,) = history.lines([event], of_agent=True)
        yield {"Le": line.at, "Matériel": event.asset.name, "Quoi": line.sentence}


def past() -> QuerySet[AssetEvent]:
    """The lines of histories that name an agent."""
    return AssetEvent.objects.filter(agent__isnull=False)


def forget_agents(before: datetime) -> int:
    """Take the agent out of old lines of histories, a batch at a time: the asset's history stays, without whose."""
    ids = list(past().filter(at__lt=before).order_by("pk").values_list("pk", flat=True)[:BATCH])
    return AssetEvent.objects.filter(pk__in=ids).update(agent=None)
