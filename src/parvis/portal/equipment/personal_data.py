"""What is kept of an agent's equipment profile and outfits, how it is exported and purged. See `privacy.registry`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from parvis.portal.directory.models import Agent
from parvis.portal.equipment.models import Choice, Outfit, Part


def export(agent: Agent) -> Iterator[dict[str, object]]:
    """The profile chosen by hand, then what was given in one go, newest first."""
    for choice in Choice.objects.filter(agent=agent).select_related("profile"):
        yield {"Sorte": "Profil choisi", "Profil": str(choice.profile), "Le": choice.chosen_at}
    parts = Part.objects.filter(outfit__agent=agent).select_related("outfit").order_by("-outfit__made_at", "pk")
    for part in parts.iterator(500):
        yield {
            "Sorte": "Équipement",
            "Le": part.outfit.made_at,
            "Quoi": part.label,
            "État": part.get_state_display(),
        }


def purge(before: datetime) -> int:
    """Delete outfits older than `before`, a batch a call; how many. Assignments and loans are kept by their rooms."""
    keys = list(Outfit.objects.filter(made_at__lt=before).order_by("pk").values_list("pk", flat=True)[:500])
    if keys:
        Outfit.objects.filter(pk__in=keys).delete()
    return len(keys)
