"""Points in words, and two machines side by side: for the person who settles a report."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from parvis.portal.inventory.models import Identity
from parvis.portal.inventory.rules import Key
from parvis.portal.kernel.errors import Text

FOR: Mapping[str, Text] = {
    "serial": _("Même numéro de série"),
    "uuid": _("Même UUID"),
    "board": _("Même carte mère"),
    "mac": _("Une carte réseau en commun"),
    "second_card": _("Une deuxième carte réseau en commun"),
    "device": _("Même identifiant de sonde"),
    "name": _("Même nom"),
    "first_report": _("Premier relevé d’un ordinateur dont seul le nom était connu"),
    "confirmed": _("Quelqu’un l’a déjà confirmé"),
}
AGAINST: Mapping[str, Text] = {
    "serial": _("Numéro de série différent"),
    "uuid": _("UUID différent (une carte mère changée l’explique)"),
    "mac": _("Aucune carte réseau en commun"),
}
SHARED: Mapping[str, Text] = {
    "uuid": _("Même UUID, mais plusieurs matériels l’ont\u202f: ne compte pas"),
    "board": _("Même carte mère, mais plusieurs matériels l’ont\u202f: ne compte pas"),
    "mac": _("Même carte réseau, mais plusieurs matériels l’ont (station d’accueil)\u202f: ne compte pas"),
    "device": _("Même identifiant de sonde, mais plusieurs matériels l’ont (image disque)\u202f: ne compte pas"),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One line of a score."""

    points: int
    words: Text

    @property
    def shown(self) -> str:
        """With its sign, as it is written."""
        return f"+{self.points}" if self.points > 0 else str(self.points).replace("-", "−")


def reasons(why: Mapping[str, int]) -> list[Reason]:
    """The lines of a score, what weighs most first."""
    return [Reason(points, _words(key, points)) for key, points in sorted(why.items(), key=lambda each: -abs(each[1]))]


def _words(key: str, points: int) -> Text:
    if key.endswith("_shared"):
        return SHARED[key.removesuffix("_shared")]
    return (FOR if points >= 0 else AGAINST)[key]


@dataclass(frozen=True, slots=True)
class Compared:
    """One kind of identity on both sides."""

    label: Text
    reported: list[str]
    known: list[str]
    verdict: str
    """`same`, `different`, or empty: one side says nothing."""


def side_by_side(reported: Collection[Key], known: Collection[Key]) -> list[Compared]:
    """Every kind of identity, in the order of what they prove."""
    lines = []
    for kind in Identity.Kind:
        ours = sorted(value for each, value in reported if each == kind)
        theirs = sorted(value for each, value in known if each == kind)
        if ours or theirs:
            same = bool(set(ours) & set(theirs))
            verdict = "" if not (ours and theirs) else "same" if same else "different"
            lines.append(Compared(kind.label, ours, theirs, verdict))
    return lines
