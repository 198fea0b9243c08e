"""The viewer's words in the user's language. French source: `frontend/src/viewer/texts.json` (same keys, tested).

Words in braces are filled in by the viewer.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

TEXTS: dict[str, str | Promise] = {
    "card.subtitle": _("Votre ordinateur de bureau, dans cette page"),
    "card.connect": _("Se connecter"),
    "card.username": _("Identifiant Windows"),
    "card.password": _("Mot de passe de cet ordinateur"),
    "card.password_note": _("Il reste dans cette page le temps de la session et n’est jamais enregistré."),
    "card.show_password": _("Afficher le mot de passe"),
    "card.required": _("À remplir pour continuer."),
    "step.gateway": _("Connexion à la passerelle…"),
    "step.computer": _("Ouverture de votre ordinateur…"),
    "step.picture": _("Première image…"),
    "home": _("Retour à mon bureau"),
    "toolbar.label": _("Commandes de l’écran à distance"),
    "toolbar.more": _("Autres commandes"),
    "toolbar.full_screen": _("Plein écran"),
    "toolbar.leave_full_screen": _("Quitter le plein écran"),
    "toolbar.fit": _("Ajuster à la fenêtre"),
    "toolbar.real": _("Taille réelle"),
    "toolbar.pan": _("Déplacer la vue"),
    "toolbar.ctrl_alt_del": _("Ctrl + Alt + Suppr"),
    "toolbar.meta": _("Touche Windows"),
    "toolbar.clipboard": _("Presse-papiers"),
    "toolbar.clipboard_new": _("Presse-papiers : nouveau texte"),
    "toolbar.keys": _("Touches et caractères"),
    "toolbar.touch_keyboard": _("Clavier"),
    "toolbar.end": _("Terminer"),
    "toolbar.show": _("Afficher les commandes"),
    "panel.close": _("Fermer"),
    "live.first": _("Vous êtes sur l’écran de {name}. Ctrl + Alt + Maj vous ramène aux commandes."),
    "live.back": _("L’écran est revenu."),
    "live.way_out": _("Ctrl + Alt + Maj : aller aux commandes"),
    "live.hold_escape": _("Maintenez Échap pour quitter le plein écran"),
    "picture.title": _("Qualité de l’image"),
    "picture.auto": _("Automatique"),
    "picture.auto_detail": _("L’image est simplifiée quand votre connexion est lente."),
    "picture.comfort": _("Confort"),
    "picture.comfort_detail": _("L’image la plus fine, toujours."),
    "picture.light": _("Économe"),
    "picture.light_detail": _("Moins de couleurs et moins de données : pour une connexion lente ou limitée."),
    "picture.now_comfort": _("En ce moment : image fine."),
    "picture.now_light": _("En ce moment : image simplifiée."),
    "picture.slow": _("Votre connexion est lente : l’image est simplifiée."),
    "picture.better": _("Votre connexion va mieux : l’image redevient fine."),
    "quality.ms": _("{ms} ms"),
    "quality.unknown": _("Qualité de la liaison : mesure en cours"),
    "quality.good": _("Liaison bonne : {ms} ms"),
    "quality.fair": _("Liaison moyenne : {ms} ms"),
    "quality.poor": _("Liaison faible : {ms} ms. Fermez les vidéos et téléchargements en cours chez vous."),
    "clipboard.title": _("Presse-papiers"),
    "clipboard.from": _("Copié sur l’ordinateur de bureau"),
    "clipboard.from_off": _("Copier depuis l’ordinateur de bureau n’est pas autorisé pour cette session."),
    "clipboard.to": _("À coller sur l’ordinateur de bureau"),
    "clipboard.to_off": _("Coller vers l’ordinateur de bureau n’est pas autorisé pour cette session."),
    "clipboard.copy": _("Copier ici"),
    "clipboard.copied": _("Copié."),
    "clipboard.copy_by_hand": _("Le navigateur refuse : copiez le texte sélectionné avec Ctrl + C."),
    "clipboard.send": _("Envoyer"),
    "clipboard.sent": _("Envoyé : collez avec Ctrl + V sur l’ordinateur de bureau."),
    "clipboard.received": _("Texte copié depuis l’ordinateur de bureau."),
    "keys.title": _("Touches et caractères"),
    "keys.characters": _("Caractères"),
    "keys.keys": _("Touches"),
    "keys.functions": _("Touches de fonction"),
    "keys.escape": _("Échap"),
    "keys.tab": _("Tab"),
    "keys.enter": _("Entrée"),
    "keys.backspace": _("Retour arrière"),
    "keys.delete": _("Suppr"),
    "keys.home": pgettext_lazy("keyboard key", "Début"),
    "keys.end": pgettext_lazy("keyboard key", "Fin"),
    "keys.print_screen": _("Impr. écran"),
    "keys.context_menu": _("Menu"),
    "keys.copy": _("Ctrl + C"),
    "keys.paste": _("Ctrl + V"),
    "keys.alt_tab": _("Alt + Tab"),
    "keys.alt_f4": _("Alt + F4"),
    "keys.task_manager": _("Gestionnaire des tâches"),
    "keys.ArrowLeft": _("Flèche gauche"),
    "keys.ArrowUp": _("Flèche haut"),
    "keys.ArrowDown": _("Flèche bas"),
    "keys.ArrowRight": _("Flèche droite"),
    "keys.way_out": _(
        "Le clavier va à l’ordinateur de bureau. Pour revenir aux commandes : Ctrl + Alt + Maj, puis relâchez."
    ),
    "idle.warning": _("Toujours là ? Sans activité, la session se ferme dans {time}."),
    "idle.stay": _("Je suis là"),
    "end.near": _("La session se termine à {hour}, dans {time}. Enregistrez votre travail."),
    "end.understood": _("J’ai compris"),
    "end.question": _("Terminer la session ?"),
    "end.detail": _("Vos fenêtres restent ouvertes sur votre ordinateur de bureau."),
    "end.yes": _("Terminer"),
    "end.no": _("Continuer à travailler"),
    "lost.title": _("Connexion interrompue"),
    "lost.waiting": _("Votre bureau vous attend. Nouvel essai dans {seconds} s (essai {attempt})."),
    "lost.trying": _("Retour à votre bureau…"),
    "lost.now": _("Réessayer maintenant"),
    "renew.title": _("Un instant"),
    "renew.text": _("Votre bureau s’adapte à la taille de la fenêtre…"),
    "renew.picture": _("La qualité de l’image change…"),
    "ended.title": _("Session terminée"),
    "ended.failed_title": _("Connexion impossible"),
    "ended.again": _("Se reconnecter"),
    "ended.retry": _("Réessayer"),
    "ended.closed_by_user": _("Vous avez terminé la session."),
    "ended.gateway_restarting": _("La passerelle redémarre."),
    "ended.ticket_refused": _("L’autorisation de connexion n’a pas été acceptée."),
    "ended.target_forbidden": _("Cet ordinateur n’est pas joignable par le télétravail."),
    "ended.target_unreachable": _("Votre ordinateur ne répond pas."),
    "ended.certificate_changed": _(
        "Votre ordinateur ne présente plus le même certificat : la connexion est bloquée par sécurité."
    ),
    "ended.idle": _("La session s’est fermée après un temps sans activité."),
    "ended.time_limit": _("La durée prévue pour la session est écoulée."),
    "ended.ended_by_staff": _("L’équipe informatique a terminé la session."),
    "ended.access_revoked": _("Votre accès à cet ordinateur a pris fin."),
    "ended.protocol_error": _("L’échange avec votre ordinateur s’est mal passé."),
    "ended.too_many_sessions": _("Vous avez déjà le nombre maximal de sessions ouvertes."),
    "ended.portal_unreachable": _("Le portail ne répond pas à la passerelle."),
    "ended.target_closed": _("Votre ordinateur a fermé la session."),
    "ended.browser_lost": _("La liaison avec votre navigateur a été perdue."),
    "ended.gateway_lost": _("La passerelle s’est arrêtée."),
    "ended.gateway_unreachable": _("La passerelle ne répond pas."),
    "ended.unreachable": _("Le portail ne répond pas."),
    "ended.negotiation": _("Votre ordinateur refuse ce mode de connexion."),
    "ended.access_denied": _("Votre compte n’a pas le droit d’ouvrir une session à distance sur cet ordinateur."),
    "ended.credentials": _("Le mot de passe n’a pas été accepté."),
    "ended.signed_out": _("Vous n’êtes plus connecté au portail."),
    "ended.refused": _("Le portail n’a pas autorisé la connexion."),
    "ended.lost": _("La connexion n’a pas pu être rétablie."),
    "advice.target_unreachable": _(
        "Il est peut-être éteint ou en veille : revenez à « Mon bureau » pour le réveiller."
    ),
    "advice.certificate_changed": _("Prévenez l’assistance informatique : elle doit valider le nouveau certificat."),
    "advice.target_forbidden": _("Prévenez l’assistance informatique."),
    "advice.negotiation": _(
        "Prévenez l’assistance informatique : le bureau à distance de cet ordinateur est à régler."
    ),
    "advice.access_denied": _(
        "Demandez à l’assistance informatique d’ajouter votre compte aux utilisateurs du bureau à distance."
    ),
    "advice.lost": _("Vérifiez votre liaison Internet, puis reconnectez-vous : vos fenêtres sont restées ouvertes."),
    "advice.idle": _("Vos fenêtres sont restées ouvertes."),
    "advice.target_closed": _("Si vous n’avez pas fermé Windows vous-même, reconnectez-vous dans une minute."),
    "advice.gateway_unreachable": _("Réessayez dans une minute."),
    "advice.gateway_restarting": _("Réessayez dans une minute."),
    "advice.gateway_lost": _("Réessayez dans une minute."),
    "advice.portal_unreachable": _("Réessayez dans une minute."),
    "advice.unreachable": _("Vérifiez votre liaison Internet."),
    "advice.signed_out": _("Revenez à « Mon bureau » pour vous identifier."),
    "advice.too_many_sessions": _("Terminez une session ouverte ailleurs, puis réessayez."),
    "advice.protocol_error": _("Réessayez ; si cela recommence, prévenez l’assistance informatique."),
    "advice.ticket_refused": _("Réessayez ; si cela recommence, prévenez l’assistance informatique."),
    "error.password": _(
        "L’identifiant ou le mot de passe n’est pas le bon. C’est celui de votre ordinateur de bureau."
    ),
    "error.vnc_password": _("Le mot de passe n’est pas le bon."),
    "error.password_expired": _(
        "Votre mot de passe Windows a expiré : choisissez-en un nouveau au bureau, ou avec l’assistance informatique."
    ),
    "error.account_locked": _(
        "Windows a bloqué votre compte après plusieurs mots de passe faux. Attendez trente minutes avant de réessayer."
    ),
    "error.account_disabled": _("Votre compte Windows est désactivé. Prévenez l’assistance informatique."),
    "error.no_domain": _(
        "Votre ordinateur ne peut pas vérifier votre mot de passe en ce moment. Prévenez l’assistance informatique."
    ),
    "error.refused": _(
        "Windows n’a pas ouvert la session. Vérifiez l’identifiant et le mot de passe de votre ordinateur de bureau."
    ),
}


def translated() -> dict[str, str]:
    """Every text, for the page's `viewer-config`."""
    return {key: str(text) for key, text in TEXTS.items()}
