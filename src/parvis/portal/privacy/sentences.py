"""What a line of the audit trail says, in words: one phrase per action, « Yann Kerbrat a approuvé… ».

A test looks for every action recorded anywhere in the portal and asks for its phrase here.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.kernel.models import AuditRecord
from parvis.portal.privacy.phrases import access, equipment, loans, meetings, people, rollout, telework

PHRASES: dict[str, Promise] = {
    **equipment.PHRASES,
    **loans.PHRASES,
    **meetings.PHRASES,
    **telework.PHRASES,
    **rollout.PHRASES,
    **people.PHRASES,
    **access.PHRASES,
}
"""By action. `%(target)s` stands for what it was done to."""

FAMILIES: dict[str, Promise] = {
    "accounts": gettext_lazy("Comptes et connexions"),
    "directory": gettext_lazy("Annuaire"),
    "federation": gettext_lazy("Fournisseurs d’identité"),
    "sources": gettext_lazy("Sources de l’annuaire"),
    "movements": gettext_lazy("Arrivées et départs"),
    "presence": gettext_lazy("Présence"),
    "privacy": gettext_lazy("Données personnelles"),
    "parc": gettext_lazy("Parc"),
    "inventory": gettext_lazy("Sondes"),
    "imports": gettext_lazy("Imports du parc"),
    "infrastructure": gettext_lazy("Réseau et services"),
    "stocktake": gettext_lazy("Inventaires physiques"),
    "loans": gettext_lazy("Prêts"),
    "booking": gettext_lazy("Salles et réservations"),
    "live_rooms": gettext_lazy("Salles en direct"),
    "conferencing": gettext_lazy("Outils de réunion"),
    "meetings": gettext_lazy("Réunions"),
    "telework": gettext_lazy("Télétravail"),
    "rollout": gettext_lazy("Déploiement"),
    "capacity": gettext_lazy("Puissance de calcul"),
    "equipment": gettext_lazy("Niveau d’équipement"),
    "trust": gettext_lazy("Confiance"),
    "remote_desktop": gettext_lazy("Bureaux à distance"),
    "home": gettext_lazy("Accueil et services"),
    "ui": gettext_lazy("Exports"),
    "kernel": gettext_lazy("Journal"),
}
"""The rooms actions come from, for the filter."""


def sentence(line: AuditRecord) -> str:
    """Who did what to what."""
    actor = line.actor_label or _("Le système")
    return f"{actor} {phrase(line)}"


def phrase(line: AuditRecord) -> str:
    """What was done; an action of another version is named as it is."""
    found = PHRASES.get(line.action)
    if found is None:
        return _("a fait «\u202f%(action)s\u202f»") % {"action": line.action}
    return str(found) % {"target": line.target_label or "—"}


def family_of(action: str) -> str:
    """The room an action comes from."""
    return action.partition(".")[0]


def actions_of(family: str) -> list[str]:
    """The known actions of a family: an index finds these, not a prefix."""
    return [action for action in PHRASES if family_of(action) == family]
