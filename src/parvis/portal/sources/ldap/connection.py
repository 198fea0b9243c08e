"""A bound connection to the first directory server that answers, and what its errors mean."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import structlog
from django.utils.translation import gettext as _

from parvis.portal.kernel.errors import Text
from parvis.portal.sources.ldap import library, network, tls
from parvis.portal.sources.ldap.schema import LdapSettings, Server
from parvis.portal.sources.records import SourceBroken

log = structlog.get_logger("parvis.ldap")


class CredentialsRefused(SourceBroken):
    """The server answered and refused a name and password: asking another server would count as one more try."""

    default_code = "ldap_credentials"


@contextlib.contextmanager
def connected(settings: LdapSettings, *, bind: bool = True) -> Iterator[Any]:
    """python-ldap's `LDAPObject`, bound with the reading account, closed at the end of the block.

    Whatever the server does inside the block, `SourceBroken` comes out.

    Raises:
        SourceBroken: no server can be used; it names each one's problem.
        CredentialsRefused: the reading account's password.
        LibraryMissing: python-ldap is not installed.
    """
    library.load()
    link = _first_that_answers(settings, bind)
    try:
        with errors_as_broken():
            yield link
    finally:
        close(link)


AVOIDED_SECONDS = 60
_avoid_until: dict[Server, float] = {}
"""Servers that failed lately are tried last, so that a dead first one does not slow every sign-in down."""


def _first_that_answers(settings: LdapSettings, bind: bool) -> Any:
    problems: list[SourceBroken] = []
    now = time.monotonic()
    for server in sorted(settings.servers, key=lambda each: now < _avoid_until.get(each, now)):
        try:
            link = open_link(settings, server, bind=bind)
            _avoid_until.pop(server, None)
            return link
        except CredentialsRefused:
            raise
        except SourceBroken as broken:
            log.warning("ldap_server_unusable", server=str(server), code=broken.code)
            _avoid_until[server] = now + AVOIDED_SECONDS
            problems.append(broken)
    if len(problems) == 1:
        raise problems[0]
    sentence = " ".join(str(broken.message) for broken in problems)
    raise SourceBroken(sentence, code=problems[0].code, advice=problems[0].advice)


def open_link(settings: LdapSettings, server: Server, *, bind: bool = True) -> Any:
    """One server: address, TLS, bind.

    Raises:
        SourceBroken, CredentialsRefused: as for `connected`.
    """
    link = over(settings, secured(settings, server, network.connect(server, settings.seconds)))
    if bind:
        try:
            bind_as(link, settings.bind_dn, settings.bind_password)
        except SourceBroken:
            close(link)
            raise
    return link


def over(settings: LdapSettings, descriptor: int) -> Any:
    """libldap on a connection that is made already: it resolves no name, follows no referral, waits for no one long."""
    ldap = library.load()
    with errors_as_broken():
        link = ldap.initialize("ldap://connected", fileno=descriptor)
        link.protocol_version = ldap.VERSION3
        link.set_option(ldap.OPT_REFERRALS, ldap.OPT_OFF)
        link.set_option(ldap.OPT_DEREF, ldap.DEREF_NEVER)
        link.set_option(ldap.OPT_NETWORK_TIMEOUT, float(settings.seconds))
        link.set_option(ldap.OPT_TIMEOUT, float(settings.seconds))
    return link


def close(link: Any) -> None:
    """Unbind, whatever state the connection is in."""
    with contextlib.suppress(Exception):
        link.unbind_ext_s()


def secured(settings: LdapSettings, server: Server, plain: socket.socket) -> int:
    """A descriptor for libldap over `plain`, with verified TLS unless the server is on this machine.

    Raises:
        SourceBroken: TLS fails, or none is asked for and passwords would travel in clear.
    """
    if server.tls_from_start or settings.start_tls:
        if not server.tls_from_start:
            tls.start_tls(plain, server.host)
        return tls.bridge(tls.protect(plain, server.host, settings.ca_pem), settings.seconds)
    if not ip_address(plain.getpeername()[0]).is_loopback:
        plain.close()
        raise SourceBroken(
            _("La connexion à %(server)s n’est pas chiffrée\u202f: le mot de passe passerait en clair.")
            % {"server": server},
            code="ldap_cleartext",
            advice=_("Utilisez ldaps:// ou cochez StartTLS."),
        )
    plain.setblocking(True)
    return plain.detach()


def bind_as(link: Any, dn: str, password: str) -> list[Any]:
    """Simple bind; the controls of the answer. An empty name is an anonymous bind, an empty password is never sent.

    Raises:
        CredentialsRefused: wrong name or password.
        SourceBroken: anything else.
    """
    if dn and not password:
        raise CredentialsRefused(_("Le mot de passe du compte de lecture n’est pas renseigné."))
    with errors_as_broken():
        *_answer, controls = link.simple_bind_s(dn, password)
        return list(controls)


@contextlib.contextmanager
def errors_as_broken() -> Iterator[None]:
    """Turn python-ldap's errors into sentences for the DSI."""
    ldap = library.load()
    try:
        yield
    except ldap.INVALID_CREDENTIALS as error:
        raise CredentialsRefused(_("L’annuaire refuse le nom ou le mot de passe du compte de lecture.")) from error
    except ldap.LDAPError as error:
        log.warning("ldap_error", kind=type(error).__name__, diagnostic=diagnostic(error))
        raise SourceBroken(_sentence(ldap, error), code="ldap_error") from error
    except OSError as error:
        raise SourceBroken(_("La connexion avec l’annuaire s’est coupée."), code="ldap_error") from error


def diagnostic(error: Exception) -> str:
    """What the server said besides the result code (`diagnosticMessage`), for the log and for AD's sub-codes."""
    facts = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    return str(facts.get("info", ""))[:300]


def _sentence(ldap: Any, error: Exception) -> Text:
    limits = (ldap.SIZELIMIT_EXCEEDED, ldap.ADMINLIMIT_EXCEEDED)
    rights = (ldap.INSUFFICIENT_ACCESS, ldap.STRONG_AUTH_REQUIRED, ldap.CONFIDENTIALITY_REQUIRED)
    busy = (ldap.BUSY, ldap.UNAVAILABLE, ldap.UNWILLING_TO_PERFORM)
    kinds: list[tuple[Any, Text]] = [
        (ldap.SERVER_DOWN, _("L’annuaire a coupé la connexion avant la fin.")),
        ((ldap.TIMEOUT, ldap.TIMELIMIT_EXCEEDED), _("L’annuaire n’a pas répondu à temps.")),
        (
            limits,
            _(
                "L’annuaire limite le nombre de fiches qu’il donne\u202f: relevez cette limite pour "
                "le compte de lecture."
            ),
        ),
        (ldap.NO_SUCH_OBJECT, _("La base de recherche n’existe pas dans l’annuaire, ou ce compte ne la voit pas.")),
        (ldap.INVALID_DN_SYNTAX, _("Un nom (DN) des réglages n’est pas écrit comme l’annuaire l’attend.")),
        (ldap.FILTER_ERROR, _("Un filtre des réglages n’est pas correct.")),
        (rights, _("Le compte de lecture n’a pas le droit de lire cela dans l’annuaire.")),
        (busy, _("L’annuaire est occupé ou en maintenance.")),
        (
            ldap.UNAVAILABLE_CRITICAL_EXTENSION,
            _("Cet annuaire ne sait pas donner ses fiches page par page (RFC 2696)."),
        ),
    ]
    for kind, sentence in kinds:
        if isinstance(error, kind):
            return sentence
    return _("L’annuaire a répondu par une erreur (%(name)s).") % {"name": type(error).__name__}
