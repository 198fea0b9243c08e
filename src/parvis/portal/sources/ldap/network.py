"""A TCP connection to a directory server: its address is checked after DNS, and that very address is connected to."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
from ipaddress import ip_address

from django.conf import settings
from django.utils.translation import gettext as _

from parvis.portal.sources.ldap.schema import Server
from parvis.portal.sources.records import SourceBroken
from parvis.ticket.addresses import AddressForbidden, check_address


def resolve(server: Server, seconds: float) -> list[str]:
    """The addresses of the server that may be reached, in the resolver's order.

    Raises:
        SourceBroken: unknown name, no answer from DNS in time, or no address that may be reached.
    """
    if settings.PARVIS.demo and not _names_this_machine(server.host):
        # Not even a question to a stranger's DNS.
        raise SourceBroken(
            _("La démonstration n’interroge aucun annuaire hors de cette machine."), code="ldap_address_forbidden"
        )
    found = _look_up(server, seconds)
    allowed = []
    for address in found:
        with contextlib.suppress(AddressForbidden):
            allowed.append(check(address, server.port))
    if not allowed:
        raise SourceBroken(
            _("%(server)s est à l’adresse %(address)s, que ce portail n’a pas le droit de joindre.")
            % {"server": server, "address": found[0]},
            code="ldap_address_forbidden",
            advice=_("Autorisez cette adresse sur le serveur du portail\u202f: réglage PARVIS_DIRECTORY_SERVERS."),
        )
    return allowed


def _names_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def check(address: str, port: int) -> str:
    """The address to connect to, once it is known to be allowed.

    Loopback is for development, the demo and tests; the demo reaches nothing else.

    Raises:
        AddressForbidden: with the reason, in English.
    """
    environment = settings.PARVIS
    ip = ip_address(address.partition("%")[0])
    if environment.mode != "production" and ip.is_loopback:
        return str(ip)
    return str(check_address(address, port, environment.directory_addresses))


def connect(server: Server, seconds: float) -> socket.socket:
    """A connected socket, its time limit set to `seconds`.

    Raises:
        SourceBroken: unknown name, forbidden address, refused, or no answer.
    """
    problem: OSError | None = None
    for address in resolve(server, seconds):
        try:
            connected = socket.create_connection((address, server.port), timeout=seconds)
        except OSError as error:
            problem = problem or error
            continue
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return connected
    if isinstance(problem, TimeoutError):
        sentence = _(
            "%(server)s ne répond pas\u202f: rien n’arrive en %(seconds)d secondes (pare-feu\u202f? "
            "serveur éteint\u202f?)."
        )
    elif isinstance(problem, ConnectionRefusedError):
        sentence = _("%(server)s refuse la connexion\u202f: aucun annuaire n’écoute sur ce port.")
    else:
        sentence = _("%(server)s ne peut pas être joint depuis ce portail.")
    raise SourceBroken(sentence % {"server": server, "seconds": seconds}, code="ldap_unreachable") from problem


def _look_up(server: Server, seconds: float) -> list[str]:
    # The system's resolver has no time limit of its own: a thread that hangs there is left to it.
    answers: queue.SimpleQueue[list[str] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
            answers.put(list(dict.fromkeys(str(sockaddr[0]) for *_rest, sockaddr in found)))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True, name="ldap-resolver").start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        answer = TimeoutError()
    if isinstance(answer, list) and answer:
        return answer
    raise SourceBroken(
        _("Le nom «\u202f%(host)s\u202f» est inconnu du réseau (DNS).") % {"host": server.host},
        code="ldap_unknown_name",
    )
