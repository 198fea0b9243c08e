"""Why somebody does not come in by a provider: one sentence each, what to do next, for a person who is no expert."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from parvis.portal.federation import rules
from parvis.portal.federation.models import IdentityProvider
from parvis.portal.federation.tokens import ClocksDiffer
from parvis.portal.kernel.errors import ParvisError


class SignInRefused(ParvisError):
    """This sign-in ends here. `code` for the audit trail, `message` and `advice` for the person."""

    status = HTTPStatus.FORBIDDEN
    default_code = "refused"

    def __init__(
        self, code: str, message: str, advice: str = "", *, detail: str = "", status: HTTPStatus | None = None
    ) -> None:
        super().__init__(message, code=code, advice=advice)
        self.detail = detail
        if status is not None:
            self.status = status


def refused(code: str, provider: IdentityProvider, *, detail: str = "") -> SignInRefused:
    """The refusal of this code; `detail` goes to the audit trail, never to the page."""
    message, advice = _sentences(code, provider.name)
    if code in _AT_THE_PROVIDER:
        return SignInRefused(code, message, advice, detail=detail, status=HTTPStatus.SERVICE_UNAVAILABLE)
    return SignInRefused(code, message, advice, detail=detail)


def unknown_person(provider: IdentityProvider, email: str) -> SignInRefused:
    """No account, no agent: nobody gets one by asking."""
    return SignInRefused(
        "unknown",
        _("Le portail ne connaît pas l’adresse %(email)s.") % {"email": email},
        _("Votre compte est ouvert par l’équipe informatique. %(help)s") % {"help": whom_to_call()},
    )


def untrusted_domain(provider: IdentityProvider, email: str) -> SignInRefused:
    """The provider is not believed for this address."""
    return SignInRefused(
        "untrusted_domain",
        _("%(provider)s ne peut pas ouvrir le portail avec l’adresse %(email)s.")
        % {"provider": provider.name, "email": email or "—"},
        _proposal(provider),
    )


def unverified_email(provider: IdentityProvider, email: str) -> SignInRefused:
    """The provider does not say that the address is the person's."""
    return SignInRefused(
        "unverified_email",
        _("%(provider)s n’a pas vérifié que l’adresse %(email)s est bien la vôtre.")
        % {"provider": provider.name, "email": email or "—"},
        _proposal(provider),
    )


def unknown_siret(provider: IdentityProvider, siret: str) -> SignInRefused:
    """The person's organisation is none of the authority's."""
    return SignInRefused(
        "unknown_siret",
        _("%(provider)s indique une organisation (SIRET %(siret)s) qui n’est pas la vôtre ici.")
        % {"provider": provider.name, "siret": siret[:20]},
        _("Choisissez la bonne organisation chez %(provider)s, puis réessayez. %(help)s")
        % {"provider": provider.name, "help": whom_to_call()},
    )


def claim_missing(provider: IdentityProvider, claim: str) -> SignInRefused:
    """The provider says too little."""
    message = _("%(provider)s n’a pas transmis tout ce qu’il faut pour vous reconnaître.") % {"provider": provider.name}
    return SignInRefused("claim_missing", message, whom_to_call(), detail=claim, status=HTTPStatus.SERVICE_UNAVAILABLE)


def clocks_differ(provider: IdentityProvider, problem: ClocksDiffer) -> SignInRefused:
    """Told with by how much: it is the first thing the IT team asks."""
    values = {"provider": provider.name, "apart": duration(problem.seconds)}
    if problem.seconds > 0:
        message = _("L’horloge de %(provider)s est en avance de %(apart)s sur celle du portail.") % values
    else:
        message = _("L’horloge de %(provider)s est en retard de %(apart)s sur celle du portail.") % values
    advice = _("Deux minutes d’écart sont tolérées. Donnez cette information à l’équipe informatique. %(help)s")
    return SignInRefused(
        "clock",
        message,
        advice % {"help": whom_to_call()},
        detail=f"{problem.seconds:.0f} s",
        status=HTTPStatus.SERVICE_UNAVAILABLE,
    )


def expired() -> SignInRefused:
    """The answer belongs to no sign-in that was begun here: too late, already used, another browser, or forged."""
    return SignInRefused(
        "expired",
        _("Cette connexion a expiré, ou elle a déjà servi."),
        _("Recommencez depuis la page de connexion."),
        status=HTTPStatus.BAD_REQUEST,
    )


def duration(seconds: float) -> str:
    """« 12 minutes »."""
    number, unit = rules.clock_words(seconds)
    match unit:
        case "days":
            words = ngettext("%(n)d jour", "%(n)d jours", number)
        case "hours":
            words = ngettext("%(n)d heure", "%(n)d heures", number)
        case "minutes":
            words = ngettext("%(n)d minute", "%(n)d minutes", number)
        case _:
            words = ngettext("%(n)d seconde", "%(n)d secondes", number)
    return words % {"n": number}


def whom_to_call() -> str:
    """The help desk, with its number or address if it is known."""
    contact = settings.PARVIS.help_contact
    if contact:
        return _("Assistance informatique\u202f: %(contact)s.") % {"contact": contact}
    return _("Adressez-vous à l’assistance informatique.")


def _proposal(provider: IdentityProvider) -> str:
    words = _(
        "Si vous avez déjà un compte, connectez-vous autrement puis liez-le à %(provider)s depuis la page"
        " «\u202fSécurité\u202f». %(help)s"
    )
    return words % {"provider": provider.name, "help": whom_to_call()}


_AT_THE_PROVIDER = {"unreachable", "slow", "large", "redirected", "malformed", "address", "issuer", "client", "token"}
_AGAIN = gettext_lazy("Recommencez depuis la page de connexion.")
_HELP = gettext_lazy("%(help)s")
_LATER = (
    gettext_lazy("%(provider)s ne répond pas pour le moment."),
    gettext_lazy("Réessayez dans quelques minutes, ou connectez-vous autrement. %(help)s"),
)
_NOT_VALID = (
    gettext_lazy("La réponse de %(provider)s n’est pas valable\u202f: la connexion a été arrêtée par prudence."),
    gettext_lazy("Réessayez\u202f; si cela recommence, prévenez l’équipe informatique. %(help)s"),
)
_SENTENCES = {
    "slow": _LATER,
    "unreachable": _LATER,
    "cancelled": (gettext_lazy("La connexion par %(provider)s a été annulée."), _AGAIN),
    "refused_there": (
        gettext_lazy("%(provider)s n’a pas accepté la connexion."),
        gettext_lazy("Recommencez depuis la page de connexion. %(help)s"),
    ),
    "code": (gettext_lazy("Cette connexion par %(provider)s a expiré, ou elle a déjà servi."), _AGAIN),
    "left": (gettext_lazy("Ce compte est désactivé."), _HELP),
    "not_served": (gettext_lazy("%(provider)s n’est pas prévu pour les agents de votre service."), _HELP),
    "foreign_tenant": (gettext_lazy("Ce compte %(provider)s est celui d’une autre organisation."), _HELP),
    "second_factor_first": (
        gettext_lazy("Votre compte n’a pas encore de deuxième étape de connexion."),
        gettext_lazy(
            "Connectez-vous d’abord avec votre mot de passe et enregistrez-la\u202f; %(provider)s pourra ensuite"
            " servir. %(help)s"
        ),
    ),
    "linked_to_another": (
        gettext_lazy("Cette identité %(provider)s est déjà liée à un autre compte du portail."),
        _HELP,
    ),
    "another_identity": (
        gettext_lazy("Votre compte est déjà lié à une autre identité %(provider)s."),
        gettext_lazy("Retirez-la d’abord depuis la page «\u202fSécurité\u202f». %(help)s"),
    ),
    "not_yours": (gettext_lazy("Ce n’est pas l’identité %(provider)s liée à votre compte."), _AGAIN),
    "no_second_factor": (
        gettext_lazy("%(provider)s n’a pas confirmé votre deuxième étape de connexion."),
        gettext_lazy("Utilisez votre code ou votre clé d’accès. %(help)s"),
    ),
}


def _sentences(code: str, name: str) -> tuple[str, str]:
    values = {"provider": name, "help": whom_to_call()}
    message, advice = _SENTENCES.get(code, _NOT_VALID)
    return str(message) % values, str(advice) % values
