"""Searches in bounded memory: one page at a time (RFC 2696), and Active Directory's ranges of values."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from parvis.portal.sources.ldap import library
from parvis.portal.sources.ldap.schema import LdapSettings
from parvis.portal.sources.records import SourceBroken

Values = Mapping[str, list[bytes]]
"""Attributes as the server sends them."""
Entry = tuple[str, Values]
"""A distinguished name, and its attributes as the server sends them."""

READ_SECONDS = 3600
"""A whole reading takes no longer, however alive the server seems."""
MAX_RANGES = 2000
NO_ATTRIBUTES = "1.1"
"""RFC 4511 section 4.5.1.8: names only."""
_RANGE = re.compile(r"(?P<name>[^;]+);range=(?P<low>\d+)-(?P<high>\d+|\*)", re.IGNORECASE)


def pages(
    link: Any, settings: LdapSettings, base: str, filter_text: str, attributes: Sequence[str]
) -> Iterator[list[Entry]]:
    """Every entry below `base`, a page at a time; references to other servers are left out.

    Raises:
        ldap.LDAPError: as the server says (`connection.connected` translates).
        SourceBroken: the server gives pages without end.
    """
    ldap = library.load()
    limit = time.monotonic() + READ_SECONDS
    control = ldap.controls.libldap.SimplePagedResultsControl(True, size=settings.page_size, cookie="")
    while True:
        message = link.search_ext(
            base,
            ldap.SCOPE_SUBTREE,
            filter_text,
            list(attributes) or [NO_ATTRIBUTES],
            serverctrls=[control],
            timeout=settings.seconds,
        )
        _kind, found, _id, controls = link.result3(message, all=1, timeout=settings.seconds)
        yield [(dn, entry) for dn, entry in found if dn is not None]
        cookie = next((each.cookie for each in controls if each.controlType == control.controlType), b"")
        if not cookie:
            return
        if time.monotonic() > limit:
            raise SourceBroken(
                _("La lecture de l’annuaire dure trop longtemps\u202f: elle a été arrêtée."), code="ldap_slow"
            )
        control.cookie = cookie


def entries(
    link: Any, settings: LdapSettings, base: str, filter_text: str, attributes: Sequence[str]
) -> Iterator[Entry]:
    """`pages`, entry by entry."""
    for page in pages(link, settings, base, filter_text, attributes):
        yield from page


def one(link: Any, settings: LdapSettings, dn: str, attributes: Sequence[str]) -> Mapping[str, list[bytes]]:
    """The attributes of one entry; empty if it does not exist."""
    ldap = library.load()
    try:
        found = link.search_ext_s(dn, ldap.SCOPE_BASE, "(objectClass=*)", list(attributes), timeout=settings.seconds)
    except ldap.NO_SUCH_OBJECT:
        return {}
    return next((entry for name, entry in found if name is not None), {})


def values(
    entry: Mapping[str, list[bytes]], name: str, fetch: Callable[[str], Mapping[str, list[bytes]]]
) -> list[bytes]:
    """All the values of a multi-valued attribute, those that Active Directory gives range by range too.

    AD answers `member;range=0-1499` and wants to be asked for `member;range=1500-*`, until a range ends with `*`
    (MS-ADTS 3.1.1.3.1.3.3). `fetch(attribute)` reads the same entry again.

    Raises:
        SourceBroken: ranges that do not go on.
    """
    lowered = {key.lower(): key for key in entry}
    found = list(entry[lowered[name.lower()]]) if name.lower() in lowered else []
    expected = 0
    for _turn in range(MAX_RANGES):
        ranged = _ranged(entry, name)
        if ranged is None:
            return found
        key, low, high = ranged
        if low != expected:
            break
        found += entry[key]
        if high is None:
            return found
        expected = high + 1
        entry = fetch(f"{name};range={expected}-*")
    raise SourceBroken(
        _("L’annuaire donne les membres d’un groupe par morceaux qui ne se suivent pas."), code="ldap_range"
    )


def _ranged(entry: Mapping[str, list[bytes]], name: str) -> tuple[str, int, int | None] | None:
    for key in entry:
        match = _RANGE.fullmatch(key)
        if match and match["name"].lower() == name.lower():
            return key, int(match["low"]), None if match["high"] == "*" else int(match["high"])
    return None
