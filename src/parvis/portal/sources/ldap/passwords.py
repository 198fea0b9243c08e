"""Checking one password against the directory (RFC 4513 section 5.1.3), and what a refusal may tell."""

from __future__ import annotations

import enum
import re
import secrets as randomness
import uuid
from dataclasses import replace
from typing import Any

import structlog
from django.utils.translation import gettext_lazy as _

from parvis.portal.kernel.errors import Text, Unavailable
from parvis.portal.sources.ldap import connection, filters, library
from parvis.portal.sources.ldap.schema import LdapSettings

log = structlog.get_logger("parvis.ldap")

OPERATION_SECONDS = 4
"""Somebody waits in front of the sign-in page, and one of the server's threads with them."""
LONGEST = 1000
"""Characters; a longer password is not sent."""


class Answer(enum.Enum):
    """What the directory says of a name and password. All but `WRONG` and `DOWN` mean that the password is right."""

    RIGHT = "right"
    WRONG = "wrong"
    EXPIRED = "expired"
    MUST_CHANGE = "must_change"
    DISABLED = "disabled"
    NOT_NOW = "not_now"
    DOWN = "down"


SENTENCES: dict[Answer, Text] = {
    Answer.EXPIRED: _("Votre mot de passe de l’annuaire a expiré. Changez-le d’abord, puis revenez ici."),
    Answer.MUST_CHANGE: _("Vous devez d’abord changer votre mot de passe de l’annuaire, puis revenir ici."),
    Answer.DISABLED: _("Votre compte est désactivé dans l’annuaire. Appelez l’assistance informatique."),
    Answer.NOT_NOW: _("L’annuaire ne vous permet pas de vous connecter à cette heure ou depuis ici."),
    Answer.DOWN: _(
        "Votre mot de passe n’a pas pu être vérifié\u202f: l’annuaire ne répond pas. Réessayez dans quelques minutes."
    ),
}
"""What the sign-in page says; `WRONG` has the sentence of every wrong password."""

_AD_CODES = {
    # Win32 error codes, hexadecimal. Active Directory gives these only after the right password; 52e (wrong password),
    # 525 (no such user) and 775 (locked out) come without it and tell nothing here.
    "532": Answer.EXPIRED,
    "773": Answer.MUST_CHANGE,
    "533": Answer.DISABLED,
    "701": Answer.DISABLED,
    "530": Answer.NOT_NOW,
    "531": Answer.NOT_NOW,
}
_AD_CODE = re.compile(r"AcceptSecurityContext error, data (?P<code>[0-9a-f]{3,4})\b")
_PASSWORD_EXPIRED, _CHANGE_AFTER_RESET = 0, 2
"""`PasswordPolicyResponseValue.error` (draft-behera-ldap-password-policy-10 section 6.2)."""


def check(settings: LdapSettings, key: str, password: str) -> Answer:
    """Whether `password` opens the person with this key.

    The person is found by the stable key, never by what was typed: an address that somebody wrote into their own
    entry opens nobody else's account. Empty passwords are refused here: servers take them for anonymous binds
    (RFC 4513 section 5.1.2).
    """
    if not _may_be_sent(password):
        return Answer.WRONG
    quick = replace(settings, seconds=min(settings.seconds, OPERATION_SECONDS))
    try:
        with connection.connected(quick) as link:
            dn = _dn_of(link, quick, key)
            if dn is None:
                dn, password = f"cn={randomness.token_hex(8)},{settings.base_dn}", randomness.token_hex(8)
                _bind(link, dn, password)
                return Answer.WRONG
            return _bind(link, dn, password)
    except Unavailable as broken:
        log.warning("ldap_sign_in_impossible", code=broken.code)
        return Answer.DOWN


def pretend(settings: LdapSettings, password: str) -> Answer:
    """The same work for nobody: an unknown account takes as long, and hears the same, as a wrong password.

    What was typed is not sent: it may be the local password of somebody.
    """
    return check(settings, str(uuid.uuid4()), "-" if _may_be_sent(password) else "")


def _may_be_sent(password: str) -> bool:
    return 0 < len(password) <= LONGEST and "\0" not in password


def _dn_of(link: Any, settings: LdapSettings, key: str) -> str | None:
    """The one entry with this key that the source lets through; None if there is none, or more than one."""
    ldap = library.load()
    wanted = filters.by_key(settings, key)
    if settings.disabled_filter:
        wanted = f"(&{wanted}(!{settings.disabled_filter}))"
    found = link.search_ext_s(
        settings.base_dn, ldap.SCOPE_SUBTREE, wanted, ["1.1"], timeout=settings.seconds, sizelimit=3
    )
    names = [dn for dn, _entry in found if dn]
    if len(names) > 1:
        log.error("ldap_key_not_unique", key=key)
    return names[0] if len(names) == 1 else None


def _bind(link: Any, dn: str, password: str) -> Answer:
    ldap = library.load()
    policy = ldap.controls.ppolicy.PasswordPolicyControl()
    try:
        *_rest, controls = link.simple_bind_s(dn, password, serverctrls=[policy])
    except ldap.INVALID_CREDENTIALS as refused:
        return _refusal(ldap, refused)
    except (ldap.UNWILLING_TO_PERFORM, ldap.INAPPROPRIATE_AUTH, ldap.INSUFFICIENT_ACCESS, ldap.NO_SUCH_OBJECT):
        return Answer.WRONG
    return Answer.MUST_CHANGE if _policy_error(controls) == _CHANGE_AFTER_RESET else Answer.RIGHT


def _refusal(ldap: Any, refused: Exception) -> Answer:
    code = _AD_CODE.search(connection.diagnostic(refused))
    if code:
        return _AD_CODES.get(code["code"], Answer.WRONG)
    facts = refused.args[0] if refused.args and isinstance(refused.args[0], dict) else {}
    controls = ldap.controls.DecodeControlTuples(facts.get("ctrls") or [])
    # OpenLDAP looks at the date after the password (ppolicy_bind_response): expired means right.
    return Answer.EXPIRED if _policy_error(controls) == _PASSWORD_EXPIRED else Answer.WRONG


def _policy_error(controls: list[Any]) -> int | None:
    return next((each.error for each in controls if hasattr(each, "graceAuthNsRemaining")), None)
