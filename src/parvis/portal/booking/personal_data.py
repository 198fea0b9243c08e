"""What this room keeps of a person: what they booked. See `privacy.registry.Kind`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from parvis.portal.booking.models import Booking
from parvis.portal.directory.models import Agent


def export(agent: Agent) -> Iterator[dict[str, Any]]:
    """The agent's bookings, newest first."""
    bookings = Booking.objects.filter(holder=agent).select_related("pool", "resource").order_by("-starts_at", "-pk")
    for each in bookings.iterator(chunk_size=500):
        yield {
            "Salle": str(each.resource or each.pool),
            "Objet": each.title,
            "Début": each.starts_at,
            "Fin": each.ends_at,
            "Participants": each.people,
            "État": each.get_state_display(),
            "Réservée le": each.booked_at,
            "Arrivée signalée le": each.checked_in_at,
        }


def rows() -> QuerySet[Booking]:
    """All: each is over one day."""
    return Booking.objects.all()
