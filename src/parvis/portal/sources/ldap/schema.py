"""What is set for one directory server: pure data, checked when it is entered."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.kernel.errors import Invalid, Text

DEFAULT_PORTS = {"ldap": 389, "ldaps": 636}
MAX_SERVERS = 5
PAGE_SIZES = range(10, 5001)
SECONDS = range(1, 61)

_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]*(;[A-Za-z0-9-]+)*|\d+(\.\d+)+")
"""An attribute description (RFC 4512 section 2.5), with options."""


class Preset(enum.StrEnum):
    """Which server it is; it says where things stand in an entry."""

    OPENLDAP = "openldap"
    ACTIVE_DIRECTORY = "active_directory"


class EntityFrom(enum.StrEnum):
    """What tells an agent's service."""

    ATTRIBUTE = "attribute"
    OU = "ou"
    """The organisational unit the person's entry is in."""
    OU_PATH = "ou_path"
    """All of them from the base down, `Direction / Service`."""
    GROUP = "group"
    """The first group whose name begins with `group_prefix`; the service is the rest of the name."""


FIELDS: Mapping[str, Text] = MappingProxyType(
    {
        "key": gettext_lazy("Identifiant qui ne change jamais"),
        "first_name": gettext_lazy("Prénom"),
        "last_name": gettext_lazy("Nom"),
        "email": gettext_lazy("Adresse électronique"),
        "job_title": gettext_lazy("Fonction"),
        "personnel_number": gettext_lazy("Matricule"),
        "phone": gettext_lazy("Téléphone"),
        "office": gettext_lazy("Bureau"),
        "entity": gettext_lazy("Service"),
        "starts_date": gettext_lazy("Date d’arrivée"),
        "ends_date": gettext_lazy("Date de départ"),
    }
)
"""What is read of a person, and what pages call it."""

REQUIRED = ("key", "first_name", "last_name", "email")

TEXTS = (
    "base_dn",
    "bind_dn",
    "group_base_dn",
    "only_group",
    "group_prefix",
    "ca_pem",
    "disabled_filter",
    "password_help",
)
SWITCHES = ("start_tls", "with_groups", "sign_in", "sign_in_opens")
"""The settings that are one text, and those that are yes or no."""

Attributes = Mapping[str, tuple[str, ...]]
"""For each of `FIELDS`, the attributes to look in: the first that has a value wins."""

PRESETS: Mapping[Preset, Attributes] = MappingProxyType(
    {
        Preset.OPENLDAP: {  # RFC 2798, RFC 4530
            "key": ("entryUUID",),
            "first_name": ("givenName",),
            "last_name": ("sn",),
            "email": ("mail",),
            "job_title": ("title",),
            "personnel_number": ("employeeNumber",),
            "phone": ("telephoneNumber",),
            "office": ("roomNumber", "physicalDeliveryOfficeName"),
            "entity": ("departmentNumber", "ou"),
            "starts_date": (),
            "ends_date": (),
        },
        Preset.ACTIVE_DIRECTORY: {  # MS-ADA1…3
            "key": ("objectGUID",),
            "first_name": ("givenName",),
            "last_name": ("sn",),
            "email": ("mail", "userPrincipalName"),
            "job_title": ("title",),
            "personnel_number": ("employeeID", "employeeNumber"),
            "phone": ("telephoneNumber",),
            "office": ("physicalDeliveryOfficeName",),
            "entity": ("department",),
            "starts_date": (),
            "ends_date": ("accountExpires",),
        },
    }
)

USER_FILTERS: Mapping[Preset, str] = MappingProxyType(
    {
        Preset.OPENLDAP: "(objectClass=inetOrgPerson)",
        # Without contacts and computers; disabled people stay in: they are told to be disabled, not to have vanished.
        Preset.ACTIVE_DIRECTORY: "(&(objectCategory=person)(objectClass=user))",
    }
)
GROUP_FILTERS: Mapping[Preset, str] = MappingProxyType(
    {
        Preset.OPENLDAP: "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames))",
        Preset.ACTIVE_DIRECTORY: "(objectClass=group)",
    }
)


@dataclass(frozen=True, slots=True)
class Server:
    """Where a directory answers."""

    host: str
    port: int
    tls_from_start: bool
    """LDAPS; otherwise TLS begins by StartTLS, or not at all."""

    @classmethod
    def parse(cls, uri: str) -> Server:
        """Read `ldap://host[:port]` or `ldaps://host[:port]`.

        Raises:
            ValueError: it is something else.
        """
        parts = urlsplit(uri.strip())
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname or parts.username or parts.query:
            raise ValueError(uri)
        if parts.path not in ("", "/"):
            raise ValueError(uri)
        port = parts.port or DEFAULT_PORTS[parts.scheme]
        return cls(parts.hostname, port, parts.scheme == "ldaps")

    def __str__(self) -> str:
        """As a person writes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'ldaps' if self.tls_from_start else 'ldap'}://{host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LdapSettings:
    """One directory server, as the reader and the sign-in need it."""

    servers: tuple[Server, ...]
    """Tried in this order until one answers."""
    base_dn: str
    preset: Preset = Preset.OPENLDAP
    user_filter: str = USER_FILTERS[Preset.OPENLDAP]
    disabled_filter: str = ""
    """Who it finds among the people is disabled, whatever else their entry says."""
    bind_dn: str = ""
    bind_password: str = field(default="", repr=False)
    start_tls: bool = False
    ca_pem: str = ""
    """Certificates to trust, PEM: an authority's, or the server's own. Empty: those of the system."""
    attributes: Attributes = field(default_factory=lambda: PRESETS[Preset.OPENLDAP])
    entity_from: EntityFrom = EntityFrom.ATTRIBUTE
    group_prefix: str = ""
    with_groups: bool = False
    """Read the groups people are in."""
    group_base_dn: str = ""
    """Where groups are; empty: under `base_dn`."""
    group_filter: str = GROUP_FILTERS[Preset.OPENLDAP]
    only_group: str = ""
    """DN of the group whose members alone are read, nested ones included; empty: everybody under the base."""
    page_size: int = 500
    seconds: int = 15
    """Limit of each operation."""
    sign_in: bool = False
    """Agents of this source sign in with the directory's password."""
    sign_in_opens: bool = False
    """The first successful sign-in opens the agent's account."""
    password_help: str = ""
    """Where one changes the directory's password, in the DSI's words."""

    @property
    def needs_groups(self) -> bool:
        """Whether the tree of groups must be read before the people."""
        return self.with_groups or self.entity_from is EntityFrom.GROUP

    @property
    def is_active_directory(self) -> bool:
        """Whether the server has AD's own ways."""
        return self.preset is Preset.ACTIVE_DIRECTORY

    def wanted(self) -> list[str]:
        """Every attribute to ask for, operational ones included, each once."""
        names = [name for field_name in FIELDS for name in self.attributes.get(field_name, ())]
        names += ["userAccountControl"] if self.is_active_directory else ["pwdAccountLockedTime"]
        if self.needs_groups:
            names.append("memberOf")
        return list(dict.fromkeys(names))


def from_stored(stored: Mapping[str, Any], password: str = "") -> LdapSettings:
    """What a source keeps (texts, booleans, whole numbers, as a form or JSON has them), checked.

    `stored["servers"]` is a text with one address a line; `stored["attributes"]` a dictionary of texts, alternatives
    separated by commas; fields left out take the preset's.

    Raises:
        Invalid: `fields` names each fault.
    """
    faults: dict[str, list[str]] = {}
    preset = _choice(Preset, stored.get("preset"), Preset.OPENLDAP)
    values: dict[str, Any] = {
        "preset": preset,
        "servers": _servers(str(stored.get("servers") or ""), faults),
        "entity_from": _choice(EntityFrom, stored.get("entity_from"), EntityFrom.ATTRIBUTE),
        "user_filter": str(stored.get("user_filter") or USER_FILTERS[preset]).strip(),
        "group_filter": str(stored.get("group_filter") or GROUP_FILTERS[preset]).strip(),
        "attributes": _attributes(stored.get("attributes") or {}, preset, faults),
        "bind_password": password,
    }
    for name in TEXTS:
        values[name] = str(stored.get(name) or "").strip()
    for name in SWITCHES:
        values[name] = bool(stored.get(name))
    for name, allowed in (("page_size", PAGE_SIZES), ("seconds", SECONDS)):
        values[name] = _number(stored.get(name), name, allowed, faults)
    settings = LdapSettings(**values)
    _check(settings, faults)
    if faults:
        raise Invalid(fields=faults)
    return settings


def _servers(text: str, faults: dict[str, list[str]]) -> tuple[Server, ...]:
    servers = []
    for uri in text.split():
        try:
            servers.append(Server.parse(uri))
        except ValueError:
            problem = _("«\u202f%(uri)s\u202f» n’est pas de la forme ldaps://serveur.exemple.fr.") % {"uri": uri}
            faults.setdefault("servers", []).append(problem)
    if not servers and "servers" not in faults:
        faults["servers"] = [_("Donnez l’adresse d’au moins un serveur, par exemple ldaps://serveur.exemple.fr.")]
    if len(servers) > MAX_SERVERS:
        faults["servers"] = [_("Cinq serveurs suffisent.")]
    return tuple(servers)


def _attributes(stored: Mapping[str, str], preset: Preset, faults: dict[str, list[str]]) -> Attributes:
    attributes = dict(PRESETS[preset])
    for name, text in stored.items():
        if name not in FIELDS:
            continue
        names = tuple(part.strip() for part in str(text).split(",") if part.strip())
        for each in names:
            if not _ATTRIBUTE.fullmatch(each):
                problem = _("«\u202f%(name)s\u202f» n’est pas un nom d’attribut.") % {"name": each}
                faults.setdefault("attributes", []).append(problem)
        attributes[name] = names
    for name in REQUIRED:
        if not attributes[name]:
            problem = _("Dites quel attribut donne\u202f: %(field)s.") % {"field": FIELDS[name]}
            faults.setdefault("attributes", []).append(problem)
    return attributes


def _number(value: Any, name: str, allowed: range, faults: dict[str, list[str]]) -> int:
    if value in (None, ""):
        return 500 if name == "page_size" else 15
    number = int(value) if str(value).isascii() and str(value).isdigit() else -1
    if number not in allowed:
        limits = {"low": allowed.start, "high": allowed.stop - 1}
        faults[name] = [_("Un nombre entre %(low)d et %(high)d.") % limits]
        return allowed.start
    return number


def _check(settings: LdapSettings, faults: dict[str, list[str]]) -> None:
    if not settings.base_dn:
        faults["base_dn"] = [_("Dites où commencer, par exemple ou=agents,dc=exemple,dc=fr.")]
    for name in ("user_filter", "group_filter", "disabled_filter"):
        text = getattr(settings, name)
        if text and not is_filter(text):
            faults[name] = [_("Un filtre est entre parenthèses, par exemple (objectClass=inetOrgPerson).")]
    if settings.bind_dn and not settings.bind_password:
        # RFC 4513 section 5.1.2: a name without password is accepted by servers, and reads as an anonymous one.
        faults["bind_password"] = [_("Donnez le mot de passe du compte de lecture.")]
    if settings.entity_from is EntityFrom.GROUP and not settings.group_prefix:
        faults["group_prefix"] = [_("Dites par quoi commence le nom des groupes de service, par exemple SRV-.")]
    if settings.ca_pem and "-----BEGIN CERTIFICATE-----" not in settings.ca_pem:
        faults["ca_pem"] = [_("Collez le certificat au format PEM : il commence par -----BEGIN CERTIFICATE-----.")]


def is_filter(text: str) -> bool:
    """Whether the parentheses of a filter (RFC 4515) match; the server judges the rest."""
    depth = 0
    for at, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0 or (depth == 0 and at + 1 < len(text)):
            return False
    return depth == 0 and text.startswith("(") and "\0" not in text


def _choice(kind: type[Any], value: Any, default: Any) -> Any:
    try:
        return kind(value)
    except ValueError:
        return default
