"""The lines an agent has. See `privacy.registry`."""

from __future__ import annotations

from collections.abc import Iterator

from parvis.portal.directory.models import Agent
from parvis.portal.infrastructure.models import Line


def export(agent: Agent) -> Iterator[dict[str, object]]:
    """Their telephone lines."""
    for line in Line.objects.filter(agent=agent).order_by("number"):
        yield {
            "Numéro": line.number,
            "Type": line.get_kind_display(),
            "Opérateur": line.operator,
            "Forfait": line.plan,
            "État": line.get_state_display(),
        }
