"""How a tool fails: the kernel's errors, with a detail for the IT team (never a secret)."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from parvis.portal.kernel.errors import Invalid, NotFound, Unavailable

PROBLEMS: dict[str, Promise] = {
    "address": _("Le portail n’a pas le droit de joindre cette adresse."),
    "unknown_name": _("Le nom du serveur est inconnu du réseau (DNS)."),
    "unreachable": _("Rien ne répond à cette adresse."),
    "certificate": _("Le certificat du serveur n’est pas valable."),
    "slow": _("Le serveur met trop de temps à répondre."),
    "large": _("La réponse est anormalement grande."),
    "redirected": _("Le serveur renvoie vers une autre adresse."),
    "malformed": _("La réponse n’est pas celle que cet outil doit donner."),
    "server_error": _("Le serveur signale une erreur interne."),
    "too_many": _("L’outil a reçu trop de demandes et en refuse de nouvelles pour un moment."),
    "secret": _("L’outil ne reconnaît pas le compte ou le secret."),
    "rights": _("L’outil refuse\u202f: il manque un droit au compte du portail."),
    "host": _("Le compte organisateur n’existe pas chez ce fournisseur, ou n’a pas de licence."),
    "refused": _("L’outil refuse cette demande."),
    "gone": _("L’outil ne connaît plus cette réunion."),
    "voice": _("Le serveur de voix de Parvis ne répond pas."),
    "no_voice": _("Aucun serveur de voix n’est installé."),
    "provider_down": _("Cet outil ne répond pas en ce moment."),
    "by_hand": _("Cet outil se réserve sur sa propre page."),
    "incomplete": _("La déclaration de cet outil est incomplète."),
}
"""One word for programs → one sentence for a person."""

ADVICE: dict[str, Promise] = {
    "address": _("Vérifiez l’adresse, et les réseaux que le portail a le droit de joindre (PARVIS_ALLOWED_NETWORKS)."),
    "unknown_name": _("Vérifiez l’orthographe de l’adresse, puis le DNS du serveur du portail."),
    "unreachable": _("Vérifiez que le serveur est allumé et que le pare-feu laisse sortir le portail vers lui."),
    "certificate": _("Renouvelez le certificat du serveur, ou ajoutez son autorité à celles du système."),
    "slow": _("Regardez la charge du serveur et le réseau\u202f; le portail réessaiera de lui-même."),
    "redirected": _("Saisissez l’adresse finale, celle vers laquelle le serveur renvoie."),
    "malformed": _("Vérifiez que l’adresse est celle de l’interface de cet outil, et pas une page d’accueil."),
    "server_error": _("Regardez le journal du serveur\u202f; le portail réessaiera de lui-même."),
    "too_many": _("Attendez quelques minutes\u202f: le portail réessaiera de lui-même."),
    "secret": _("Copiez à nouveau l’identifiant et le secret\u202f; un secret peut avoir expiré chez le fournisseur."),
    "rights": _("Donnez à l’application les droits que le guide de déclaration indique, puis vérifiez à nouveau."),
    "host": _("Vérifiez le compte organisateur et sa licence chez le fournisseur."),
    "voice": _("Démarrez le serveur de voix, puis vérifiez que Janus tourne\u202f; voir le guide d’installation."),
    "no_voice": _("Installez le serveur de voix (voir le guide d’installation), ou ne proposez plus cet outil."),
    "incomplete": _("Modifiez l’outil et remplissez les champs demandés."),
}
"""What the IT team does next."""


class Unanswered(Unavailable):
    """No answer, or a broken one: it may work later, and another tool may work now."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(PROBLEMS[code], code=code, advice=ADVICE.get(code, ""))
        self.detail = readable(detail)


class Refused(Invalid):
    """The tool said no, and will again until somebody changes something."""

    def __init__(self, code: str = "refused", detail: str = "") -> None:
        super().__init__(PROBLEMS[code], code=code, advice=ADVICE.get(code, ""))
        self.detail = readable(detail)


class Gone(NotFound):
    """The tool does not know this meeting any more."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(PROBLEMS["gone"], code="gone")
        self.detail = readable(detail)


def readable(text: str) -> str:
    """What an answer says, short and without what would break a line."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:200]
