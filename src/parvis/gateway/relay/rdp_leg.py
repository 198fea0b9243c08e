"""The two legs of RDP that a browser cannot do: X.224 negotiation, then TLS with a pinned certificate."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
from dataclasses import dataclass

from cryptography import x509

from parvis.gateway.protocol import x224
from parvis.gateway.protocol.errors import X224Error
from parvis.gateway.protocol.rdcleanpath import NEGOTIATION_ERROR, Failure
from parvis.gateway.reasons import WSA_RESET, Reason, Refusal

_MAX_SUBJECT = 200


@dataclass(frozen=True, slots=True)
class Negotiated:
    """What the PC answered: its confirm as it came, and the security protocol it chose."""

    confirm: bytes
    selected: x224.Security


@dataclass(frozen=True, slots=True)
class Certificate:
    """The PC's certificate. `subject` and `not_after` come from the PC: hostile text, cut to size."""

    der: bytes
    fingerprint: str
    """SHA-256 of the DER, lower-case hexadecimal."""
    subject: str
    not_after: str
    """ISO 8601, UTC; empty when unreadable."""


def tls_context() -> ssl.SSLContext:
    """TLS 1.2 or later, no authority: an office PC signs its own certificate, the pin is what counts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def negotiate(sock: socket.socket, request: x224.ConnectionRequest, timeout: float) -> Negotiated:
    """Exchange the X.224 connection request and confirm on a connected socket.

    Raises:
        Refusal: `target_unreachable`, with the PC's own refusal for the browser when there is one.
    """
    try:
        confirm = await asyncio.wait_for(_exchange(sock, x224.encode_request(request)), timeout)
        answer = x224.decode_confirm(confirm, request.protocols)
    except X224Error as error:
        raise Refusal(Reason.TARGET_UNREACHABLE, f"the PC does not speak RDP: {error}") from None
    except (OSError, TimeoutError) as error:
        raise Refusal(
            Reason.TARGET_UNREACHABLE,
            f"no RDP answer: {type(error).__name__}",
            failure=Failure(wsa_error=WSA_RESET) if isinstance(error, ConnectionError) else None,
        ) from None
    if answer.failure is not None or answer.selected is x224.Security.RDP:
        refusal = confirm if answer.failure is not None else x224.encode_failure(x224.FailureCode.SSL_NOT_ALLOWED)
        raise Refusal(
            Reason.TARGET_UNREACHABLE,
            f"RDP negotiation failed, code {answer.failure or x224.FailureCode.SSL_NOT_ALLOWED:d}",
            failure=Failure(NEGOTIATION_ERROR),
            x224=refusal,
        )
    return Negotiated(confirm, answer.selected)


def read_certificate(der: bytes) -> Certificate:
    """Describe the PC's certificate; an unreadable one still has a fingerprint."""
    try:
        parsed = x509.load_der_x509_certificate(der)
        subject = parsed.subject.rfc4514_string()
        not_after = parsed.not_valid_after_utc.isoformat()
    except Exception:  # whatever a hostile certificate makes the parser raise: it is only a description
        subject = not_after = ""
    printable = "".join(character for character in subject if character.isprintable())
    return Certificate(der, hashlib.sha256(der).hexdigest(), printable[:_MAX_SUBJECT], not_after)


async def _exchange(sock: socket.socket, request: bytes) -> bytes:
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(sock, request)
    answer = b""
    while (size := x224.size(answer)) is None or len(answer) < size:
        # Never a byte further: what follows the confirm belongs to TLS.
        part = await loop.sock_recv(sock, (size or x224.TPKT_HEADER) - len(answer))
        if not part:
            raise ConnectionResetError("closed")
        answer += part
    return answer
