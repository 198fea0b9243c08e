"""What this room keeps of a person: in which room they were, how long, when they had the floor. See `privacy`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from parvis.portal.directory.models import Agent
from parvis.portal.live_rooms.models import LiveRoom, Seat


def export(agent: Agent) -> Iterator[dict[str, Any]]:
    """The agent's seats, newest first: never what was said, which is kept nowhere."""
    if agent.user_id is None:
        return
    seats = Seat.objects.filter(user_id=agent.user_id).select_related("room").order_by("-room__starts_at", "-pk")
    for seat in seats.prefetch_related("speeches").iterator(chunk_size=200):
        yield {
            "Réunion": str(seat.room),
            "Début": seat.room.starts_at,
            "Fin": seat.room.ends_at,
            "Rôle": seat.get_role_display(),
            "Première entrée": seat.first_joined_at,
            "Dernière sortie": seat.last_left_at,
            "Durée (secondes)": seat.seconds,
            "Prises de parole": [
                {"Demandée à": each.asked_at, "Début": each.began_at, "Fin": each.ended_at}
                for each in seat.speeches.all()
            ],
        }


def rows() -> QuerySet[LiveRoom]:
    """Rooms that are closed, with their seats, stays and speaking lists."""
    return LiveRoom.objects.filter(closed_at__isnull=False)
