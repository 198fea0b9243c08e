"""What is said to a person: for each refusal and each end, one sentence and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from parvis.portal.kernel import authz
from parvis.portal.remote_desktop import rules
from parvis.portal.ui import formats

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Words:
    """A short label for lists, a sentence for the agent, and what to do next."""

    label: Text
    sentence: Text
    advice: Text = ""


_CALL = _("Si vous en avez besoin, appelez l’assistance informatique.")
_AGAIN = _("Vous pouvez rouvrir votre ordinateur depuis la page «\u202fMon bureau\u202f».")
_ASK = _("Demandez-le à votre responsable ou à l’assistance informatique.")

END_WORDS: dict[str, Words] = {
    "closed_by_user": Words(_("Fermée par l’agent"), _("Vous avez fermé l’écran de votre ordinateur."), _AGAIN),
    "gateway_restarting": Words(
        _("Redémarrage de la passerelle"),
        _("Le service redémarre."),
        _("Votre écran revient tout seul dans quelques instants."),
    ),
    "ticket_refused": Words(
        _("Autorisation refusée"),
        _("L’autorisation d’ouvrir l’écran n’est plus valable."),
        _("Revenez à la page «\u202fMon bureau\u202f» et ouvrez votre ordinateur à nouveau."),
    ),
    "target_forbidden": Words(
        _("Adresse interdite"),
        _("L’adresse de cet ordinateur n’est pas autorisée."),
        _("Prévenez l’assistance informatique."),
    ),
    "target_unreachable": Words(
        _("Ordinateur injoignable"),
        _("Votre ordinateur ne répond pas."),
        _("Il est peut-être éteint\u202f: revenez à «\u202fMon bureau\u202f» pour le réveiller."),
    ),
    "certificate_changed": Words(
        _("Certificat changé"),
        _("Par sécurité, l’écran n’a pas été ouvert\u202f: votre ordinateur ne présente plus la même identité."),
        _("Cela arrive après une réinstallation. L’assistance informatique doit le vérifier\u202f: appelez-la."),
    ),
    "idle": Words(_("Inactivité"), _("L’écran a été fermé parce que vous ne l’utilisiez plus."), _AGAIN),
    "time_limit": Words(_("Durée maximale"), _("La durée maximale d’une session est atteinte."), _AGAIN),
    "ended_by_staff": Words(
        _("Fermée par l’équipe informatique"), _("L’équipe informatique a mis fin à cette session."), _CALL
    ),
    "access_revoked": Words(_("Droit terminé"), _("Votre droit d’accès à cet ordinateur a pris fin."), _ASK),
    "protocol_error": Words(
        _("Erreur technique"),
        _("La liaison avec votre ordinateur a été coupée par une erreur technique."),
        _("Réessayez. Si cela recommence, prévenez l’assistance informatique."),
    ),
    "too_many_sessions": Words(
        _("Trop de sessions"),
        _("Vous avez déjà trop d’écrans ouverts."),
        _("Fermez un autre écran, puis réessayez."),
    ),
    "portal_unreachable": Words(
        _("Portail injoignable"), _("Le portail ne répond pas."), _("Votre écran revient tout seul dès que possible.")
    ),
    "target_closed": Words(
        _("Fermée par l’ordinateur"),
        _("Votre ordinateur a fermé la session."),
        _("Si vous n’avez pas fermé votre session Windows, l’écran revient tout seul."),
    ),
    "browser_lost": Words(
        _("Coupure du réseau"), _("La liaison avec votre navigateur a été coupée."), _("Votre écran revient tout seul.")
    ),
    "gateway_lost": Words(_("Passerelle arrêtée"), _("La liaison a été coupée."), _("Votre écran revient tout seul.")),
    "superseded": Words(_("Reprise"), _("L’écran a été repris après une coupure.")),
    "replaced": Words(
        _("Ouvert ailleurs"),
        _("Vous avez ouvert cet écran dans une autre fenêtre."),
        _("Continuez dans l’autre fenêtre, ou rouvrez votre ordinateur ici."),
    ),
    "signed_out": Words(
        _("Déconnexion du portail"),
        _("Vous vous êtes déconnecté du portail\u202f: l’écran s’est fermé."),
        _("Connectez-vous à nouveau pour rouvrir votre ordinateur."),
    ),
    "account_disabled": Words(
        _("Compte désactivé"), _("Votre compte n’est plus actif."), _("Adressez-vous à l’assistance informatique.")
    ),
    "trust_refused": Words(
        _("Appareil, lieu ou heure"),
        _("L’écran ne s’ouvre pas d’ici, depuis cet appareil ou à cette heure."),
        _("La page «\u202fNiveau de confiance\u202f» dit pourquoi, et d’où l’ouvrir."),
    ),
    "policy_changed": Words(
        _("Règles d’accès changées"),
        _("Les règles d’accès ont changé, ou votre appareil n’est plus reconnu\u202f: l’écran s’est fermé."),
        _("Rouvrez votre ordinateur depuis «\u202fMon bureau\u202f»\u202f: il s’ouvrira avec les nouvelles règles."),
    ),
    "unknown_connection": Words(_("Connexion inconnue"), _("Cette liaison n’est pas connue du portail."), _AGAIN),
    "lost": Words(_("Coupée sans reprise"), _("La liaison a été coupée et n’a pas repris à temps."), _AGAIN),
    "not_opened": Words(_("Jamais ouverte"), _("L’écran n’a pas été ouvert à temps."), _AGAIN),
}

REFUSAL_WORDS: dict[str, Words] = {
    "no_right": Words(_("Aucun droit"), _("Vous n’avez pas encore le droit d’ouvrir cet ordinateur à distance."), _ASK),
    "right_not_started": Words(
        _("Droit pas commencé"),
        _("Votre droit d’accès à distance commence le %(day)s."),
        _("Revenez ce jour-là. S’il vous faut votre ordinateur avant, demandez-le à l’assistance informatique."),
    ),
    "right_expired": Words(
        _("Droit expiré"),
        _("Votre droit d’accès à distance s’est terminé le %(day)s."),
        _("S’il vous est encore utile, demandez à l’assistance informatique de le prolonger."),
    ),
    "right_revoked": Words(_("Droit retiré"), _("Votre droit d’accès à distance a été retiré."), _ASK),
    "not_assigned": Words(
        _("Ordinateur non affecté"),
        _("Cet ordinateur ne vous est plus affecté."),
        _("Si c’est une erreur, prévenez l’assistance informatique."),
    ),
    "display_missing": Words(
        _("Écran non configuré"),
        _("Cet ordinateur n’est pas encore préparé pour le travail à distance."),
        _("Demandez à l’assistance informatique de le préparer."),
    ),
    "display_disabled": Words(
        _("Accès désactivé"),
        _("L’accès à distance à cet ordinateur est désactivé."),
        _("Adressez-vous à l’assistance informatique."),
    ),
    "kind_forbidden": Words(
        _("Type de machine interdit"),
        _("Les serveurs et les postes d’administration ne s’ouvrent pas à distance."),
        _("Adressez-vous à l’assistance informatique."),
    ),
    "no_address": Words(
        _("Adresse manquante"),
        _("L’équipe informatique n’a pas encore indiqué l’adresse de cet ordinateur."),
        _("Prévenez l’assistance informatique\u202f: il lui suffit de la compléter."),
    ),
    "account_disabled": END_WORDS["account_disabled"],
    "trust_refused": END_WORDS["trust_refused"],
    "too_many_sessions": END_WORDS["too_many_sessions"],
    "session_ended": Words(_("Session terminée"), _("Cette session est terminée."), _AGAIN),
    "not_found": Words(_("Ordinateur d’autrui"), _("Cet ordinateur n’est pas le vôtre.")),
    "ticket_used": Words(
        _("Autorisation déjà utilisée"), _("Cette autorisation a déjà servi."), END_WORDS["ticket_refused"].advice
    ),
    "signed_out": END_WORDS["signed_out"],
    "origin_refused": Words(
        _("Origine refusée"), _("La demande venait d’un autre site."), _("Prévenez l’assistance informatique.")
    ),
}

GRANT_WORDS: dict[str, Text] = {
    "own_right": _("Vous ne pouvez pas vous donner un droit à vous-même\u202f: demandez à un collègue."),
    "dates_reversed": _("La date de fin est avant la date de début."),
    "dates_past": _("La date de fin est déjà passée."),
    "end_required": _("Cet ordinateur n’est pas affecté à l’agent\u202f: indiquez une date de fin."),
    "kind_forbidden": REFUSAL_WORDS["kind_forbidden"].sentence,
    "right_exists": _("Ce droit existe déjà\u202f: l’agent en a un sur cet ordinateur à partir de ce jour."),
}


SIGN_IN_WORDS: dict[str, Text] = {
    "password_wrong": _("Windows a refusé le mot de passe"),
    "password_expired": _("Mot de passe Windows expiré"),
    "account_locked": _("Compte Windows verrouillé"),
    "account_disabled": _("Compte Windows désactivé"),
    "not_remote_user": _("Compte non autorisé à ouvrir une session à distance"),
    "no_domain": _("L’ordinateur ne joint pas son serveur de domaine"),
    "other": _("Windows a refusé l’ouverture de session"),
}
"""What the agent's browser said of a refused sign-in, for the IT team."""


def end_words(code: str) -> Words:
    """The words for an end; those of a technical error for a code no table knows."""
    return END_WORDS.get(code) or END_WORDS["protocol_error"]


def how_it_ended(reason: str, sign_in_refusal: str) -> str:
    """The label of a connection's end, with what the browser said of a refused sign-in."""
    labels = [end_words(reason).label if reason else "", SIGN_IN_WORDS.get(sign_in_refusal, "")]
    return " · ".join(str(label) for label in labels if label)


def refusal_words(code: str) -> Words:
    """The words for a refusal by the portal or by a gateway."""
    return REFUSAL_WORDS.get(code) or end_words(code)


def decision(refused: rules.No | None) -> authz.Decision:
    """The rules' answer as a decision with its sentences, in the person's language."""
    if refused is None:
        return authz.YES
    words = refusal_words(refused.code)
    return authz.no(refused.code, with_day(words.sentence, refused.day), words.advice)


def with_day(sentence: Text, day: date | None) -> str:
    """Put the day into a sentence that has a place for one."""
    if day is None:
        return str(sentence)
    values: dict[str, Any] = {"day": formats.day(day)}
    return str(sentence) % values


def length(seconds: float) -> str:
    """How long something lasted: `2 h 05`, `12 min`, `40 s`."""
    whole = max(int(seconds), 0)
    if whole < 60:
        return gettext("%(count)d s") % {"count": whole}
    if whole < 3600:
        return gettext("%(count)d min") % {"count": whole // 60}
    return gettext("%(hours)d h %(minutes)02d") % {"hours": whole // 3600, "minutes": whole % 3600 // 60}
