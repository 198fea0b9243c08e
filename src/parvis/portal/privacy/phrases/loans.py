"""Loans."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PHRASES: dict[str, Promise] = {
    "loans.asset_replaced": _("a réservé un autre matériel pour le prêt %(target)s"),
    "loans.complaint_added": _("a ajouté le dépôt de plainte du prêt %(target)s"),
    "loans.extension_granted": _("a prolongé le prêt %(target)s"),
    "loans.extension_refused": _("a refusé de prolonger le prêt %(target)s"),
    "loans.extension_requested": _("a demandé à prolonger le prêt %(target)s"),
    "loans.item_found": _("a noté comme retrouvé un matériel du prêt %(target)s"),
    "loans.item_lost": _("a déclaré perdu ou volé un matériel du prêt %(target)s"),
    "loans.loan_approved": _("a accordé le prêt %(target)s"),
    "loans.loan_cancelled": _("a annulé le prêt %(target)s"),
    "loans.loan_handed_over": _("a remis le matériel du prêt %(target)s"),
    "loans.loan_left": _("a noté comme déposé le matériel du prêt %(target)s"),
    "loans.loan_not_there": _("n’a pas trouvé le matériel déposé du prêt %(target)s"),
    "loans.loan_prepared": _("a préparé le prêt %(target)s"),
    "loans.loan_put_in_order": _("a remis en état le matériel du prêt %(target)s"),
    "loans.loan_refused": _("a refusé le prêt %(target)s"),
    "loans.loan_requested": _("a demandé le prêt %(target)s"),
    "loans.loan_returned": _("a repris le matériel du prêt %(target)s"),
    "loans.offer_created": _("a ajouté l’offre de prêt «\u202f%(target)s\u202f»"),
    "loans.offer_deleted": _("a retiré l’offre de prêt «\u202f%(target)s\u202f»"),
    "loans.offer_updated": _("a modifié l’offre de prêt «\u202f%(target)s\u202f»"),
    "loans.pool_added": _("a ajouté %(target)s au stock de prêt"),
    "loans.pool_removed": _("a retiré %(target)s du stock de prêt"),
    "loans.reminder_asked": _("a relancé l’emprunteur du prêt %(target)s"),
}
