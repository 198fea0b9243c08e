"""The family of errors a service may raise, and what each means for a person.

Every error has a `code` (one word for programs), a `message` (one sentence for a
person, in their language), an `advice` (what to do next, may be empty) and an HTTP
`status`. One translator each turns them into a page (`errors_http`), an API answer
(problem+json, RFC 9457) and a command-line message.
"""

from __future__ import annotations

from http import HTTPStatus

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class ParvisError(Exception):
    """The parent; never raised itself."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    default_code = "error"
    default_message: Text = _("Une erreur s’est produite.")

    def __init__(self, message: Text | None = None, *, code: str | None = None, advice: Text = "") -> None:
        self.message = message if message is not None else self.default_message
        self.code = code or self.default_code
        self.advice = advice
        super().__init__(str(self.code))

    def __str__(self) -> str:
        """The code and the sentence, for logs and the command line."""
        return f"{self.code}: {self.message}"


class NotAllowed(ParvisError):
    """The actor may not do this; the reason is told where it reveals nothing."""

    status = HTTPStatus.FORBIDDEN
    default_code = "not_allowed"
    default_message = _("Vous n’avez pas le droit de faire cela.")


class NotFound(ParvisError):
    """No such object, or one outside the actor's perimeter: the two look the same."""

    status = HTTPStatus.NOT_FOUND
    default_code = "not_found"
    default_message = _("Cette page ou cet objet n’existe pas, ou vous n’y avez pas accès.")


class Conflict(ParvisError):
    """True a moment ago, not any more: somebody else was faster, or it is done already."""

    status = HTTPStatus.CONFLICT
    default_code = "conflict"
    default_message = _("Cette action n’est plus possible\u202f: la situation a changé.")


class Invalid(ParvisError):
    """What was sent cannot be accepted; `fields` names the faults one by one."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    default_code = "invalid"
    default_message = _("Certaines informations sont à corriger.")

    def __init__(
        self,
        message: Text | None = None,
        *,
        code: str | None = None,
        advice: Text = "",
        fields: dict[str, list[str]] | None = None,
    ) -> None:
        super().__init__(message, code=code, advice=advice)
        self.fields = fields or {}


class TooMany(ParvisError):
    """A limit in time or number is reached."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    default_code = "too_many"
    default_message = _("Trop de demandes en peu de temps. Réessayez dans un moment.")


class Unavailable(ParvisError):
    """Something we depend on does not answer."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    default_code = "unavailable"
    default_message = _("Ce service ne répond pas pour le moment.")
