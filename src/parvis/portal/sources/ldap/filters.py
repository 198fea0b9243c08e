"""Search filters (RFC 4515) that hold a value from outside: always escaped, here and nowhere else."""

from __future__ import annotations

from parvis.portal.sources.ldap import texts
from parvis.portal.sources.ldap.groups import IN_CHAIN
from parvis.portal.sources.ldap.schema import LdapSettings


def equals(attribute: str, value: bytes) -> str:
    """`(attribute=value)`, every byte of the value escaped: it can be nothing but a value.

    `attribute` comes from checked settings (`schema`).
    """
    return f"({attribute}={''.join(f'{chr(92)}{byte:02x}' for byte in value)})"


def by_key(settings: LdapSettings, key: str) -> str:
    """Finds the person whose record has this key, if the source's filter lets them through."""
    parts = []
    for attribute in settings.attributes["key"]:
        try:
            parts.append(equals(attribute, texts.key_bytes(attribute, key)))
        except ValueError:  # a fallback key beside objectGUID
            continue
    return f"(&{settings.user_filter}(|{''.join(parts)}))"


def by_email(settings: LdapSettings, email: str) -> str:
    """Finds the people with this address."""
    parts = "".join(equals(attribute, email.encode(errors="replace")) for attribute in settings.attributes["email"])
    return f"(&{settings.user_filter}(|{parts}))"


def member_of(filter_text: str, group_dn: str) -> str:
    """`filter_text`, for the members of a group of Active Directory, nested groups included."""
    return f"(&{filter_text}{equals(f'memberOf:{IN_CHAIN}:', group_dn.encode())})"
