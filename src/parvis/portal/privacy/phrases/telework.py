"""Telework."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PHRASES: dict[str, Promise] = {
    "telework.granted_for_campaign": _("a accordé le télétravail dans une campagne\u202f: %(target)s"),
    "telework.help_answered": _("a répondu à la demande d’aide %(target)s"),
    "telework.help_asked": _("a demandé de l’aide\u202f: %(target)s"),
    "telework.help_given_back": _("a laissé à un collègue la demande d’aide %(target)s"),
    "telework.help_taken": _("a pris la demande d’aide %(target)s"),
    "telework.help_withdrawn": _("a annulé la demande d’aide %(target)s"),
}
