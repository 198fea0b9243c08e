"""Two-minute guides: for each tool, a few short steps before, in, and when something does not work.

Written once here, for somebody who has never done it; the same words for everybody, so no row of the database is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Part:
    """One moment: its steps, in order."""

    icon: str
    title: Promise | str
    steps: Sequence[Promise]


@dataclass(frozen=True, slots=True)
class Guide:
    """All of a tool."""

    icon: str
    title: Promise | str
    lead: Promise
    parts: Sequence[Part]


def _before(*steps: Promise) -> Part:
    return Part("calendar-event", _("Avant la réunion"), steps)


def _browser(*steps: Promise) -> Part:
    return Part("device-desktop", _("Entrer avec un ordinateur"), steps)


def _by_phone(*steps: Promise) -> Part:
    return Part("phone", _("Entrer par téléphone"), steps)


def _during(*steps: Promise) -> Part:
    return Part("speakerphone", _("Pendant la réunion"), steps)


def _trouble(*steps: Promise) -> Part:
    return Part("lifebuoy", _("Si cela ne marche pas"), steps)


_TEST = _(
    "La veille, ouvrez l’essai du matériel dans Parvis\u202f: il vérifie le son, le micro et le réseau en une minute."
)
_CLICK = _("À l’heure dite, ouvrez l’invitation et cliquez sur «\u202fRejoindre\u202f».")
_ALLOW = _("Le navigateur demande à utiliser le micro\u202f: répondez «\u202fAutoriser\u202f».")
_NO_CAMERA = _("Sans caméra, tout fonctionne\u202f: on vous entend, on ne vous voit pas.")
_HEADSET = _("Mettez un casque, ou des écouteurs de téléphone\u202f: les autres ne s’entendront pas en écho.")
_MUTE = _("Coupez votre micro quand vous ne parlez pas\u202f: un seul micro ouvert s’entend bien.")
_DIAL = _("Composez le numéro de l’invitation, puis le code et la touche dièse (#).")
_TOUCH = _("Depuis un mobile, un appui sur le numéro de l’invitation compose tout.")
_NAME = _("Dites votre nom en entrant\u202f: les autres ne voient qu’un numéro.")
_NOTHING_HEARD = _(
    "On ne vous entend pas\u202f: vérifiez que le micro n’est pas barré, puis que le bon micro est choisi."
)
_LEAVE = _("Rien n’y fait\u202f: quittez, fermez l’onglet et rejoignez à nouveau.")
_CALL_INSTEAD = _("Toujours rien\u202f: prenez le téléphone, le numéro et le code sont dans l’invitation.")
_SUPPORT = _("Appelez l’assistance informatique\u202f: elle voit l’état de l’outil.")
_INSTALLED = _(
    "Il est inutile d’installer quoi que ce soit\u202f: choisissez «\u202fContinuer sur ce navigateur\u202f»."
)
_WAITING_ROOM = _("Un message vous demande de patienter\u202f: l’organisateur vous fait entrer.")
_SHARE = _("Pour montrer un document, cliquez sur le bouton de partage et choisissez la fenêtre.")

GUIDES: dict[str, Guide] = {
    "phone": Guide(
        "phone",
        _("La salle téléphonique"),
        _("Un numéro, un code\u202f: on se parle, de n’importe quel téléphone."),
        (
            _before(
                _("Réservez dans Parvis\u202f: le numéro et le code arrivent dans l’invitation."),
                _("Donnez le numéro et le code aux seules personnes invitées\u202f: qui les a peut entrer."),
            ),
            _by_phone(_DIAL, _TOUCH, _NAME),
            _during(
                _("Coupez votre micro avec la touche «\u202fmuet\u202f» du téléphone quand vous ne parlez pas."),
                _("Évitez le haut-parleur dans un bureau partagé."),
                _("Raccrochez à la fin\u202f: la salle sert à un autre groupe quelques minutes plus tard."),
            ),
            _trouble(
                _("«\u202fCode inconnu\u202f»\u202f: vérifiez le code du jour, il change d’une réunion à l’autre."),
                _("Vous êtes seul\u202f: vérifiez l’heure et la date de l’invitation."),
                _("D’autres personnes sont déjà là\u202f: laissez-leur finir, et prévenez l’assistance informatique."),
            ),
        ),
    ),
    "parvis": Guide(
        "headset",
        _("La salle Parvis"),
        _("Dans le navigateur ou par téléphone, sans rien installer\u202f; sur les serveurs de la collectivité."),
        (
            _before(_TEST, _HEADSET),
            _browser(_CLICK, _ALLOW, _WAITING_ROOM, _NO_CAMERA),
            _by_phone(_DIAL, _TOUCH),
            _during(
                _MUTE,
                _("Pour parler, levez la main\u202f: l’animateur vous donne la parole."),
                _("Écrivez dans la discussion\u202f: elle disparaît à la fin de la réunion."),
            ),
            _trouble(_NOTHING_HEARD, _LEAVE, _CALL_INSTEAD, _SUPPORT),
        ),
    ),
    "bbb": Guide(
        "school",
        "BigBlueButton",
        _("Un logiciel libre fait pour les formations\u202f: tableau blanc, notes partagées, groupes."),
        (
            _before(_TEST, _HEADSET),
            _browser(
                _CLICK,
                _("Choisissez «\u202fMicrophone\u202f» pour parler, «\u202fÉcoute seule\u202f» pour écouter."),
                _ALLOW,
                _("Un essai répète votre voix\u202f: si vous l’entendez, répondez oui."),
            ),
            _by_phone(_DIAL),
            _during(_MUTE, _("La main levée se trouve sous votre nom, en bas de l’écran."), _SHARE),
            _trouble(_NOTHING_HEARD, _LEAVE, _CALL_INSTEAD, _SUPPORT),
        ),
    ),
    "jitsi": Guide(
        "video",
        "Jitsi",
        _("Un logiciel libre, simple, pour quelques personnes."),
        (
            _before(_TEST, _HEADSET),
            _browser(_CLICK, _ALLOW, _("Vérifiez votre nom, puis cliquez sur «\u202fRejoindre la réunion\u202f».")),
            _during(_MUTE, _("Si l’image saccade, coupez votre caméra\u202f: le son s’améliore."), _SHARE),
            _trouble(_NOTHING_HEARD, _LEAVE, _SUPPORT),
        ),
    ),
    "visio": Guide(
        "video",
        _("La Suite Visio"),
        _("La visioconférence de l’État, ouverte aux collectivités."),
        (
            _before(
                _("Connectez-vous une première fois avec ProConnect\u202f: la réunion sera à votre nom."),
                _TEST,
                _HEADSET,
            ),
            _browser(_CLICK, _ALLOW, _WAITING_ROOM),
            _by_phone(_DIAL, _NAME),
            _during(_MUTE, _("La main levée et la discussion sont en bas de l’écran."), _SHARE),
            _trouble(_NOTHING_HEARD, _LEAVE, _CALL_INSTEAD, _SUPPORT),
        ),
    ),
    "livekit": Guide(
        "video",
        "LiveKit",
        _("La visioconférence du serveur de la collectivité."),
        (
            _before(_TEST, _HEADSET),
            _browser(_CLICK, _ALLOW, _NO_CAMERA),
            _during(_MUTE, _SHARE),
            _trouble(_NOTHING_HEARD, _LEAVE, _SUPPORT),
        ),
    ),
    "teams": Guide(
        "users",
        "Microsoft Teams",
        _("Pour les réunions avec ceux qui l’ont déjà, et pour travailler sur un document ensemble."),
        (
            _before(_TEST, _("Sans compte Microsoft, vous entrez comme invité\u202f: votre nom suffit."), _HEADSET),
            _browser(_CLICK, _INSTALLED, _ALLOW, _WAITING_ROOM),
            _by_phone(_DIAL, _NAME),
            _during(
                _MUTE,
                _("Sur l’ordinateur, Ctrl + Maj + M coupe et rouvre le micro."),
                _("La main levée est en haut de l’écran."),
                _SHARE,
            ),
            _trouble(
                _NOTHING_HEARD,
                _("La page reste blanche\u202f: essayez avec Edge ou Chrome."),
                _CALL_INSTEAD,
                _SUPPORT,
            ),
        ),
    ),
    "zoom": Guide(
        "video",
        "Zoom",
        _("Pour beaucoup de monde, et pour le conseil."),
        (
            _before(_TEST, _HEADSET),
            _browser(
                _CLICK,
                _("Refusez le téléchargement, puis choisissez «\u202fRejoindre depuis votre navigateur\u202f»."),
                _ALLOW,
                _WAITING_ROOM,
            ),
            _by_phone(
                _("Composez le numéro, puis le premier code et dièse (#)."),
                _("On vous demande un numéro de participant\u202f: appuyez seulement sur dièse (#)."),
                _("Si l’invitation donne un second code, composez-le, puis dièse (#)."),
            ),
            _during(
                _MUTE,
                _("Au téléphone, *6 coupe et rouvre le micro, *9 lève la main."),
                _("La main levée est sous «\u202fRéactions\u202f»."),
                _SHARE,
            ),
            _trouble(_NOTHING_HEARD, _LEAVE, _CALL_INSTEAD, _SUPPORT),
        ),
    ),
    "capvisio": Guide(
        "video",
        "CapVisio",
        _("Le service de visioconférence mutualisé de la région."),
        (
            _before(
                _("Réservez sur la page de CapVisio\u202f: Parvis en donne l’adresse."),
                _("Copiez dans Parvis l’adresse reçue\u202f: les invités la trouvent dans l’invitation."),
                _TEST,
                _HEADSET,
            ),
            _browser(_CLICK, _ALLOW, _WAITING_ROOM),
            _during(_MUTE, _SHARE),
            _trouble(
                _NOTHING_HEARD,
                _LEAVE,
                _("L’adresse n’ouvre rien\u202f: demandez à l’organisateur si la réservation a été faite."),
                _SUPPORT,
            ),
        ),
    ),
    "other": Guide(
        "help-circle",
        _("Un autre outil"),
        _("Celui d’un partenaire\u202f: voici ce qui vaut pour tous."),
        (
            _before(_("Réservez sur la page de l’outil, puis copiez dans Parvis l’adresse reçue."), _TEST, _HEADSET),
            _browser(_CLICK, _("Si l’outil propose une application, choisissez plutôt le navigateur."), _ALLOW),
            _during(_MUTE, _SHARE),
            _trouble(
                _NOTHING_HEARD,
                _LEAVE,
                _("Prévenez l’organisateur\u202f: lui seul peut joindre ce fournisseur."),
            ),
        ),
    ),
}
"""By `Provider.Kind`."""
