"""From an entry to a record, by the settings."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from parvis.portal.sources.ldap import library, texts
from parvis.portal.sources.ldap.schema import FIELDS, REQUIRED, EntityFrom, LdapSettings
from parvis.portal.sources.ldap.search import Values
from parvis.portal.sources.records import Fault, Record

LIMITS: Mapping[str, int] = {
    "first_name": 100,
    "last_name": 100,
    "email": 1000,
    "job_title": 150,
    "personnel_number": 40,
    "phone": 30,
    "office": 60,
    "entity": 150,
}
"""What the directory of Parvis can hold, in characters; a longer e-mail is refused, not cut."""

DISABLED = 0x2
"""ADS_UF_ACCOUNTDISABLE of `userAccountControl` (MS-ADTS 2.2.16)."""
LOCKED_FOR_GOOD = b"000001010000Z"
"""`pwdAccountLockedTime` of an account that an administrator locked; a date is only too many wrong passwords."""
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_USUAL_EMAIL = re.compile(rf"[\w+'-]+(?:\.[\w+'-]+)*@(?:{_LABEL}\.)+[A-Za-z]{{2,63}}", re.ASCII)
"""Addresses that Django's validator accepts too, at a fifth of its price."""


class Mapper:
    """Makes records of one source's entries."""

    def __init__(self, settings: LdapSettings, *, today: date) -> None:
        self.settings, self.today = settings, today
        self._ldap = library.load()
        self._names = {field: tuple(name.lower() for name in settings.attributes.get(field, ())) for field in FIELDS}
        self._texts = [(field, self._names[field], limit) for field, limit in LIMITS.items()]
        self._base_length = len(self._rdns(settings.base_dn))

    def map(self, dn: str, entry: Values, groups: Collection[str] = (), *, disabled: bool = False) -> Record | Fault:
        """The record of a person, or why there is none."""
        values = {name.lower(): found for name, found in entry.items() if found}
        facts = {field: _text(names, limit, values) for field, names, limit in self._texts}
        key, where = self.key(values), texts.text(dn.encode(), 300) or "?"
        problem = self._problem(facts, key, values)
        if problem:
            return Fault(where, problem, key)
        ends = self._date("ends_date", values)
        gone = disabled or self._is_disabled(values) or (ends is not None and ends < self.today)
        facts["entity"] = self._entity(dn, facts["entity"], groups)
        return Record(
            **facts,
            key=key,
            is_active=not gone,
            starts_date=self._date("starts_date", values),
            ends_date=ends,
            groups=frozenset(groups) if self.settings.with_groups else frozenset(),
            where=where,
        )

    def key(self, values: Values) -> str:
        """The person's stable key; empty if they have none. `values`: names in lower case."""
        for name in self._names["key"]:
            found = values.get(name)
            if found and (key := texts.key(name, found[0])):
                return key
        return ""

    def missing(self, entry: Values) -> list[str]:
        """The fields of `FIELDS` that this entry gives nothing for, though an attribute is set for them."""
        values = {name.lower(): found for name, found in entry.items() if found}
        return [field for field, names in self._names.items() if names and not any(name in values for name in names)]

    def _date(self, field: str, values: Values) -> date | None:
        read = texts.last_day if field == "ends_date" else lambda _name, raw: texts.day(raw)
        for name in self._names[field]:
            for raw in values.get(name, ()):
                found = read(name, raw)
                if found:
                    return found
        return None

    def _problem(self, facts: dict[str, str], key: str, values: Values) -> str:
        if not key:
            return _("Aucun identifiant stable (%(names)s).") % {"names": ", ".join(self.settings.attributes["key"])}
        for field in REQUIRED[1:]:
            if not facts[field]:
                unreadable = any(name in values for name in self._names[field])
                sentence = _("Illisible\u202f: %(field)s.") if unreadable else _("Manque\u202f: %(field)s.")
                return sentence % {"field": str(FIELDS[field]).lower()}
        if _USUAL_EMAIL.fullmatch(facts["email"]) and len(facts["email"]) <= 254:
            return ""
        try:
            validate_email(facts["email"])
        except ValidationError:
            return _("Adresse électronique incorrecte\u202f: %(email)s") % {"email": facts["email"][:80]}
        return _("Adresse électronique trop longue.") if len(facts["email"]) > 254 else ""

    def _is_disabled(self, values: Values) -> bool:
        flags = values.get("useraccountcontrol", [b""])[0]
        if flags.isdigit() and int(flags) & DISABLED:
            return True
        return LOCKED_FOR_GOOD in values.get("pwdaccountlockedtime", ())

    def _entity(self, dn: str, from_attribute: str, groups: Collection[str]) -> str:
        how = self.settings.entity_from
        if how is EntityFrom.ATTRIBUTE:
            return from_attribute
        if how is EntityFrom.GROUP:
            prefix = self.settings.group_prefix.lower()
            found = sorted(name for name in groups if name.lower().startswith(prefix))
            return found[0][len(prefix) :].strip()[: LIMITS["entity"]] if found else ""
        units = self._units(dn)
        return (units[-1] if how is EntityFrom.OU else " / ".join(units))[: LIMITS["entity"]] if units else ""

    def _units(self, dn: str) -> list[str]:
        """The organisational units between the base and the person, the widest first."""
        rdns = self._rdns(dn)
        below = rdns[1 : len(rdns) - self._base_length]
        found = [
            texts.text(value.encode(), 150) or ""
            for rdn in below
            for name, value, _flags in rdn
            if name.lower() == "ou"
        ]
        return [unit for unit in reversed(found) if unit]

    def _rdns(self, dn: str) -> list[Any]:
        try:
            return list(self._ldap.dn.str2dn(dn))
        except self._ldap.LDAPError:
            return []


def _text(names: tuple[str, ...], limit: int, values: Values) -> str:
    """The first value that is a text and says something."""
    for name in names:
        for raw in values.get(name, ()):
            found = texts.text(raw, limit)
            if found:
                return found
    return ""
