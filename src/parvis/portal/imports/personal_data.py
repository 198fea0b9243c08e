"""What this room keeps of a person: lines of imports that name them. See `privacy.registry.Kind`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from parvis.portal.directory.models import Agent
from parvis.portal.imports.models import Line, Run


def export(agent: Agent) -> Iterator[dict[str, Any]]:
    """One row per line: of which import, and of what."""
    for line in Line.objects.filter(agent=agent).select_related("run").defer("run__content"):
        yield {"Import": line.run.name, "Quand": line.run.created_at, "Matériel": line.label}


BATCH = 500


def purge(before: datetime) -> int:
    """Forget the lines of imports begun before this instant, at most `BATCH`: how many. Their figures stay."""
    over = Run.objects.filter(created_at__lt=before).exclude(state__in=Run.BUSY)
    old = Line.objects.filter(run__in=over.values("pk")).order_by("pk").values_list("pk", flat=True)[:BATCH]
    return Line.objects.filter(pk__in=list(old)).delete()[0]
