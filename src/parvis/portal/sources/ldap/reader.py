"""The people of a directory server, from the first to the last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from parvis.portal.kernel import clock
from parvis.portal.sources.ldap import filters, groups, search, stored
from parvis.portal.sources.ldap.connection import connected
from parvis.portal.sources.ldap.mapping import Mapper
from parvis.portal.sources.ldap.schema import LdapSettings
from parvis.portal.sources.records import Fault, Record, SourceBroken

if TYPE_CHECKING:
    from parvis.portal.sources.models import Run, Source


def reader(source: Source, run: Run | None = None) -> LdapReader:
    """A fresh reading of a source of kind "ldap" (`sources.readers`).

    Raises:
        SourceBroken: its settings cannot be used.
    """
    return LdapReader(stored.settings_of(source), today=clock.today())


class LdapReader:
    """See `sources.records.Reader`. Memory: a page of entries, and the groups if they are read.

    Always everybody: a change of date says nothing of who vanished, of groups, of a unit renamed above somebody, nor of
    what a late replica brings; and a full reading of 5,000 people takes about a second (`bench directory`).
    """

    def __init__(self, settings: LdapSettings, *, today: date) -> None:
        self.settings, self.today = settings, today

    def read(self) -> Iterator[Record | Fault]:
        """Everybody.

        Raises:
            SourceBroken: unreachable, refused, dropped midway, limited; or no person at all, which is never true.
            LibraryMissing: python-ldap is not installed.
        """
        nobody = True
        for found in self._read():
            nobody = False
            yield found
        if nobody:
            raise SourceBroken(
                _(
                    "L’annuaire ne donne aucune personne\u202f: vérifiez la base, "
                    "le filtre et les droits du compte de lecture."
                ),
                code="ldap_empty",
            )

    def _read(self) -> Iterator[Record | Fault]:
        settings, filter_text = self.settings, self.settings.user_filter
        if settings.only_group and settings.is_active_directory:
            filter_text = filters.member_of(filter_text, settings.only_group)
        mapper = Mapper(settings, today=self.today)
        with connected(settings) as link:
            tree = self._groups(link)
            disabled = self._disabled(link, filter_text)
            for dn, entry in search.entries(link, settings, settings.base_dn, filter_text, self._wanted()):
                inside = self._inside(link, tree, dn, entry)
                if inside is not None:
                    names = tree.names(inside) if tree else ()
                    yield mapper.map(dn, entry, names, disabled=dn in disabled)

    def _groups(self, link: Any) -> groups.Groups | None:
        return groups.read(link, self.settings) if self._walks() else None

    def _walks(self) -> bool:
        return self.settings.needs_groups or bool(self.settings.only_group and not self.settings.is_active_directory)

    def _wanted(self) -> list[str]:
        return replace(self.settings, with_groups=self._walks()).wanted()

    def _inside(self, link: Any, tree: groups.Groups | None, dn: str, entry: search.Values) -> frozenset[str] | None:
        """The groups of a person; None: they are not of the only group that is read."""
        if tree is None:
            return frozenset()
        found = tree.containing(dn, groups.told_by(link, self.settings, dn, entry))
        only = self.settings.only_group
        if only and not self.settings.is_active_directory and groups.normalised(only) not in found:
            return None
        return found

    def _disabled(self, link: Any, filter_text: str) -> frozenset[str]:
        if not self.settings.disabled_filter:
            return frozenset()
        both = f"(&{filter_text}{self.settings.disabled_filter})"
        return frozenset(dn for dn, _entry in search.entries(link, self.settings, self.settings.base_dn, both, ()))
