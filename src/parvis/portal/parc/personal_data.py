"""What this room keeps of a person: the computers they work on. See `privacy.registry.Kind`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parvis.portal.directory.models import Agent
from parvis.portal.parc.models import Assignment


def export(agent: Agent) -> Iterator[dict[str, Any]]:
    """The computers assigned to the agent."""
    for each in Assignment.objects.filter(agent=agent).select_related("computer__site"):
        yield {"Ordinateur": each.computer.name, "Site": str(each.computer.site or "")}
