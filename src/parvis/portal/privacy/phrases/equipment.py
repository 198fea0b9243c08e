"""Profiles of equipment, scenarios, what is given in one go."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PHRASES: dict[str, Promise] = {
    "equipment.outfit_started": _("a décidé de l’équipement de %(target)s"),
    "equipment.part_done": _("a fait une partie de l’équipement de %(target)s"),
    "equipment.part_dropped": _("a abandonné une partie de l’équipement de %(target)s"),
    "equipment.part_failed": _("n’a pas pu faire une partie de l’équipement de %(target)s"),
    "equipment.policy_deleted": _("a abandonné les durées de vie et les prix de %(target)s"),
    "equipment.policy_saved": _("a réglé les durées de vie et les prix de %(target)s"),
    "equipment.profile_chosen": _("a choisi le profil d’équipement de %(target)s"),
    "equipment.profile_deleted": _("a supprimé le profil d’équipement %(target)s"),
    "equipment.profile_saved": _("a enregistré le profil d’équipement %(target)s"),
    "equipment.scenario_deleted": _("a supprimé le scénario %(target)s"),
    "equipment.scenario_saved": _("a enregistré le scénario %(target)s"),
}
