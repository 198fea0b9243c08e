"""What can go wrong with a GLPI, in words; what can be read of it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from parvis.portal.kernel.errors import Text

ITEM_TYPES: dict[str, Text] = {
    "Computer": _("Ordinateurs"),
    "Monitor": _("Moniteurs"),
    "Phone": _("Téléphones"),
    "Printer": _("Imprimantes"),
    "NetworkEquipment": _("Matériels réseau"),
    "Peripheral": _("Périphériques"),
}

PROBLEMS: dict[str, Text] = {
    "address": _("Cette adresse n’est pas permise\u202f: https, et un serveur que Parvis a le droit de joindre."),
    "unreachable": _("Le serveur GLPI ne répond pas."),
    "certificate": _("Le certificat du serveur GLPI n’est pas reconnu."),
    "slow": _("Le serveur GLPI met trop de temps à répondre."),
    "large": _("GLPI a envoyé une réponse trop volumineuse."),
    "redirected": _("Le serveur renvoie vers une autre adresse\u202f: indiquez l’adresse définitive."),
    "not_glpi": _("À cette adresse, ce n’est pas l’API de GLPI qui répond\u202f: elle finit par /apirest.php."),
    "user_token": _("GLPI refuse le jeton personnel\u202f: recopiez-le depuis les préférences du compte GLPI."),
    "app_token": _("GLPI refuse le jeton d’application\u202f: vérifiez le client d’API dans la configuration de GLPI."),
    "address_refused": _("GLPI n’accepte pas l’adresse de Parvis\u202f: ajoutez-la au client d’API."),
    "api_disabled": _("L’API REST est désactivée dans la configuration générale de GLPI."),
    "right": _("Le compte GLPI n’a pas le droit de lire ces matériels\u202f: changez son profil."),
    "session": _("GLPI a fermé la session avant la fin."),
    "short": _("GLPI a annoncé plus de matériels qu’il n’en a donné\u202f: rien n’est repris."),
    "glpi_broken": _("GLPI signale une erreur de sa base de données."),
    "glpi_error": _("GLPI a répondu par une erreur."),
    "token_unreadable": _("Les jetons enregistrés ne sont plus lisibles\u202f: saisissez-les de nouveau."),
}
"""Sentences for `GlpiFailed.code`."""
