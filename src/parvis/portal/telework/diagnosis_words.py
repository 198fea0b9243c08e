"""What each cause is called: for the agent, a sentence and what to do; for the IT team, what lifts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from parvis.portal.telework.diagnosis import Cause, Step

Text = str | Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """`label` for lists and counts; `title` and `steps` for the agent; `team` for who helps them."""

    label: Text
    title: Text
    text: Text = ""
    steps: tuple[Text, ...] = ()
    team: Text = ""
    link: str = ""
    """Where the IT team lifts it: a key of `LINKS`; empty: nowhere in the portal."""


STEPS: Mapping[Step, Text] = {
    Step.ACCESS: _("Vous avez le droit d’ouvrir cet ordinateur"),
    Step.GATEWAY: _("Le service de télétravail répond"),
    Step.POWER: _("Votre ordinateur est allumé"),
    Step.SCREEN: _("Votre ordinateur accepte l’ouverture à distance"),
    Step.SIGN_IN: _("L’écran s’affiche chez vous"),
}

_COLLEAGUE = _("Demandez à un collègue sur place d’appuyer sur son bouton de marche.")
_TWO_MINUTES = _("Attendez deux minutes, puis vérifiez à nouveau.")
_CALLED = _("L’équipe informatique doit s’en occuper\u202f: envoyez-lui une demande d’aide, tout y est déjà écrit.")

WORDS: Mapping[Cause, Words] = {
    Cause.NO_COMPUTER: Words(
        label=_("Aucun ordinateur affecté"),
        title=_("Aucun ordinateur de bureau n’est enregistré à votre nom."),
        text=_CALLED,
        team=_("Affectez son ordinateur à l’agent dans le parc\u202f: le droit suit à la prochaine vérification."),
        link="assets",
    ),
    Cause.TRUST_REFUSED: Words(
        label=_("Appareil, lieu ou heure"),
        title=_("L’écran ne s’ouvre pas d’ici, depuis cet appareil ou à cette heure."),
        steps=(
            _("La page «\u202fNiveau de confiance\u202f» dit pourquoi, et d’où l’ouvrir."),
            _("Recommencez depuis un appareil, un lieu ou à une heure qui convient."),
        ),
        team=_("Regardez ce qui s’applique à cet agent, et les règles d’accès de son service."),
        link="rules",
    ),
    Cause.RIGHT_MISSING: Words(
        label=_("Droit manquant"),
        title=_("Vous n’avez pas encore le droit d’ouvrir cet ordinateur à distance."),
        text=_CALLED,
        team=_("Donnez à l’agent le droit d’ouvrir cet ordinateur."),
        link="right",
    ),
    Cause.RIGHT_NOT_STARTED: Words(
        label=_("Droit pas commencé"),
        title=_("Votre droit d’ouvrir cet ordinateur n’a pas encore commencé."),
        text=_("Revenez le jour où il commence\u202f: votre parcours vous attend."),
        team=_("Donnez un droit qui commence aujourd’hui, si l’agent doit essayer avant."),
        link="right",
    ),
    Cause.RIGHT_EXPIRED: Words(
        label=_("Droit expiré"),
        title=_("Votre droit d’ouvrir cet ordinateur est terminé."),
        text=_CALLED,
        team=_("Donnez un nouveau droit, si le télétravail continue."),
        link="right",
    ),
    Cause.RIGHT_REVOKED: Words(
        label=_("Droit retiré"),
        title=_("Votre droit d’ouvrir cet ordinateur a été retiré."),
        text=_("Demandez pourquoi à votre responsable ou à l’équipe informatique."),
        team=_("Le droit a été retiré par une personne\u202f: à rendre seulement si c’était une erreur."),
        link="right",
    ),
    Cause.NOT_ASSIGNED: Words(
        label=_("Ordinateur non affecté"),
        title=_("Cet ordinateur ne vous est plus affecté."),
        text=_CALLED,
        team=_("Affectez l’ordinateur à l’agent, ou donnez un droit avec une date de fin."),
        link="computer",
    ),
    Cause.KIND_FORBIDDEN: Words(
        label=_("Type de machine interdit"),
        title=_("Cette machine ne s’ouvre pas à distance, par sécurité."),
        text=_CALLED,
        team=_("Serveur ou poste d’administration\u202f: affectez un poste de bureau à l’agent."),
        link="computer",
    ),
    Cause.DISPLAY_MISSING: Words(
        label=_("Écran non configuré"),
        title=_("Votre ordinateur n’est pas encore préparé pour le télétravail."),
        text=_CALLED,
        team=_("Réglez l’écran de cet ordinateur."),
        link="display",
    ),
    Cause.DISPLAY_DISABLED: Words(
        label=_("Accès désactivé"),
        title=_("L’ouverture à distance de votre ordinateur est désactivée."),
        text=_CALLED,
        team=_("Activez l’accès en télétravail dans les réglages de l’écran."),
        link="display",
    ),
    Cause.NO_ADDRESS: Words(
        label=_("Adresse manquante"),
        title=_("L’adresse de votre ordinateur sur le réseau n’est pas connue."),
        text=_CALLED,
        team=_("Complétez l’adresse réseau de l’ordinateur."),
        link="computer",
    ),
    Cause.GATEWAY_AWAY: Words(
        label=_("Passerelle arrêtée"),
        title=_("Le service de télétravail ne répond pas en ce moment."),
        text=_("Cela ne vient pas de vous, et votre ordinateur n’y est pour rien."),
        steps=(_("Attendez quelques minutes\u202f: cette page s’actualise toute seule."),),
        team=_("Aucune passerelle n’a donné signe de vie\u202f: regardez les passerelles."),
        link="gateways",
    ),
    Cause.ADDRESS_UNKNOWN: Words(
        label=_("Nom introuvable"),
        title=_("Le réseau ne trouve pas votre ordinateur\u202f: son nom y est inconnu."),
        text=_CALLED,
        team=_("Le nom ne se traduit en aucune adresse\u202f: corrigez l’adresse réseau, ou l’entrée du DNS."),
        link="computer",
    ),
    Cause.ADDRESS_FORBIDDEN: Words(
        label=_("Adresse interdite"),
        title=_("L’adresse enregistrée pour votre ordinateur n’est pas sur le réseau du bureau."),
        text=_CALLED,
        team=_("L’adresse est hors des réseaux autorisés\u202f: corrigez-la, ou les réseaux autorisés."),
        link="computer",
    ),
    Cause.UNCHECKED: Words(
        label=_("À vérifier"),
        title=_("Vérifions que votre ordinateur de bureau s’ouvre d’ici."),
        text=_("S’il est en veille, il est réveillé. Vous n’avez rien d’autre à faire."),
    ),
    Cause.LOOKING: Words(
        label=_("Vérification en cours"),
        title=_("Nous cherchons votre ordinateur…"),
        text=_("Quelques secondes."),
    ),
    Cause.WAKING: Words(
        label=_("Réveil en cours"),
        title=_("Votre ordinateur était éteint\u202f: nous le réveillons…"),
        text=_("Comptez une à deux minutes. Laissez cette page ouverte, elle avance toute seule."),
    ),
    Cause.SITE_AWAY: Words(
        label=_("Site injoignable"),
        title=_("Le bâtiment de votre ordinateur est coupé du réseau."),
        text=_("Cela ne vient pas de vous. L’équipe informatique rétablit la liaison."),
        steps=(_("Revenez dans une heure\u202f: votre parcours vous attend."),),
        team=_("Rien ne répond sur ce site, pas même ce qui y est toujours allumé\u202f: regardez la liaison du site."),
        link="site",
    ),
    Cause.ASLEEP: Words(
        label=_("Éteint, réveil possible"),
        title=_("Votre ordinateur est éteint ou en veille."),
        steps=(_("Appuyez sur le bouton\u202f: nous le réveillons d’ici."),),
        team=_("Réveillez l’ordinateur."),
        link="computer",
    ),
    Cause.WAKE_FAILED: Words(
        label=_("Ne se réveille pas"),
        title=_("Votre ordinateur ne s’est pas réveillé."),
        steps=(
            _COLLEAGUE,
            _("S’il ne s’allume pas, qu’il regarde la prise et le câble du réseau."),
            _TWO_MINUTES,
        ),
        team=_("Vérifiez l’adresse MAC, le réveil du site, et que l’ordinateur est branché."),
        link="computer",
    ),
    Cause.LAPTOP_AWAY: Words(
        label=_("Portable hors du réseau"),
        title=_("Votre portable n’est pas allumé sur le réseau du bureau."),
        text=_("L’écran à distance ouvre un ordinateur resté au bureau, branché et allumé."),
        steps=(
            _("S’il est resté au bureau\u202f: demandez à un collègue de l’ouvrir et de le brancher au réseau."),
            _("S’il est avec vous\u202f: dites-le dans une demande d’aide, un autre accès vous sera proposé."),
        ),
        team=_("Portable avec l’agent ou éteint\u202f: proposez un poste fixe, ou le niveau 1."),
        link="computer",
    ),
    Cause.OFF: Words(
        label=_("Éteint ou débranché"),
        title=_("Votre ordinateur est éteint ou débranché, et il ne peut pas être réveillé d’ici."),
        steps=(_COLLEAGUE, _TWO_MINUTES),
        team=_("Faites-le allumer\u202f; puis réglez son réveil à distance (adresse MAC, réveil du site)."),
        link="computer",
    ),
    Cause.SCREEN_OFF: Words(
        label=_("Bureau à distance éteint"),
        title=_("Votre ordinateur est allumé, mais il n’accepte pas l’ouverture à distance."),
        steps=(
            _("S’il vient de démarrer, attendez deux minutes, puis vérifiez à nouveau."),
            _("Sinon, demandez à un collègue sur place de le redémarrer."),
            _("Si rien ne change, demandez de l’aide\u202f: un réglage de Windows est à activer."),
        ),
        team=_(
            "Activez le Bureau à distance (Paramètres, Système, Bureau à distance) et son port dans le pare-feu"
            " de l’ordinateur."
        ),
        link="display",
    ),
    Cause.NEGOTIATION: Words(
        label=_("Mode de connexion refusé"),
        title=_("Votre ordinateur répond, mais refuse ce mode de connexion."),
        text=_CALLED,
        team=_("Vérifiez le protocole et le port de l’écran, et que l’ordinateur accepte TLS."),
        link="display",
    ),
    Cause.CERTIFICATE_WAITING: Words(
        label=_("Certificat à accepter"),
        title=_("Par sécurité, l’écran n’a pas été ouvert\u202f: votre ordinateur ne présente plus la même identité."),
        text=_("Cela arrive après une réinstallation. L’équipe informatique le vérifie, puis l’accepte."),
        team=_("Vérifiez l’ordinateur sur place, puis acceptez son nouveau certificat."),
        link="display",
    ),
    Cause.TOO_MANY_SESSIONS: Words(
        label=_("Trop d’écrans ouverts"),
        title=_("Vous avez déjà trop d’écrans ouverts."),
        steps=(_("Fermez un autre écran dans «\u202fMon bureau\u202f», puis ouvrez celui-ci."),),
        team=_("Terminez les sessions restées ouvertes de l’agent."),
        link="sessions",
    ),
    Cause.PROTOCOL: Words(
        label=_("Erreur technique"),
        title=_("La liaison a été coupée par une erreur technique."),
        steps=(
            _("Ouvrez l’écran à nouveau."),
            _("Si cela recommence, essayez un autre navigateur, puis demandez de l’aide."),
        ),
        team=_("Regardez l’historique de la session et les journaux de la passerelle."),
        link="sessions",
    ),
    Cause.SIGN_IN_REFUSED: Words(
        label=_("Windows n’a pas ouvert la session"),
        title=_("Votre ordinateur a répondu, mais Windows n’a pas ouvert votre session."),
        text=_("Le plus souvent, c’est l’identifiant ou le mot de passe. Dites-nous ce que vous avez vu."),
        team=_("Vérifiez le compte Windows\u202f: mot de passe expiré, compte verrouillé, droit de bureau à distance."),
        link="computer",
    ),
    Cause.PASSWORD_WRONG: Words(
        label=_("Mot de passe refusé"),
        title=_("Le mot de passe n’a pas été accepté."),
        steps=(
            _("Tapez celui de votre ordinateur de bureau, pas celui de ce portail."),
            _("Tapez l’identifiant comme le matin au bureau, en entier."),
            _("Regardez que la touche des majuscules n’est pas bloquée, puis ouvrez l’écran à nouveau."),
            _("Après trois échecs, arrêtez-vous\u202f: Windows pourrait bloquer votre compte."),
        ),
        team=_("Réinitialisez le mot de passe Windows de l’agent après avoir vérifié son identité."),
        link="computer",
    ),
    Cause.PASSWORD_EXPIRED: Words(
        label=_("Mot de passe expiré"),
        title=_("Votre mot de passe Windows a expiré\u202f: il faut en choisir un nouveau."),
        steps=(
            _("Au bureau\u202f: ouvrez votre session, Windows demande le nouveau mot de passe."),
            _("Chez vous\u202f: envoyez une demande d’aide, il sera renouvelé avec vous."),
            _("Revenez ensuite ici et ouvrez l’écran avec le nouveau mot de passe."),
        ),
        team=_("Renouvelez le mot de passe Windows de l’agent après avoir vérifié son identité."),
        link="computer",
    ),
    Cause.ACCOUNT_LOCKED: Words(
        label=_("Compte Windows bloqué"),
        title=_("Windows a bloqué votre compte après plusieurs mots de passe faux."),
        steps=(
            _("N’essayez plus pendant trente minutes\u202f: avant, Windows refuse même le bon mot de passe."),
            _("Ouvrez ensuite l’écran, en tapant le mot de passe de votre ordinateur de bureau."),
            _("Si c’est urgent, demandez de l’aide."),
        ),
        team=_("Déverrouillez le compte Windows de l’agent."),
        link="computer",
    ),
    Cause.ACCOUNT_DISABLED: Words(
        label=_("Compte Windows désactivé"),
        title=_("Votre compte Windows est désactivé."),
        text=_CALLED,
        team=_("Réactivez le compte Windows de l’agent, ou corrigez sa date de fin."),
        link="computer",
    ),
    Cause.NO_DOMAIN: Words(
        label=_("Domaine injoignable"),
        title=_("Votre ordinateur ne peut pas vérifier votre mot de passe en ce moment."),
        text=_CALLED,
        team=_("L’ordinateur ne joint pas son contrôleur de domaine : regardez le réseau, l’heure et le DNS."),
        link="computer",
    ),
    Cause.NOT_REMOTE_USER: Words(
        label=_("Pas autorisé par Windows"),
        title=_("Windows ne vous autorise pas encore à ouvrir une session à distance."),
        text=_CALLED,
        team=_("Ajoutez l’agent au groupe «\u202fUtilisateurs du Bureau à distance\u202f» de l’ordinateur."),
        link="computer",
    ),
    Cause.BLACK_SCREEN: Words(
        label=_("Écran noir"),
        title=_("L’écran reste noir."),
        steps=(
            _("Attendez vingt secondes, bougez la souris, appuyez sur la barre d’espace."),
            _("Rien\u202f? Choisissez «\u202fTerminer\u202f» dans la barre du haut, puis ouvrez l’écran à nouveau."),
            _("Toujours rien\u202f? Demandez à un collègue de redémarrer l’ordinateur, ou demandez de l’aide."),
        ),
        team=_("Redémarrez l’ordinateur\u202f; regardez ses pilotes d’affichage si cela recommence."),
        link="computer",
    ),
    Cause.SLOW: Words(
        label=_("Trop lent"),
        title=_("L’écran s’ouvre, mais il est trop lent."),
        steps=(
            _("Rapprochez-vous de votre box, ou branchez un câble."),
            _("Fermez les vidéos et les téléchargements de la maison."),
            _("Refaites la mesure de votre connexion, puis ouvrez l’écran à nouveau."),
        ),
        team=_("Regardez la mesure de sa connexion\u202f; réduisez la profondeur de couleur de l’écran."),
        link="display",
    ),
    Cause.SOMETHING_ELSE: Words(
        label=_("Autre chose"),
        title=_("Ce que vous voyez n’est pas dans la liste."),
        steps=(
            _("Fermez l’écran et ouvrez-le à nouveau\u202f: souvent, cela suffit."),
            _("Sinon, demandez de l’aide en disant en quelques mots ce que vous voyez."),
        ),
        team=_("Rappelez l’agent."),
    ),
    Cause.READY: Words(
        label=_("Prêt à ouvrir"),
        title=_("Votre ordinateur est prêt. Ouvrez-le."),
        text=_("Votre identifiant et votre mot de passe Windows vous sont demandés, comme le matin au bureau."),
    ),
    Cause.OPENING: Words(
        label=_("Ouverture en cours"),
        title=_("Votre écran s’ouvre dans l’autre onglet."),
        text=_("Dès que vous voyez votre bureau Windows, cette étape est faite\u202f: revenez ici pour la suite."),
    ),
    Cause.WORKS: Words(
        label=_("Fonctionne"),
        title=_("L’écran de votre ordinateur s’est ouvert. Tout marche."),
    ),
}

LINKS: Mapping[str, Text] = {
    "assets": _("Fiche de l’agent"),
    "computer": _("Fiche de l’ordinateur"),
    "display": _("Réglages de l’écran"),
    "gateways": _("Passerelles"),
    "right": _("Donner un droit"),
    "rules": _("Ce qui s’applique à l’agent"),
    "sessions": _("Historique des sessions"),
    "site": _("Fiche du site"),
}
"""The button that leads there."""

SAYABLE: Mapping[Cause, Text] = {
    Cause.PASSWORD_WRONG: _("Le mot de passe n’est pas accepté"),
    Cause.PASSWORD_EXPIRED: _("Windows dit que le mot de passe a expiré ou doit être changé"),
    Cause.ACCOUNT_LOCKED: _("Windows dit que le compte est bloqué ou verrouillé"),
    Cause.NOT_REMOTE_USER: _("Windows dit que je n’ai pas le droit de me connecter à distance"),
    Cause.BLACK_SCREEN: _("L’écran reste noir, ou ne bouge pas"),
    Cause.SLOW: _("L’écran s’ouvre, mais c’est trop lent"),
    Cause.SOMETHING_ELSE: _("Autre chose"),
}
"""The answers to « Que voyez-vous\u202f? »."""


def label_of(code: str) -> Text:
    """A code of a try or of a help call, as a short label; the code itself where no table knows it."""
    return WORDS[Cause(code)].label if code in set(Cause) else code
