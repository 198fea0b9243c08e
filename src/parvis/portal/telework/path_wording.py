"""The words of the enrolment path: its stages, what a line is good for, what stopped somebody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.telework import diagnosis, diagnosis_words
from parvis.portal.telework.path_rules import Stumble
from parvis.portal.telework.rules import Quality, Stage
from parvis.portal.ui.formats import NARROW

Text = str | Promise


@dataclass(frozen=True, slots=True)
class StageWords:
    """One stage: what it is called, what it is, how long, what opens it, its icon."""

    title: Text
    lead: Text
    minutes: int
    button: Text
    icon: str


STAGES: Mapping[Stage, StageWords] = {
    Stage.FACTOR: StageWords(
        gettext_lazy("Protéger votre compte"),
        gettext_lazy("Votre téléphone prouve que c’est bien vous."),
        3,
        gettext_lazy("Protéger mon compte"),
        "shield-check",
    ),
    Stage.CONNECTION: StageWords(
        gettext_lazy("Vérifier votre connexion"),
        gettext_lazy("Depuis chez vous, avec l’appareil que vous utiliserez."),
        1,
        gettext_lazy("Vérifier ma connexion"),
        "wifi",
    ),
    Stage.COMPUTER: StageWords(
        gettext_lazy("Ouvrir votre ordinateur de bureau"),
        gettext_lazy("Vous voyez son écran, dans votre navigateur."),
        3,
        gettext_lazy("Essayer mon ordinateur"),
        "device-desktop",
    ),
    Stage.GUIDE: StageWords(
        gettext_lazy("Lire les premiers pas"),
        gettext_lazy("Une journée de télétravail, du matin au soir."),
        2,
        gettext_lazy("Lire les premiers pas"),
        "book",
    ),
}

FINISHED: Text = gettext_lazy("Parcours terminé")


@dataclass(frozen=True, slots=True)
class Said:
    """What an agent reads: a sentence, then what to do."""

    title: Text
    advice: tuple[Text, ...] = ()
    colour: str = "yellow"


QUALITIES: Mapping[Quality, Said] = {
    Quality.GOOD: Said(gettext_lazy("Votre connexion convient très bien."), (), "green"),
    Quality.FAIR: Said(
        gettext_lazy("Votre connexion convient."),
        (
            gettext_lazy("L’image peut être un peu lente quand d’autres personnes utilisent internet chez vous."),
            gettext_lazy("Plus près de la box, ou avec un câble, ce sera plus rapide."),
        ),
        "green",
    ),
}

STUMBLES: Mapping[Stumble, Said] = {
    Stumble.LINE_POOR: Said(
        gettext_lazy("Votre connexion est lente."),
        (
            gettext_lazy("Rapprochez-vous de la box, ou branchez l’ordinateur avec un câble."),
            gettext_lazy("Arrêtez les vidéos et les téléchargements en cours chez vous."),
            gettext_lazy("Essayez le partage de connexion de votre téléphone."),
            gettext_lazy("Puis recommencez la mesure. Vous pouvez aussi continuer\u202f: ce sera plus lent."),
        ),
    ),
    Stumble.AT_OFFICE: Said(
        gettext_lazy("Vous êtes au bureau\u202f: cette mesure ne dit rien de votre connexion à la maison."),
        (
            gettext_lazy("Ce soir, chez vous, rouvrez cette page et recommencez\u202f: vous reprendrez ici."),
            gettext_lazy("Vous pouvez aussi continuer sans attendre."),
        ),
    ),
    Stumble.NO_WEBSOCKET: Said(
        gettext_lazy("Quelque chose bloque l’écran à distance sur votre connexion."),
        (
            gettext_lazy("Si un VPN ou un contrôle parental est actif, arrêtez-le, puis recommencez."),
            gettext_lazy("Essayez un autre navigateur\u202f: Firefox, Edge, Chrome ou Safari."),
            gettext_lazy("Essayez le partage de connexion de votre téléphone."),
        ),
        "red",
    ),
    Stumble.OLD_BROWSER: Said(
        gettext_lazy("Votre navigateur est trop ancien."),
        (
            gettext_lazy("Mettez-le à jour, ou installez Firefox\u202f: il est gratuit."),
            gettext_lazy("Ou prenez un autre appareil\u202f: vous reprendrez ici."),
        ),
        "red",
    ),
}

_LABELS: Mapping[Stumble, Text] = {
    Stumble.LINE_POOR: gettext_lazy("Connexion lente"),
    Stumble.AT_OFFICE: gettext_lazy("Mesure faite au bureau"),
    Stumble.NO_WEBSOCKET: gettext_lazy("Écran bloqué par la connexion"),
    Stumble.OLD_BROWSER: gettext_lazy("Navigateur trop ancien"),
}

LINES: Mapping[str, Text] = {
    Quality.GOOD: gettext_lazy("Bonne"),
    Quality.FAIR: gettext_lazy("Convenable"),
    Quality.POOR: gettext_lazy("Lente"),
    Quality.UNFIT: gettext_lazy("Ne convient pas"),
}


_STUMBLES = {str(each): each for each in Stumble}
_CAUSES = {str(each): each for each in diagnosis.Cause}


def label_of(code: str) -> str:
    """What stopped somebody, for lists and counts."""
    if code in _STUMBLES:
        return str(_LABELS[_STUMBLES[code]])
    if code in _CAUSES:
        return str(diagnosis_words.WORDS[_CAUSES[code]].label)
    return code


def stopped_by(code: str) -> str:
    """The same as a sentence for the agent; empty if there is none."""
    if code in _STUMBLES:
        return str(STUMBLES[_STUMBLES[code]].title)
    if code in _CAUSES:
        return str(diagnosis_words.WORDS[_CAUSES[code]].title)
    return ""


def speed(kbps: int | None) -> str:
    """`12,4 Mbit/s`."""
    if kbps is None:
        return "—"
    value = number_format(kbps / 1000, decimal_pos=0 if kbps >= 10_000 else 1)
    return f"{value}{NARROW}Mbit/s"


def delay(milliseconds: int | None) -> str:
    """`35 ms`."""
    return "—" if milliseconds is None else f"{milliseconds}{NARROW}ms"


def duration(seconds: int | None) -> str:
    """`40 s`, `3 min`, `2 h 05`: for a table; a dash for nothing."""
    if seconds is None:
        return "—"
    if seconds < 60:
        return f"{seconds}{NARROW}s"
    if seconds < 3600:
        return f"{round(seconds / 60)}{NARROW}min"
    if seconds < 86400:
        return f"{seconds // 3600}{NARROW}h{NARROW}{seconds % 3600 // 60:02d}"
    return _("%(n)s j") % {"n": seconds // 86400}
