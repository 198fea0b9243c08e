"""What this room says: resources in the units people count in, weeks, reasons, what binds and what lacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from parvis.portal.rollout.models import Campaign, Scenario
from parvis.portal.rollout.planning.problem import Resource
from parvis.portal.rollout.rules import LeftOut
from parvis.portal.ui import formats

Text = str | Promise

SCALE: Mapping[Resource, float] = {Resource.SUPPORT: 60.0, Resource.BANDWIDTH: 1000.0}
"""The planner's units in one that people count in: minutes in an hour, kilobits in a megabit."""

LABELS: Mapping[Resource, Text] = {
    Resource.LAPTOPS: gettext_lazy("Portables à prêter"),
    Resource.PHONES: gettext_lazy("Téléphones à prêter"),
    Resource.LICENCES: gettext_lazy("Licences"),
    Resource.SUPPORT: gettext_lazy("Heures d’assistance"),
    Resource.PLACES: gettext_lazy("Personnes dans la vague"),
    Resource.SESSIONS: gettext_lazy("Écrans ouverts en même temps"),
    Resource.BANDWIDTH: gettext_lazy("Débit internet (Mbit/s)"),
}

HELP: Mapping[Resource, Text] = {
    Resource.LAPTOPS: gettext_lazy("Ceux qui arrivent\u202f; la première semaine, avec ceux déjà en stock."),
    Resource.PHONES: gettext_lazy("Ceux qui arrivent\u202f; la première semaine, avec ceux déjà en stock."),
    Resource.LICENCES: gettext_lazy("Celles qui s’ajoutent\u202f; la première semaine, avec celles déjà libres."),
    Resource.SUPPORT: gettext_lazy("Le temps de votre équipe pour aider cette semaine-là."),
    Resource.PLACES: gettext_lazy("Au plus, quoi qu’il arrive."),
    Resource.SESSIONS: gettext_lazy("Ce qui reste aux passerelles, pour tous ceux que la campagne a équipés."),
    Resource.BANDWIDTH: gettext_lazy("Ce qui reste à votre ligne, pour tous ceux que la campagne a équipés."),
}

ARRIVES = gettext_lazy("Vide\u202f: rien n’arrive cette semaine-là.")
UNLIMITED = gettext_lazy("Vide\u202f: pas de limite.")

REASONS: Mapping[str, Text] = {
    LeftOut.ALREADY: gettext_lazy("Télétravaille déjà"),
    LeftOut.ELSEWHERE: gettext_lazy("Déjà dans une autre campagne"),
    LeftOut.MOVED_AWAY: gettext_lazy("Ne dépend plus de cette entité"),
    LeftOut.REFUSED: gettext_lazy("Sa demande de télétravail a été refusée"),
    LeftOut.NO_ACCOUNT: gettext_lazy("N’a pas encore de compte"),
    LeftOut.JOB: gettext_lazy("Son métier ne permet pas le télétravail"),
    LeftOut.JOB_LEVEL_1: gettext_lazy("Son métier ne permet que le niveau 1"),
    LeftOut.NO_COMPUTER: gettext_lazy("Aucun ordinateur de bureau ne lui est affecté"),
}


def left_out(reason: str) -> str:
    """Why a member is left out, in words."""
    return str(REASONS.get(reason, reason))


def quantity(resource: Resource | str | None, units: float) -> float:
    """In the units people count in. A site's line (None) counts as bandwidth."""
    of = Resource(resource) if resource is not None else Resource.BANDWIDTH
    return units / SCALE.get(of, 1.0)


def number(value: float) -> str:
    """`12`, `3,5`: one decimal if it says something."""
    rounded = round(value, 1)
    text = f"{rounded:,.0f}" if rounded == int(rounded) else f"{rounded:,.1f}"
    return text.replace(",", formats.NARROW).replace(".", ",") if _french() else text


def _french() -> bool:
    return (get_language() or "").startswith("fr")


def amount(resource: str | None, units: float) -> str:
    """`12 portables`, `3,5 heures d’assistance`."""
    value = quantity(resource, units)
    count = 1 if value <= 1 else 2
    words: dict[str | None, Callable[[], str]] = {
        "laptops": lambda: ngettext("%(n)s portable", "%(n)s portables", count),
        "phones": lambda: ngettext("%(n)s téléphone", "%(n)s téléphones", count),
        "licences": lambda: ngettext("%(n)s licence", "%(n)s licences", count),
        "support": lambda: ngettext("%(n)s heure d’assistance", "%(n)s heures d’assistance", count),
        "places": lambda: ngettext("%(n)s personne", "%(n)s personnes", count),
        "sessions": lambda: ngettext("%(n)s écran ouvert en même temps", "%(n)s écrans ouverts en même temps", count),
    }
    return words.get(resource, lambda: _("%(n)s Mbit/s"))() % {"n": number(value)}


def monday(campaign: Campaign, week: int) -> date:
    """Of a week, by its number."""
    return campaign.starts_date + timedelta(weeks=week)


def week_name(campaign: Campaign, week: int) -> str:
    """`semaine du lundi 23 novembre 2026`."""
    return _("semaine du %(day)s") % {"day": formats.day(monday(campaign, week))}


def where(campaign: Campaign, finding: Mapping[str, Any], sites: Mapping[int, str]) -> str:
    """Of what week, or of what site's line."""
    if finding["week"] is not None:
        return week_name(campaign, finding["week"])
    name = sites.get(finding["site"], "")
    return _("ligne du site «\u202f%(site)s\u202f»") % {"site": name} if name else _("ligne d’un site")


def lack(campaign: Campaign, finding: Mapping[str, Any], sites: Mapping[int, str]) -> str:
    """`12 portables de plus, semaine du lundi 7 décembre 2026`. Half a laptop lacking is one."""
    units = finding["units"]
    if finding["resource"] in ("laptops", "phones", "licences", "places", "sessions"):
        units = -(-units // 1)
    return _("%(amount)s de plus, %(where)s") % {
        "amount": amount(finding["resource"], units),
        "where": where(campaign, finding, sites),
    }


def bought(finding: Mapping[str, Any]) -> str:
    """What one more brings: people, else time."""
    people, weeks = finding["people"], finding["weeks"]
    if people >= 0.05:
        said = ngettext("%(n)s personne équipée de plus", "%(n)s personnes équipées de plus", 1 if people < 2 else 2)
        return said % {"n": number(people)}
    said = ngettext(
        "%(n)s semaine de télétravail gagnée", "%(n)s semaines de télétravail gagnées", 1 if weeks < 2 else 2
    )
    return said % {"n": number(weeks)}


def change(campaign: Campaign, resource: str, week: str, units: float) -> str:
    """A change of a scenario, as a sentence: `10 portables de plus, chaque semaine`."""
    words = _("%(amount)s de plus, %(when)s") if units > 0 else _("%(amount)s de moins, %(when)s")
    when = week_name(campaign, int(week)) if week.isdecimal() else _("chaque semaine")
    return words % {"amount": amount(resource, abs(units)), "when": when}


def changes(scenario: Scenario) -> list[str]:
    """All that differs from the campaign's own figures."""
    return [
        change(scenario.campaign, resource, week, units)
        for resource, by_week in scenario.changes.items()
        for week, units in by_week.items()
    ]


STATES: Mapping[str, tuple[str, str]] = {
    "waiting": ("secondary", "hourglass"),
    "solving": ("blue", "loader-2"),
    "solved": ("green", "circle-check"),
    "no_fit": ("red", "alert-triangle"),
    "stopped": ("orange", "player-stop"),
    "failed": ("red", "x"),
}
"""Colour and icon of a scenario's state."""

CAMPAIGN_STATES: Mapping[str, tuple[str, str]] = {
    "draft": ("secondary", "edit"),
    "running": ("green", "player-play"),
    "paused": ("orange", "player-stop"),
    "closed": ("secondary", "archive"),
}


def distance(gap: float | None) -> str:
    """How far a plan may be from the best possible one, as a share: `0,02 %`."""
    if gap is None:
        return ""
    if gap < 0.00005:
        return _("c’est le meilleur possible")
    percent = f"{100 * gap:.2f}".replace(".", "," if _french() else ".")
    return _("à %(percent)s\u202f%% du meilleur possible, au plus") % {"percent": percent}
