"""python-ldap, loaded when it is first needed: an installation without a directory server lives without it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.utils.translation import gettext_lazy as _

from parvis.portal.kernel.errors import Unavailable


class LibraryMissing(Unavailable):
    """python-ldap is not installed."""

    default_code = "ldap_library_missing"
    default_message = _(
        "La lecture d’un annuaire LDAP demande le composant «\u202fpython-ldap\u202f», qui n’est pas installé."
    )


def load() -> Any:
    """The module `ldap`, with the parts of it that we use.

    Raises:
        LibraryMissing: with what to install.
    """
    try:
        library = import_module("ldap")
        for part in ("ldap.dn", "ldap.filter", "ldap.controls.libldap", "ldap.controls.ppolicy"):
            import_module(part)
    except ImportError:
        raise LibraryMissing(
            advice=_(
                "Sur le serveur\u202f: installez les paquets libldap2-dev et libsasl2-dev, puis "
                "«\u202fpip install parvis[ldap]\u202f», et redémarrez Parvis."
            )
        ) from None
    return library
