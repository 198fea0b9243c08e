"""What this room keeps of a person: which sites they counted. See `privacy.registry.Kind`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, QuerySet

from parvis.portal.directory.models import Agent
from parvis.portal.stocktake.models import Sighting


def export(agent: Agent) -> Iterator[dict[str, Any]]:
    """One line per stock-take: how many things they saw, from when to when."""
    if agent.user_id is None:
        return
    rows = Sighting.objects.filter(user_id=agent.user_id).order_by().values("stocktake__name", "stocktake__site__name")
    for row in rows.annotate(count=Count("pk"), first=Min("seen_at"), last=Max("seen_at")):
        yield {
            "Inventaire": row["stocktake__name"],
            "Site": row["stocktake__site__name"],
            "Lectures": row["count"],
            "Du": row["first"].isoformat(),
            "Au": row["last"].isoformat(),
        }


def rows() -> QuerySet[Sighting]:
    """Sightings that still say who counted."""
    return Sighting.objects.filter(user__isnull=False)


def purge(before: datetime) -> int:
    """What was seen stays, who saw it is forgotten. How many lines."""
    return rows().filter(seen_at__lt=before).update(user=None)
