"""What the list of assets is narrowed by: families of kinds, stretches of warranty and age. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from django.utils.translation import gettext_lazy as _

from parvis.portal.kernel.errors import Text

FAMILIES: Mapping[str, tuple[Text, tuple[str, ...]]] = {
    "computers": (_("Ordinateurs"), ("office", "laptop", "admin", "school")),
    "servers": (_("Serveurs et réseau"), ("server", "network")),
    "screens": (_("Écrans et accessoires"), ("screen", "accessory")),
    "telephony": (_("Téléphonie"), ("phone", "desk_phone", "tablet", "sim")),
    "printing": (_("Impression"), ("printer",)),
    "badges": (_("Badges"), ("badge",)),
}
"""Kinds people think of together: key → its name, its kinds. Every kind is in exactly one."""

FAMILY_OF: Mapping[str, str] = {kind: family for family, (_name, kinds) in FAMILIES.items() for kind in kinds}

SOON_DAYS = 183
"""A warranty that ends within these days is seen coming."""

WARRANTIES: Mapping[str, Text] = {
    "over": _("Terminée"),
    "soon": _("Moins de 6 mois"),
    "running": _("Plus de 6 mois"),
    "unknown": _("Non renseignée"),
}

AGES: Mapping[str, Text] = {
    "0": _("Moins d’un an"),
    "1": _("1 à 3 ans"),
    "3": _("3 à 5 ans"),
    "5": _("5 à 7 ans"),
    "7": _("7 ans et plus"),
    "unknown": _("Non renseigné"),
}
"""Stretches of years since the purchase, by where they begin."""

ASSIGNED: Mapping[str, Text] = {"yes": _("Affecté à un agent"), "no": _("À personne")}

_AGE_STARTS = (0, 1, 3, 5, 7)


def warranty_bounds(value: str, today: date) -> tuple[date | None, date | None]:
    """First and last end date of a stretch of `WARRANTIES` (both inside; None: open).

    Raises:
        KeyError: not a stretch (`unknown` is none: it has no date).
    """
    soon = today + timedelta(days=SOON_DAYS)
    return {
        "over": (None, today - timedelta(days=1)),
        "soon": (today, soon),
        "running": (soon + timedelta(days=1), None),
    }[value]


def warranty_of(day: str | None, today: date) -> str:
    """The stretch of an end date written `2026-11-23`."""
    if not day:
        return "unknown"
    if day < today.isoformat():
        return "over"
    return "soon" if day <= (today + timedelta(days=SOON_DAYS)).isoformat() else "running"


def age_bounds(value: str, today: date) -> tuple[date | None, date | None]:
    """First and last purchase date of a stretch of `AGES` (both inside; None: open).

    Raises:
        ValueError: not a stretch.
    """
    start = int(value)
    place = _AGE_STARTS.index(start)
    oldest = None if start == _AGE_STARTS[-1] else years_before(today, _AGE_STARTS[place + 1]) + timedelta(days=1)
    return oldest, None if start == 0 else years_before(today, start)


def age_of(day: str | None, today: date) -> str:
    """The stretch of a purchase date written `2026-11-23`; one in the future is new."""
    if not day:
        return "unknown"
    for start in reversed(_AGE_STARTS[1:]):
        if day <= years_before(today, start).isoformat():
            return str(start)
    return "0"


def years_before(today: date, years: int) -> date:
    """The same day some years ago; 28 February for the 29th."""
    try:
        return today.replace(year=today.year - years)
    except ValueError:
        return today.replace(year=today.year - years, day=28)
