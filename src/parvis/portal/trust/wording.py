"""What is said to a person: levels, effects, refusals, and what would help. French typography throughout."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from parvis.portal.kernel import authz
from parvis.portal.trust import rules
from parvis.portal.trust.evaluation import Trust
from parvis.portal.trust.rules import Level, NetworkKind

Text = str | Promise
NARROW = "\u202f"


@dataclass(frozen=True, slots=True)
class LevelWords:
    """A level as people read it."""

    label: Text
    color: str
    icon: str
    sentence: Text


LEVELS: dict[Level, LevelWords] = {
    Level.UNKNOWN: LevelWords(
        _("Appareil inconnu"), "secondary", "device-mobile-off", _("Nous ne savons rien de l’appareil utilisé.")
    ),
    Level.PRIVATE: LevelWords(
        _("PC personnel"),
        "blue",
        "device-laptop",
        _("Vous utilisez un appareil que la collectivité n’a pas fourni. Il est le bienvenu, avec quelques limites."),
    ),
    Level.SUPPLIED: LevelWords(
        _("Poste fourni"),
        "green",
        "shield-check",
        _("Cet ordinateur a prouvé qu’il est bien celui que la collectivité vous a confié."),
    ),
    Level.INSIDE: LevelWords(
        _("Poste fourni, sur place"),
        "green",
        "building-community",
        _("Cet ordinateur vous a été confié, et vous êtes sur un réseau de la collectivité."),
    ),
}
UP_TO: dict[Level, Text] = {
    Level.INSIDE: _("Tous les appareils"),
    Level.SUPPLIED: _("Tous, sauf un poste fourni sur un réseau de la collectivité"),
    Level.PRIVATE: _("Les PC personnels"),
    Level.UNKNOWN: _("Les programmes seulement (jetons d’accès)"),
}
KINDS: dict[NetworkKind, Text] = {
    NetworkKind.OFFICE: _("Réseau de la collectivité"),
    NetworkKind.VPN: _("VPN de la collectivité"),
    NetworkKind.HOME: _("Domicile"),
    NetworkKind.ELSEWHERE: _("Ailleurs"),
    NetworkKind.FORBIDDEN: _("Interdit"),
}
DAYS: tuple[Text, ...] = (
    _("lundi"), _("mardi"), _("mercredi"), _("jeudi"), _("vendredi"), _("samedi"), _("dimanche"),
)  # fmt: skip
FORBIDDEN_NETWORK = _("Réseau interdit (toujours appliquée)")


@dataclass(frozen=True, slots=True)
class EffectWords:
    """An effect: its name for the agent, and its icon."""

    label: Text
    icon: str


EFFECTS: dict[str, EffectWords] = {
    "screen": EffectWords(_("Ouvrir l’écran de mon ordinateur de bureau"), "device-desktop"),
    "clipboard_to_pc": EffectWords(_("Copier de cet appareil vers mon ordinateur de bureau"), "clipboard"),
    "clipboard_from_pc": EffectWords(_("Copier de mon ordinateur de bureau vers cet appareil"), "clipboard-text"),
    "files": EffectWords(_("Échanger des fichiers avec mon ordinateur de bureau"), "files"),
    "forbidden_headings": EffectWords(_("Applications de la page d’accueil"), "apps"),
    "screen_minutes": EffectWords(_("Durée d’une session à distance"), "clock"),
    "screen_idle_minutes": EffectWords(_("Fermeture de l’écran sans activité"), "hourglass"),
    "passkey_only": EffectWords(_("Deuxième étape de connexion"), "fingerprint"),
    "sign_in_hours": EffectWords(_("Durée de la connexion au portail"), "clock"),
    "sign_in_idle_minutes": EffectWords(_("Déconnexion du portail sans activité"), "hourglass"),
    "fresh_minutes": EffectWords(_("Confirmation d’identité pour les actes sensibles"), "shield-lock"),
}

REMEDIES: dict[str, Text] = {
    "supplied": _("depuis un ordinateur fourni par la collectivité"),
    "office": _("depuis un réseau de la collectivité"),
    "vpn": _("par le VPN de la collectivité"),
    "office+supplied": _("depuis un ordinateur fourni, sur un réseau de la collectivité"),
    "hours": _("à d’autres heures"),
}

REFUSED: dict[str, Text] = {
    "unknown": _("Le certificat de cet ordinateur est valable, mais l’ordinateur n’est pas encore enregistré."),
    "revoked": _("Cet ordinateur a été déclaré perdu, volé ou retiré\u202f: il n’est plus reconnu."),
    "not_yours": _("Cet ordinateur est fourni par la collectivité, mais il n’est pas enregistré pour vous."),
    "certificate has expired": _("Le certificat de cet ordinateur a expiré."),
    "certificate revoked": _("Le certificat de cet ordinateur a été révoqué."),
}
_OTHER_REFUSAL = _("Le certificat de cet ordinateur n’a pas été accepté.")


def refusal(trust: Trust) -> Text:
    """Why a supplied computer was not taken for one; empty if nothing was shown."""
    return REFUSED.get(trust.refused, _OTHER_REFUSAL) if trust.refused else ""


def rule_name(rule: rules.Rule) -> str:
    """Its name; the shipped one has one in each language."""
    return str(FORBIDDEN_NETWORK) if rule is rules.FORBIDDEN_NETWORK else rule.name


def value(name: str, effects: rules.Effects) -> str:
    """What holds, in a few words: `Autorisé`, `2 h`, `Sauf Finances`."""
    got: Any = getattr(effects, name)
    if name == "forbidden_headings":
        return _headings(got)
    if name == "passkey_only":
        return gettext("Clé d’accès obligatoire") if got else gettext("Code ou clé d’accès")
    if isinstance(got, bool):
        return gettext("Autorisé") if got else gettext("Désactivé")
    if got is None:
        return gettext("Durée habituelle")
    return length(got * 60 if name == "sign_in_hours" else got)


def _headings(found: frozenset[str]) -> str:
    if rules.EVERYTHING in found:
        return gettext("Aucune")
    if not found:
        return gettext("Toutes")
    # Kept without accents nor typography, to be compared.
    named = ", ".join(each.replace("'", "’") for each in sorted(found))
    return gettext("Toutes, sauf\u202f: %(headings)s") % {"headings": named}


def length(minutes: int) -> str:
    """`45 minutes`, `2 heures`, `1 h 30`."""
    if minutes < 60:
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    if minutes % 60 == 0:
        return ngettext("%(n)d heure", "%(n)d heures", minutes // 60) % {"n": minutes // 60}
    return gettext("%(hours)d h %(minutes)02d") % {"hours": minutes // 60, "minutes": minutes % 60}


def is_whole(name: str, effects: rules.Effects) -> bool:
    """Is nothing taken away of this effect?"""
    return bool(getattr(effects, name) == getattr(rules.NOTHING_TAKEN, name))


def why(trust: Trust, name: str) -> list[str]:
    """The names of the rules that decided."""
    return [rule_name(rule) for rule in trust.outcome.because.get(name, ())]


def remedies(trust: Trust, name: str) -> list[str]:
    """What would give it back, in words."""
    found = rules.what_would_help(trust.known.rules.rules, trust.known.person, trust.situation, name)
    return [str(REMEDIES[word]) for word in found]


def joined(words: Iterable[str]) -> str:
    """`a, b ou c`."""
    found = list(words)
    if len(found) < 2:
        return "".join(found)
    return gettext("%(first)s ou %(last)s") % {"first": ", ".join(found[:-1]), "last": found[-1]}


def no_screen(trust: Trust) -> authz.Decision:
    """The refusal of an office PC's screen: why, and what to do."""
    if trust.kind is NetworkKind.FORBIDDEN:
        reason = gettext("Votre ordinateur de bureau ne s’ouvre pas depuis ce réseau.")
    elif "hours" in rules.what_would_help(trust.known.rules.rules, trust.known.person, trust.situation, "screen"):
        reason = gettext("Votre ordinateur de bureau ne s’ouvre pas à distance à cette heure.")
    elif trust.level <= Level.PRIVATE:
        reason = gettext("Votre ordinateur de bureau ne s’ouvre pas depuis cet appareil.")
    else:
        reason = gettext("Votre ordinateur de bureau ne s’ouvre pas d’où vous êtes.")
    ways = remedies(trust, "screen")
    advice = gettext("Vous pourrez l’ouvrir %(ways)s.") % {"ways": joined(ways)} if ways else ""
    return authz.no("trust_refused", reason, advice or gettext("Adressez-vous à l’assistance informatique."))


def conditions(rule: rules.Rule, entity: str = "", networks: Iterable[str] = ()) -> list[str]:
    """For whom, from where and when, one phrase each."""
    from parvis.portal.directory.models import Role

    said = [str(UP_TO[rule.up_to])]
    if rule.roles:
        labels = [
            gettext("agents sans rôle") if each == rules.NO_ROLE else str(Role(each).label) for each in rule.roles
        ]
        said.append(joined(sorted(labels)))
    if entity:
        said.append(entity)
    places = [*(str(KINDS[kind]) for kind in sorted(rule.kinds)), *networks]
    if places:
        said.append(joined(places))
    if rule.days:
        said.append(", ".join(str(DAYS[day]) for day in sorted(rule.days)))
    if rule.starts and rule.ends:
        said.append(gettext("de %(from)s à %(to)s") % {"from": f"{rule.starts:%H:%M}", "to": f"{rule.ends:%H:%M}"})
    return said


def taken(effects: rules.Effects) -> list[str]:
    """What a rule takes away, one phrase each."""
    return [
        f"{EFFECTS[name].label}{NARROW}: {value(name, effects)[:1].lower()}{value(name, effects)[1:]}"
        for name in EFFECTS
        if not is_whole(name, effects)
    ]
