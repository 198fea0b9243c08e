"""RDCleanPath: how the browser asks the gateway for the X.224 and TLS legs it cannot do.

One DER SEQUENCE, every field EXPLICIT (Devolutions' RDCleanPath, version 3390):

    [0] version  [1] error  [2] destination  [3] proxy_auth  [4] server_auth
    [5] preconnection_blob  [6] x224  [7] certificate chain  [9] server address

A request holds 0, 2, 3, 6; a response 0, 6, 7, 9; an error 0, 1 (and 6 when the PC
refused the negotiation). `destination` is read and ignored: the ticket decides.
"""

from __future__ import annotations

from dataclasses import dataclass

from parvis.gateway.protocol import der
from parvis.gateway.protocol.errors import DerError, RDCleanPathError

VERSION = 3390
MAX_SIZE = 16 * 1024
"""Bytes; a request is a ticket (at most 4 kB), an X.224 request and two short strings."""
GENERAL_ERROR = 1
NEGOTIATION_ERROR = 2

_TEXT_FIELDS = {2: "destination", 3: "proxy_auth", 4: "server_auth", 5: "preconnection_blob", 9: "server_address"}
_ERROR_FIELDS = {0: ("code", 16), 1: ("http_status", 16), 2: ("wsa_error", 16), 3: ("tls_alert", 8)}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the gateway refuses: a general or negotiation error with at most one detail."""

    code: int = GENERAL_ERROR
    http_status: int | None = None
    wsa_error: int | None = None
    tls_alert: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pdu:
    """One RDCleanPath message; absent fields are None."""

    version: int = VERSION
    failure: Failure | None = None
    destination: str | None = None
    proxy_auth: str | None = None
    server_auth: str | None = None
    preconnection_blob: str | None = None
    x224: bytes | None = None
    certificates: tuple[bytes, ...] | None = None
    """DER certificates, leaf first."""
    server_address: str | None = None


def total_size(data: bytes | bytearray) -> int | None:
    """How many bytes the message that starts `data` has; None while its header is incomplete.

    Raises:
        DerError: not definite-length DER.
        RDCleanPathError: not a SEQUENCE, or larger than `MAX_SIZE`.
    """
    if data and data[0] != der.SEQUENCE:
        raise RDCleanPathError("not a SEQUENCE")
    read = der.header(data)
    if read is None:
        return None
    if read[2] > MAX_SIZE:
        raise RDCleanPathError("message too large")
    return read[2]


def encode(pdu: Pdu) -> bytes:
    """Write a message."""
    parts = [der.element(der.context(0), der.write_unsigned(pdu.version))]
    if pdu.failure is not None:
        parts.append(der.element(der.context(1), _encode_failure(pdu.failure)))
    for number in (2, 3, 4, 5):
        parts.append(_encode_text(number, getattr(pdu, _TEXT_FIELDS[number])))
    if pdu.x224 is not None:
        parts.append(der.element(der.context(6), der.element(der.OCTET_STRING, pdu.x224)))
    if pdu.certificates is not None:
        chain = b"".join(der.element(der.OCTET_STRING, certificate) for certificate in pdu.certificates)
        parts.append(der.element(der.context(7), der.element(der.SEQUENCE, chain)))
    parts.append(_encode_text(9, pdu.server_address))
    return der.element(der.SEQUENCE, b"".join(parts))


def decode(data: bytes) -> Pdu:
    """Read exactly one message, strictly: known fields only, in ascending order, nothing after it.

    Raises:
        DerError: not strict DER.
        RDCleanPathError: DER, but not this message.
    """
    if len(data) > MAX_SIZE:
        raise RDCleanPathError("message too large")
    fields = _explicit_fields(der.only(data, der.SEQUENCE))
    if 0 not in fields:
        raise RDCleanPathError("no version")
    version = der.read_unsigned(fields.pop(0), 64)
    if version != VERSION:
        raise RDCleanPathError("unknown version")
    texts = {name: _decode_text(fields.pop(number)) for number, name in _TEXT_FIELDS.items() if number in fields}
    failure = _decode_failure(fields.pop(1)) if 1 in fields else None
    x224 = der.only(fields.pop(6), der.OCTET_STRING) if 6 in fields else None
    certificates = _decode_chain(fields.pop(7)) if 7 in fields else None
    if fields:
        raise RDCleanPathError("unknown field")
    return Pdu(version=version, failure=failure, x224=x224, certificates=certificates, **texts)


def _explicit_fields(content: bytes) -> dict[int, bytes]:
    fields: dict[int, bytes] = {}
    offset = 0
    while offset < len(content):
        number = content[offset] & 0x1F
        if fields and number <= max(fields):
            raise RDCleanPathError("fields out of order")
        fields[number], offset = der.value(content, offset, len(content), der.context(number))
    return fields


def _encode_text(number: int, text: str | None) -> bytes:
    if text is None:
        return b""
    return der.element(der.context(number), der.element(der.UTF8_STRING, text.encode()))


def _decode_text(data: bytes) -> str:
    try:
        return der.only(data, der.UTF8_STRING).decode()
    except UnicodeDecodeError:
        raise DerError("not UTF-8") from None


def _decode_chain(data: bytes) -> tuple[bytes, ...]:
    content, offset, chain = der.only(data, der.SEQUENCE), 0, []
    while offset < len(content):
        certificate, offset = der.value(content, offset, len(content), der.OCTET_STRING)
        chain.append(certificate)
    return tuple(chain)


def _encode_failure(failure: Failure) -> bytes:
    parts = []
    for number, (name, _) in _ERROR_FIELDS.items():
        field = getattr(failure, name)
        if field is not None:
            parts.append(der.element(der.context(number), der.write_unsigned(field)))
    return der.element(der.SEQUENCE, b"".join(parts))


def _decode_failure(data: bytes) -> Failure:
    fields = _explicit_fields(der.only(data, der.SEQUENCE))
    if 0 not in fields or not fields.keys() <= _ERROR_FIELDS.keys():
        raise RDCleanPathError("malformed error")
    return Failure(**{_ERROR_FIELDS[n][0]: der.read_unsigned(raw, _ERROR_FIELDS[n][1]) for n, raw in fields.items()})
