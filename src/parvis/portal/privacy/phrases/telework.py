"""Telework."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PHRASES: dict[str, Promise] = {
    "telework.acceptance_reminded": _("a rappelé à des agents le texte %(target)s"),
    "telework.approved": _("a accordé le télétravail\u202f: %(target)s"),
    "telework.days_asked": _("a demandé d’autres jours de télétravail : %(target)s"),
    "telework.days_changed": _("a changé les jours de télétravail : %(target)s"),
    "telework.days_granted": _("a accordé d’autres jours de télétravail : %(target)s"),
    "telework.days_refused": _("a refusé d’autres jours de télétravail : %(target)s"),
    "telework.days_withdrawn": _("a retiré un changement de jours de télétravail : %(target)s"),
    "telework.deciders_reminded": _("a rappelé des demandes de télétravail à ceux qui doivent répondre"),
    "telework.document_accepted": _("a accepté un texte\u202f: %(target)s"),
    "telework.document_drafted": _("a écrit le brouillon de %(target)s"),
    "telework.document_published": _("a publié %(target)s"),
    "telework.draft_deleted": _("a jeté le brouillon de %(target)s"),
    "telework.ended": _("a mis fin au télétravail\u202f: %(target)s"),
    "telework.enrolment_finished": _("a terminé la mise en service\u202f: %(target)s"),
    "telework.granted_for_campaign": _("a accordé le télétravail dans une campagne\u202f: %(target)s"),
    "telework.help_answered": _("a répondu à la demande d’aide %(target)s"),
    "telework.help_asked": _("a demandé de l’aide\u202f: %(target)s"),
    "telework.help_given_back": _("a laissé à un collègue la demande d’aide %(target)s"),
    "telework.help_taken": _("a pris la demande d’aide %(target)s"),
    "telework.help_withdrawn": _("a annulé la demande d’aide %(target)s"),
    "telework.job_deleted": _("a retiré la règle de télétravail du métier %(target)s"),
    "telework.job_saved": _("a réglé le télétravail du métier %(target)s"),
    "telework.last_day_set": _("a changé le dernier jour de télétravail\u202f: %(target)s"),
    "telework.path_opened": _("a commencé la mise en service\u202f: %(target)s"),
    "telework.policy_saved": _("a changé les règles de télétravail de %(target)s"),
    "telework.refused": _("a refusé le télétravail\u202f: %(target)s"),
    "telework.reminder_sent": _("a envoyé un rappel de mise en service\u202f: %(target)s"),
    "telework.request_opened": _("a ouvert le télétravail\u202f: %(target)s"),
    "telework.request_shut": _("a fermé les accès de télétravail\u202f: %(target)s"),
    "telework.requested": _("a demandé le télétravail\u202f: %(target)s"),
    "telework.resumed": _("a fait reprendre le télétravail\u202f: %(target)s"),
    "telework.stage_passed": _("a passé une étape de la mise en service\u202f: %(target)s"),
    "telework.suspended": _("a suspendu le télétravail\u202f: %(target)s"),
    "telework.withdrawn": _("a retiré la demande de télétravail\u202f: %(target)s"),
}
