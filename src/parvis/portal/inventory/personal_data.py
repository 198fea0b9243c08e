"""What this room keeps of a person: the computers on which their session was last seen. See `privacy.registry.Kind`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from parvis.portal.directory.models import Agent
from parvis.portal.inventory.models import Inventory

BATCH = 500
RETENTION_MONTHS = 3


def export(agent: Agent) -> Iterator[dict[str, Any]]:
    """The computers whose probe last saw the agent's session, the newest first."""
    found = Inventory.objects.filter(last_agent=agent).select_related("asset").order_by("-reported_at", "-pk")
    for inventory in found.iterator(chunk_size=1000):
        yield {
            "Ordinateur": inventory.asset.name,
            "Session": inventory.last_user,
            "Relevé le": inventory.reported_at,
        }


def rows() -> QuerySet[Inventory]:
    """The inventories that name somebody."""
    return Inventory.objects.filter(~Q(last_user="") | Q(last_agent__isnull=False))


@transaction.atomic
def purge(before: datetime) -> int:
    """Forget whose session old inventories saw: the computer stays known. A batch at a time."""
    old = list(rows().filter(reported_at__lt=before).order_by("pk").values_list("pk", flat=True)[:BATCH])
    return Inventory.objects.filter(pk__in=old).update(last_user="", last_agent=None)
