"""TLS towards a directory server, by Python's own `ssl`.

Why not libldap's: it resolves names by itself, so that the address checked need not be the one connected to; it wants
authorities in files; and what it says of a refused certificate is « unknown error » or worse, depending on the TLS
library it was built with. Here the certificate is always verified, and its problem has a name.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import threading

from django.utils.translation import gettext as _

from parvis.portal.sources.records import SourceBroken

_START_TLS = bytes.fromhex("301d02010177188016") + b"1.3.6.1.4.1.1466.20037"
"""ExtendedRequest, message 1 (RFC 4511 section 4.14)."""
_MAX_ANSWER = 4096
_CHUNK = 65536


def protect(plain: socket.socket, host: str, ca_pem: str) -> ssl.SSLSocket:
    """The TLS handshake; `plain` belongs to the result afterwards, and is closed if it fails.

    `host` is what the certificate must be for. `ca_pem` replaces the system's authorities; it may be the server's own
    certificate (a pin).

    Raises:
        SourceBroken: with the certificate's problem.
    """
    try:
        return _context(ca_pem).wrap_socket(plain, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        plain.close()
        raise SourceBroken(certificate_problem(error, host), code="ldap_certificate") from error
    except (ssl.SSLError, OSError, ValueError) as error:
        plain.close()
        raise SourceBroken(
            _(
                "«\u202f%(host)s\u202f» n’a pas établi de connexion chiffrée\u202f: ce port ne parle "
                "peut-être pas LDAPS."
            )
            % {"host": host},
            code="ldap_tls",
        ) from error


def start_tls(plain: socket.socket, host: str) -> None:
    """Ask for TLS on a connection that began without (RFC 4511 section 4.14); nothing else was sent on it.

    Raises:
        SourceBroken: the server will not, or answers something else.
    """
    try:
        plain.sendall(_START_TLS)
        accepted = _read_result(plain) == 0
    except (OSError, ValueError, IndexError):
        accepted = False
    if not accepted:
        plain.close()
        raise SourceBroken(
            _("«\u202f%(host)s\u202f» refuse StartTLS\u202f: essayez ldaps://.") % {"host": host}, code="ldap_tls"
        )


def bridge(secure: ssl.SSLSocket, seconds: float) -> int:
    """A file descriptor that libldap takes for its connection (and will close); TLS happens behind it, in a thread."""
    ours, theirs = socket.socketpair()
    threading.Thread(target=_carry, args=(secure, theirs, seconds), daemon=True, name="ldap-tls").start()
    return ours.detach()


def certificate_problem(error: ssl.SSLCertVerificationError, host: str) -> str:
    """What is wrong with a certificate, for the DSI. Codes: X509_V_ERR_… of OpenSSL's `x509_vfy.h`."""
    sentences = {
        9: _(
            "Le certificat de «\u202f%(host)s\u202f» n’est pas encore valable\u202f: vérifiez "
            "l’heure des deux serveurs."
        ),
        10: _("Le certificat de «\u202f%(host)s\u202f» a expiré."),
        18: _(
            "Le certificat de «\u202f%(host)s\u202f» est signé par lui-même\u202f: collez-le dans le "
            "réglage «\u202fCertificat\u202f»."
        ),
        62: _("Le certificat présenté n’est pas celui de «\u202f%(host)s\u202f»\u202f: il porte un autre nom."),
        64: _("Le certificat présenté n’est pas celui de «\u202f%(host)s\u202f»\u202f: il porte un autre nom."),
    }
    unknown = _(
        "Le certificat de «\u202f%(host)s\u202f» vient d’une autorité inconnue\u202f: collez celui "
        "de l’autorité dans le réglage "
        "«\u202fCertificat\u202f»."
    )
    return sentences.get(error.verify_code, unknown) % {"host": host}


def _context(ca_pem: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=ca_pem or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the server's own certificate is enough
    return context


def _read_result(plain: socket.socket) -> int:
    """The result code of one LDAPMessage, read to its last byte and not further: what follows is TLS."""
    head = _exactly(plain, 2)
    length = head[1]
    if length & 0x80:
        length = int.from_bytes(_exactly(plain, length & 0x7F), "big")
    if head[0] != 0x30 or length > _MAX_ANSWER:
        raise ValueError("not an LDAPMessage")
    message = _exactly(plain, length)
    at = 2 + message[1]  # the message id
    if message[0] != 0x02 or message[at] != 0x78:
        raise ValueError("not an ExtendedResponse")
    at += 2 + (message[at + 1] & 0x7F if message[at + 1] & 0x80 else 0)
    if message[at] != 0x0A or message[at + 1] != 1:
        raise ValueError("no result code")
    return message[at + 2]


def _exactly(plain: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        more = plain.recv(count - len(found))
        if not more:
            raise ConnectionError("closed")
        found += more
    return found


def _carry(secure: ssl.SSLSocket, plain: socket.socket, seconds: float) -> None:
    """Both directions until either side closes. The client asks little and waits: one thread is enough."""
    with contextlib.suppress(OSError), secure, plain, selectors.DefaultSelector() as ready:
        ready.register(secure, selectors.EVENT_READ)
        ready.register(plain, selectors.EVENT_READ)
        while True:
            sides = {key.fileobj for key, _events in ready.select()} if not secure.pending() else {secure}
            if secure in sides and not _from_server(secure, plain, seconds):
                return
            if plain in sides:
                asked = plain.recv(_CHUNK)
                if not asked:
                    return
                secure.settimeout(seconds)
                secure.sendall(asked)


def _from_server(secure: ssl.SSLSocket, plain: socket.socket, seconds: float) -> bool:
    # Not blocking: TLS has messages of its own (session tickets), and the client's question may be waiting.
    secure.settimeout(0)
    try:
        told = secure.recv(_CHUNK)
    except ssl.SSLWantReadError:
        return True
    if told:
        plain.sendall(told)
    return bool(told)
