"""Why something a probe sent is not taken, for the probe's log and for the page."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from parvis.portal.kernel.errors import Text

PROBLEMS: Mapping[str, Text] = {
    "too_large": _("Le relevé est trop volumineux."),
    "bad_compression": _("Le relevé n’a pas pu être décompressé."),
    "malformed": _("Le relevé est mal formé\u202f: ce n’est ni du XML ni du JSON lisible."),
    "declares_entities": _("Le relevé contient des déclarations interdites (DTD ou entités)."),
    "too_complex": _("Le relevé contient trop d’éléments."),
    "not_a_report": _("Ce n’est pas un message de sonde d’inventaire."),
    "no_device": _("Le relevé ne dit pas de quelle machine il vient."),
    "gave_up": _("La lecture de ce relevé s’est interrompue plusieurs fois."),
    "failed": _("Une erreur est survenue pendant la prise en compte de ce relevé."),
}
"""Key of `Report.problem` → words. Matching has its own (`rules.PROBLEMS`)."""


class Unreadable(Exception):
    """What was sent cannot be taken; `key` is one of `PROBLEMS`."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key
