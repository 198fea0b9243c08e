"""What this room keeps of a person: their own browsers, their supplied computers. See `privacy.registry.Kind`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from parvis.portal.directory.models import Agent
from parvis.portal.trust.models import PrivateDevice, SuppliedDevice


def export_private(agent: Agent) -> Iterator[dict[str, Any]]:
    """The browsers the agent has used, the last one first."""
    found = PrivateDevice.objects.filter(user_id=agent.user_id or 0).order_by("-last_seen_at")
    for device in found.iterator(chunk_size=1000):
        yield {"Appareil": device.name, "Vu d’abord le": device.first_seen_at, "Vu le": device.last_seen_at}


def export_supplied(agent: Agent) -> Iterator[dict[str, Any]]:
    """The supplied computers registered for the agent."""
    found = SuppliedDevice.objects.filter(agents=agent).select_related("computer").order_by("-enrolled_at")
    for device in found.iterator(chunk_size=1000):
        yield {
            "Ordinateur": device.computer.name,
            "État": device.get_standing_display(),
            "Enregistré le": device.enrolled_at,
            "Vu le": device.last_used_at,
        }


def private_devices() -> QuerySet[PrivateDevice]:
    """All of them: forgotten when they were not seen for long."""
    return PrivateDevice.objects.all()
