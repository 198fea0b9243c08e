"""Which fields each kind of tool needs, and in which words they are asked for: one table for forms and services."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

POOLS: dict[str, tuple[str, ...]] = {
    "phone": ("phone_room",),
    "zoom": ("host", "licence"),
    "teams": ("host", "licence"),
    "capvisio": ("host", "licence"),
    "other": ("host", "licence", "phone_room"),
}
"""Kinds of pools a tool may take its places from."""


@dataclass(frozen=True, slots=True)
class Need:
    """A field: must it be filled, its label and help for this kind."""

    is_required: bool
    label: Promise
    help: Promise | str = ""


_NUMBER = Need(
    False, _("Numéro d’appel"), _("Avec l’indicatif, par exemple +33298001234. Vide\u202f: pas de téléphone.")
)
_PAGE = Need(True, _("Page de réservation"), _("Là où l’agent réserve lui-même, par exemple https://visio.exemple.fr."))

CONNECTED: dict[str, dict[str, Need]] = {
    "phone": {
        "pool": Need(
            True, _("Groupe de salles téléphoniques"), _("Numéros et codes se saisissent dans «\u202fSalles\u202f».")
        )
    },
    "parvis": {},
    "bbb": {
        "base_url": Need(
            True,
            _("Adresse du serveur"),
            _("Celle que donne «\u202fbbb-conf --secret\u202f», par exemple https://bbb.exemple.fr/bigbluebutton/."),
        ),
        "secret": Need(True, _("Secret partagé"), _("Donné lui aussi par «\u202fbbb-conf --secret\u202f».")),
        "checksum": Need(
            True, _("Empreinte"), _("SHA-256 convient sauf si l’administrateur du serveur en a choisi une autre.")
        ),
        "phone_number": _NUMBER,
    },
    "jitsi": {
        "base_url": Need(True, _("Adresse du serveur"), _("Par exemple https://meet.exemple.fr.")),
        "account": Need(
            False,
            _("Identifiant d’application"),
            _("«\u202fapp_id\u202f» de la configuration de Prosody. Vide si le serveur est ouvert à tous."),
        ),
        "secret": Need(
            False,
            _("Secret de l’application"),
            _("«\u202fapp_secret\u202f». Sans lui, qui connaît le nom de la salle peut entrer."),
        ),
        "tenant": Need(False, _("Domaine"), _("Vide\u202f: celui de l’adresse.")),
    },
    "visio": {
        "base_url": Need(True, _("Adresse du service"), _("Par exemple https://visio.numerique.gouv.fr.")),
        "account": Need(True, _("Identifiant d’application (client_id)")),
        "secret": Need(True, _("Secret de l’application (client_secret)")),
        "host_account": Need(
            True,
            _("Adresse électronique de secours"),
            _("Au nom de qui la salle est créée quand l’organisateur n’a pas de compte dans Visio."),
        ),
    },
    "livekit": {
        "base_url": Need(True, _("Adresse du serveur"), _("En https, par exemple https://livekit.exemple.fr.")),
        "account": Need(True, _("Clé (API key)")),
        "secret": Need(True, _("Secret (API secret)")),
        "booking_url": Need(
            True,
            _("Page pour entrer"),
            _("Adresse de LiveKit Meet sur votre serveur, par exemple https://meet.exemple.fr."),
        ),
    },
    "teams": {
        "tenant": Need(True, _("Numéro du locataire (tenant ID)")),
        "account": Need(True, _("Numéro de l’application (client ID)")),
        "secret": Need(True, _("Secret client"), _("La valeur, et non son numéro. Notez sa date de fin.")),
        "host_account": Need(
            True,
            _("Compte organisateur"),
            _("Identifiant d’objet (object ID) du compte visé par la stratégie d’accès."),
        ),
        "pool": Need(False, _("Groupe de comptes organisateurs"), _("Si plusieurs comptes se partagent les réunions.")),
    },
    "zoom": {
        "tenant": Need(True, _("Numéro de compte (Account ID)")),
        "account": Need(True, _("Identifiant client (Client ID)")),
        "secret": Need(True, _("Secret client (Client Secret)")),
        "pool": Need(True, _("Groupe de comptes animateurs"), _("Une licence ne tient qu’une réunion à la fois.")),
        "host_account": Need(
            False,
            _("Compte à vérifier"),
            _("Adresse d’un compte animateur\u202f: la vérification s’assure qu’il existe."),
        ),
    },
}
"""By kind: the fields of a tool that Parvis speaks to."""

BY_HAND: dict[str, Need] = {
    "booking_url": _PAGE,
    "phone_number": _NUMBER,
    "pool": Need(False, _("Comptes à réserver"), _("Si le nombre de réunions simultanées est limité.")),
}
"""The fields of a tool that people book on its own page."""


def fields(kind: str, *, by_hand: bool) -> dict[str, Need]:
    """What is asked for, in order."""
    if not by_hand:
        return CONNECTED.get(kind, {})
    return {name: need for name, need in BY_HAND.items() if name != "pool" or kind in POOLS}


def required(kind: str, *, by_hand: bool) -> list[str]:
    """What must be filled."""
    return [name for name, need in fields(kind, by_hand=by_hand).items() if need.is_required]
