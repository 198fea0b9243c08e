"""What this room keeps of a person: their movements with steps and notes. See `privacy.registry.Kind`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from parvis.portal.directory.models import Agent
from parvis.portal.movements import rules
from parvis.portal.movements.models import Movement


def export(agent: Agent) -> Iterator[dict[str, Any]]:
    """The agent's movements, newest first."""
    found = Movement.objects.filter(agent=agent).select_related("from_entity", "to_entity").order_by("-effective_date")
    for movement in found.prefetch_related("steps", "notes__author").iterator(chunk_size=100):
        yield {
            "Type": movement.get_kind_display(),
            "Date": movement.effective_date,
            "De": str(movement.from_entity or ""),
            "Vers": str(movement.to_entity or ""),
            "État": movement.get_state_display(),
            "Étapes": [
                {
                    "Étape": step.title,
                    "Échéance": step.due_date,
                    "Résultat": step.get_outcome_display(),
                    "Fait le": step.done_at,
                }
                for step in movement.steps.all()
            ],
            "Notes": [
                {"Note": note.text, "Par": str(note.author or ""), "Le": note.written_at}
                for note in movement.notes.all()
            ],
        }


def rows() -> QuerySet[Movement]:
    """Those that may be deleted one day: they are over. Steps and notes go with them."""
    return Movement.objects.exclude(state__in=rules.LIVE)
