"""What this room keeps of a person: with which providers they sign in. Old logout notices go by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parvis.portal.directory.models import Agent
from parvis.portal.federation.models import Identity


def export(agent: Agent) -> Iterator[dict[str, Any]]:
    """The agent's linked identities, newest first."""
    rows = Identity.objects.filter(user__agent=agent).select_related("provider").order_by("-linked_at")
    for row in rows:
        yield {
            "Fournisseur": row.provider.name,
            "Adresse chez le fournisseur": row.email,
            "Identifiant chez le fournisseur": row.subject,
            "Liée le": row.linked_at,
            "Dernière connexion": row.last_used_at,
        }
