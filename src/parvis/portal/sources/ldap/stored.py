"""The settings of one source, from the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from parvis.portal.kernel.errors import Invalid
from parvis.portal.sources import secrets
from parvis.portal.sources.ldap.schema import LdapSettings, from_stored
from parvis.portal.sources.records import SourceBroken

if TYPE_CHECKING:
    from parvis.portal.sources.models import Source

PASSWORD = "bind_password"  # noqa: S105 the name of a setting
"""What the reading account's password is called among the source's secrets."""


def settings_of(source: Source) -> LdapSettings:
    """What a source of kind "ldap" is set to.

    Raises:
        SourceBroken: it cannot be used as it is.
        Unavailable: the password was encrypted by another installation.
    """
    try:
        return from_stored(source.settings, secrets.get(source.settings, PASSWORD))
    except Invalid as problem:
        faults = " ".join(fault for each in problem.fields.values() for fault in each)
        raise SourceBroken(
            _("Les réglages de cette source sont à corriger\u202f: %(faults)s") % {"faults": faults},
            code="ldap_settings",
        ) from None
