"""Secrets in a source's settings: encrypted there, given only to its reader, never to a page or the audit trail."""

from __future__ import annotations

from typing import Any

from cryptography.exceptions import InvalidTag
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts import vault
from parvis.portal.kernel.errors import Unavailable

SHELF = "secrets"
"""The key of `Source.settings` under which they lie."""


def put(settings: dict[str, Any], name: str, secret: str) -> None:
    """Keep `secret` (emptied: forget it) in `settings`, encrypted; the caller saves the source."""
    shelf = dict(settings.get(SHELF) or {})
    if secret:
        shelf[name] = vault.encrypt(secret)
    else:
        shelf.pop(name, None)
    settings[SHELF] = shelf


def get(settings: dict[str, Any], name: str) -> str:
    """The secret in clear; empty if there is none.

    Raises:
        Unavailable: it was encrypted with another installation's key (`secret_unreadable`).
    """
    stored = (settings.get(SHELF) or {}).get(name)
    if not stored:
        return ""
    try:
        return vault.decrypt(stored)
    except (InvalidTag, ValueError):
        message = _("Le mot de passe enregistré de cette source n’est plus lisible\u202f: saisissez-le de nouveau.")
        raise Unavailable(message, code="secret_unreadable") from None


def has(settings: dict[str, Any], name: str) -> bool:
    """Whether one is kept."""
    return bool((settings.get(SHELF) or {}).get(name))
