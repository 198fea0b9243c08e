"""« Tester la connexion »: the way of a reading, aloud. Each step says in plain French what was found."""

from __future__ import annotations

import enum
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Unavailable
from parvis.portal.sources.ldap import connection, groups, library, network, search
from parvis.portal.sources.ldap.mapping import Mapper
from parvis.portal.sources.ldap.schema import FIELDS, REQUIRED, LdapSettings, Server
from parvis.portal.sources.records import Fault, Record

OPERATION_SECONDS = 5
TOTAL_SECONDS = 25
"""A person waits in front of the page."""
SAMPLE = 5


class Outcome(enum.StrEnum):
    """How a step went."""

    GOOD = "good"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that was tried."""

    title: str
    outcome: Outcome = Outcome.GOOD
    detail: str = ""
    advice: str = ""
    sample: tuple[Record | Fault, ...] = ()


def diagnose(settings: LdapSettings, *, today: date | None = None) -> list[Step]:
    """Try every server, then read a first page from one that works. Takes `TOTAL_SECONDS` or little more."""
    limit = time.monotonic() + TOTAL_SECONDS
    quick = replace(settings, seconds=min(settings.seconds, OPERATION_SECONDS))
    try:
        library.load()
    except library.LibraryMissing as missing:
        return [_failed(_("Composant LDAP"), missing)]
    steps: list[Step] = []
    link = None
    for server in quick.servers:
        if time.monotonic() > limit:
            steps.append(Step(title=str(server), outcome=Outcome.WARNING, detail=_("Pas essayé, faute de temps.")))
            continue
        try:
            found = _try_server(quick, server, steps)
        except connection.CredentialsRefused as refused:
            steps.append(_failed(f"{_('Compte de lecture')} · {server}", refused))
            break  # one wrong password is enough: directories lock accounts
        if link is None:
            link = found
        elif found is not None:
            connection.close(found)
    if link is not None:
        try:
            steps += _read(link, quick, today or clock.today())
        finally:
            connection.close(link)
    return steps


def _try_server(settings: LdapSettings, server: Server, steps: list[Step]) -> Any:
    """Name, connection, certificate, bind; the bound connection, or None after a failed step.

    Raises:
        CredentialsRefused: by the bind.
    """
    title = _("Nom et réseau")
    try:
        addresses = network.resolve(server, settings.seconds)
        plain = network.connect(server, settings.seconds)
        steps.append(
            Step(title=f"{title} · {server}", detail=_("Joint à l’adresse %(address)s.") % {"address": addresses[0]})
        )
        title = _("Chiffrement")
        descriptor = connection.secured(settings, server, plain)
        steps.append(_encrypted(settings, server))
        title = _("Compte de lecture")
        link = connection.over(settings, descriptor)
        try:
            connection.bind_as(link, settings.bind_dn, settings.bind_password)
        except Unavailable:
            connection.close(link)
            raise
    except connection.CredentialsRefused:
        raise
    except Unavailable as broken:
        steps.append(_failed(f"{title} · {server}", broken))
        return None
    who = settings.bind_dn or _("anonyme")
    steps.append(Step(title=f"{title} · {server}", detail=_("Accepté\u202f: %(who)s") % {"who": who}))
    return link


def _encrypted(settings: LdapSettings, server: Server) -> Step:
    title = f"{_('Chiffrement')} · {server}"
    if server.tls_from_start or settings.start_tls:
        return Step(title=title, detail=_("TLS, certificat vérifié."))
    return Step(
        title=title, outcome=Outcome.WARNING, detail=_("Sans chiffrement\u202f: possible sur cette machine seulement.")
    )


def _read(link: Any, settings: LdapSettings, today: date) -> Iterator[Step]:
    """The first page of people, a sample of them, and what is missing."""
    try:
        with connection.errors_as_broken():
            page = next(search.pages(link, settings, settings.base_dn, settings.user_filter, settings.wanted()), [])
    except Unavailable as broken:
        yield _failed(_("Base de recherche"), broken)
        return
    yield Step(title=_("Base de recherche"), detail=settings.base_dn)
    if not page:
        advice = _("Vérifiez la base, le filtre et les droits du compte de lecture.")
        yield Step(title=_("Personnes"), outcome=Outcome.FAILED, detail=_("Aucune personne trouvée."), advice=advice)
        return
    tree = None
    if settings.needs_groups:
        step, tree = _groups(link, settings)
        yield step
    mapper, count = Mapper(settings, today=today), len(page)
    found = [mapper.map(dn, entry, _names(link, settings, tree, dn, entry)) for dn, entry in page]
    unreadable = sum(isinstance(each, Fault) for each in found)
    detail = _("%(count)s dans la première page.") % {
        "count": ngettext("%(n)d personne", "%(n)d personnes", count) % {"n": count}
    }
    if unreadable:
        faults = ngettext("%(n)d fiche est incomplète", "%(n)d fiches sont incomplètes", unreadable)
        detail += " " + faults % {"n": unreadable} + "."
    outcome = Outcome.GOOD if unreadable * 2 < count else Outcome.WARNING
    yield Step(title=_("Personnes"), outcome=outcome, detail=detail, sample=tuple(found[:SAMPLE]))
    yield _attributes(mapper, page)


def _attributes(mapper: Mapper, page: list[search.Entry]) -> Step:
    """Which fields nobody of the page has anything for."""
    never = set(FIELDS)
    for _dn, entry in page:
        never &= set(mapper.missing(entry))
    if not never:
        return Step(title=_("Attributs"), detail=_("Chaque attribut demandé est renseigné pour quelqu’un."))
    words = ", ".join(
        f"{str(label).lower()} ({', '.join(mapper.settings.attributes[name])})"
        for name, label in FIELDS.items()
        if name in never
    )
    outcome = Outcome.FAILED if never & set(REQUIRED) else Outcome.WARNING
    advice = _("Vérifiez le nom des attributs, et que le compte de lecture a le droit de les voir.")
    detail = _("Vides pour tout le monde\u202f: %(words)s.") % {"words": words}
    return Step(title=_("Attributs"), outcome=outcome, detail=detail, advice=advice)


def _groups(link: Any, settings: LdapSettings) -> tuple[Step, groups.Groups | None]:
    try:
        with connection.errors_as_broken():
            tree = groups.read(link, settings)
    except Unavailable as broken:
        return _failed(_("Groupes"), broken), None
    count = len(tree)
    if not count:
        return Step(title=_("Groupes"), outcome=Outcome.WARNING, detail=_("Aucun groupe trouvé.")), tree
    words = ngettext("%(n)d groupe.", "%(n)d groupes.", count) % {"n": count}
    return Step(title=_("Groupes"), detail=words), tree


def _names(link: Any, settings: LdapSettings, tree: groups.Groups | None, dn: str, entry: search.Values) -> list[str]:
    if tree is None:
        return []
    with connection.errors_as_broken():
        return tree.names(tree.containing(dn, groups.told_by(link, settings, dn, entry)))


def _failed(title: str, broken: Unavailable) -> Step:
    return Step(title=title, outcome=Outcome.FAILED, detail=str(broken.message), advice=str(broken.advice))
