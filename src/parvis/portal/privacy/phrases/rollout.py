"""Rollout campaigns: who, with what, when; plans and waves; what gateways carry."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PHRASES: dict[str, Promise] = {
    "capacity.capability_set": _("a dit ce que porte la passerelle %(target)s"),
    "capacity.shortage_told": _("a prévenu que les passerelles ne suffiront pas"),
    "rollout.campaign_changed": _("a changé la campagne %(target)s"),
    "rollout.campaign_created": _("a créé la campagne %(target)s"),
    "rollout.campaign_deleted": _("a supprimé la campagne %(target)s"),
    "rollout.campaign_moved": _("a démarré, arrêté ou terminé la campagne %(target)s"),
    "rollout.lines_set": _("a dit ce que portent les lignes des sites pour la campagne %(target)s"),
    "rollout.member_came_back": _("a repris la date de mise en service de %(target)s, d’abord refusée"),
    "rollout.member_declined": _("a dit ne pas pouvoir à la date de mise en service de %(target)s"),
    "rollout.member_moved": _("a changé %(target)s de vague"),
    "rollout.member_put_in": _("a ajouté %(target)s à une vague"),
    "rollout.member_taken_out": _("a retiré %(target)s de sa vague"),
    "rollout.members_added": _("a ajouté des agents à la campagne %(target)s"),
    "rollout.members_left_out": _("a écarté des participants de la campagne %(target)s"),
    "rollout.members_needs_set": _("a changé les besoins de participants de la campagne %(target)s"),
    "rollout.members_priority_set": _("a changé la priorité de participants de la campagne %(target)s"),
    "rollout.members_put_back": _("a remis des participants dans le plan de la campagne %(target)s"),
    "rollout.members_removed": _("a retiré des participants de la campagne %(target)s"),
    "rollout.members_weeks_set": _("a changé les semaines impossibles de participants de la campagne %(target)s"),
    "rollout.offers_set": _("a dit ce que chaque semaine offre à la campagne %(target)s"),
    "rollout.place_opened": _("a ouvert le télétravail de %(target)s"),
    "rollout.plan_asked": _("a demandé le plan %(target)s"),
    "rollout.plan_chosen": _("a choisi de suivre le plan %(target)s"),
    "rollout.plan_deleted": _("a supprimé le plan %(target)s"),
    "rollout.plan_stopped": _("a interrompu le calcul du plan %(target)s"),
    "rollout.wave_closed": _("a terminé la vague %(target)s"),
    "rollout.wave_opened": _("a ouvert la vague %(target)s"),
    "rollout.wave_published": _("a annoncé la vague %(target)s"),
    "rollout.wave_resumed": _("a repris la vague %(target)s"),
    "rollout.wave_stopped": _("a arrêté la vague %(target)s"),
    "rollout.wave_withdrawn": _("a annulé l’annonce de la vague %(target)s"),
}
