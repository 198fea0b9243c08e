"""What this room keeps of a person: what each source says of them. See `privacy.registry.Kind`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from parvis.portal.directory.models import Agent
from parvis.portal.sources.models import Link, Merge
from parvis.portal.sources.wording import field_name


def export(agent: Agent) -> Iterator[dict[str, Any]]:
    """One row per source: its name, the key there, and every value it gave last."""
    for link in Link.objects.filter(agent=agent).select_related("source"):
        said = {field_name(name): value for name, value in link.reported.items() if name != "entity"}
        yield {"Source": link.source.name, "Identifiant": link.key, "Depuis": link.linked_at, **said}


BATCH = 500


def purge(before: datetime) -> int:
    """Forget what sources said of agents who had left before this instant: at most `BATCH` people; how many rows.

    (Lines of runs go after 90 days whatever is set: `services.upkeep`.)
    """
    over = Q(is_gone=True) | Q(is_enabled=False)
    old = Link.objects.filter(over, agent__is_active=False, changed_at__lt=before)
    links = old.order_by("pk").values_list("pk", flat=True)[:BATCH]
    decided = Merge.objects.exclude(state=Merge.State.OPEN).filter(agent__is_active=False, decided_at__lt=before)
    merges = decided.order_by("pk").values_list("pk", flat=True)[:BATCH]
    with transaction.atomic():
        gone, _ = Link.objects.filter(pk__in=list(links)).delete()
        merged, _ = Merge.objects.filter(pk__in=list(merges)).delete()
    return gone + merged
