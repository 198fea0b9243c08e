"""Groups in groups: who is in what, walked once, loops and depth included."""

from __future__ import annotations

from typing import Any

import structlog

from parvis.portal.sources.ldap import library, search, texts
from parvis.portal.sources.ldap.schema import LdapSettings

log = structlog.get_logger("parvis.ldap")

MAX_DEPTH = 32
"""Groups nested deeper than this are not followed."""
IN_CHAIN = "1.2.840.113556.1.4.1941"
"""LDAP_MATCHING_RULE_TRANSITIVE_EVAL: Active Directory walks the groups itself (MS-ADTS 3.1.1.3.4.4.3)."""


class Groups:
    """The tree of groups of one directory. Memory: one entry a group, one a membership."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._parents: dict[str, list[str]] = {}
        """For each member, person or group (normalised DN), the groups it is directly in."""
        self._closures: dict[str, frozenset[str]] = {}

    def __len__(self) -> int:
        return len(self._names)

    def add(self, dn: str, name: str, *, members: list[str], parents: list[str]) -> None:
        """One group, as the server tells of it: by its members (`member`), its own groups (`memberOf`), or both."""
        group = normalised(dn)
        self._names[group] = name
        for member in members:
            self._parents.setdefault(normalised(member), []).append(group)
        for parent in parents:
            self._parents.setdefault(group, []).append(normalised(parent))

    def containing(self, dn: str, told: list[str]) -> frozenset[str]:
        """The groups (normalised DNs) a person is in, nested ones included; `told`: their own `memberOf`."""
        direct = {*self._parents.get(normalised(dn), ()), *map(normalised, told)}
        found: set[str] = set()
        for group in direct:
            found |= self._above(group)
        return frozenset(found)

    def names(self, groups: frozenset[str]) -> list[str]:
        """What they are called; those outside the groups' base have no name here."""
        return sorted({self._names[group] for group in groups if self._names.get(group)})

    def _above(self, group: str) -> frozenset[str]:
        """The group and all it is in; a loop ends where it began."""
        known = self._closures.get(group)
        if known is not None:
            return known
        seen, level = {group}, [group]
        for _depth in range(MAX_DEPTH):
            level = [up for each in level for up in self._parents.get(each, ()) if up not in seen]
            if not level:
                break
            seen.update(level)
        else:
            log.warning("ldap_groups_too_deep", group=group.replace("\0", ","), depth=MAX_DEPTH)
        self._closures[group] = frozenset(seen)
        return self._closures[group]


def read(link: Any, settings: LdapSettings) -> Groups:
    """The groups of a directory.

    Raises:
        ldap.LDAPError, SourceBroken: see `search.pages`.
    """
    groups = Groups()
    wanted = ["cn", "memberOf"] if settings.is_active_directory else ["cn", "member", "uniqueMember"]
    base = settings.group_base_dn or settings.base_dn
    for dn, entry in search.entries(link, settings, base, settings.group_filter, wanted):
        name = name_of(entry)
        members = [
            each
            for attribute in wanted[1:]
            if attribute != "memberOf"
            for each in _dns(link, settings, dn, entry, attribute)
        ]
        parents = _dns(link, settings, dn, entry, "memberOf") if settings.is_active_directory else []
        groups.add(dn, name, members=members, parents=parents)
    return groups


def name_of(entry: search.Values) -> str:
    """What a group is called; empty if it says nothing readable."""
    found = next((values for name, values in entry.items() if name.lower() == "cn" and values), [b""])
    return texts.text(found[0], 200) or ""


def told_by(link: Any, settings: LdapSettings, dn: str, entry: search.Values) -> list[str]:
    """The groups a person's own entry names (`memberOf`, of Active Directory or OpenLDAP's overlay)."""
    return _dns(link, settings, dn, entry, "memberOf")


def _dns(link: Any, settings: LdapSettings, dn: str, entry: search.Values, attribute: str) -> list[str]:
    found = search.values(entry, attribute, lambda name: search.one(link, settings, dn, [name]))
    return [raw.decode(errors="replace") for raw in found]


def normalised(dn: str) -> str:
    """Two ways of writing one DN become one text: case, spaces, escapes, order in a multi-valued RDN."""
    ldap = library.load()
    try:
        rdns = ldap.dn.str2dn(dn)
    except ldap.LDAPError:
        return dn.lower()
    parts = (
        "+".join(sorted(f"{name.lower()}={' '.join(value.casefold().split())}" for name, value, _flags in rdn))
        for rdn in rdns
    )
    return "\0".join(parts)
