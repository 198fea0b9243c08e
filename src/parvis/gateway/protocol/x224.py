"""X.224 connection request and confirm with RDP negotiation (MS-RDPBCGR 2.2.1.1, 2.2.1.2)."""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass

from parvis.gateway.protocol.errors import X224Error

TPKT_HEADER = 4
MAX_SIZE = 512
"""Bytes; a confirm has 19, a request a little more with its cookie."""

_REQUEST_CODE = 0xE0
_CONFIRM_CODE = 0xD0
_FIXED = 7  # length indicator, code, destination reference, source reference, class
_NEGOTIATION = struct.Struct("<BBHI")  # type, flags, length = 8, payload
_TYPE_REQUEST, _TYPE_RESPONSE, _TYPE_FAILURE = 1, 2, 3
_MAX_COOKIE = 128


class Security(enum.IntFlag):
    """Security protocols that RDP negotiates."""

    RDP = 0
    SSL = 1
    HYBRID = 2
    RDSTLS = 4
    HYBRID_EX = 8


SUPPORTED = Security.SSL | Security.HYBRID | Security.HYBRID_EX
"""What the browser's client speaks and what Parvis accepts: always TLS underneath."""


class FailureCode(enum.IntEnum):
    """RDP_NEG_FAILURE codes (MS-RDPBCGR 2.2.1.2.2)."""

    SSL_REQUIRED = 1
    SSL_NOT_ALLOWED = 2
    SSL_CERT_NOT_ON_SERVER = 3
    INCONSISTENT_FLAGS = 4
    HYBRID_REQUIRED = 5
    SSL_WITH_USER_AUTH_REQUIRED = 6


@dataclass(frozen=True, slots=True)
class ConnectionRequest:
    """What the client asks: its cookie (user name, for load balancers) and the protocols it speaks."""

    cookie: bytes
    protocols: Security


@dataclass(frozen=True, slots=True)
class ConnectionConfirm:
    """What the PC chose, or why it refused (`failure`, then `selected` means nothing)."""

    selected: Security
    failure: int | None = None


def size(data: bytes | bytearray) -> int | None:
    """Length of the TPKT packet that starts `data`; None while its header is incomplete.

    Raises:
        X224Error: not TPKT, or larger than `MAX_SIZE`.
    """
    if data and data[0] != 3:
        raise X224Error("not TPKT")
    if len(data) < TPKT_HEADER:
        return None
    length = int.from_bytes(data[2:4], "big")
    if not TPKT_HEADER + _FIXED <= length <= MAX_SIZE:
        raise X224Error("TPKT length out of range")
    return length


def decode_request(data: bytes) -> ConnectionRequest:
    """Read the browser's connection request.

    Raises:
        X224Error: malformed, or it does not offer TLS.
    """
    rest = _variable_part(data, _REQUEST_CODE)
    cookie = b""
    if rest[:8] == b"Cookie: ":
        cookie, separator, rest = rest.partition(b"\r\n")
        if not separator or len(cookie) > _MAX_COOKIE:
            raise X224Error("malformed cookie")
    if len(rest) < _NEGOTIATION.size:
        raise X224Error("no negotiation request")
    kind, _, length, protocols = _NEGOTIATION.unpack_from(rest)
    if kind != _TYPE_REQUEST or length != _NEGOTIATION.size:
        raise X224Error("malformed negotiation request")
    wanted = Security(protocols & SUPPORTED)
    if not wanted:
        raise X224Error("the client does not offer TLS")
    return ConnectionRequest(cookie, wanted)


def encode_request(request: ConnectionRequest) -> bytes:
    """Write the connection request for the PC: only what was understood, nothing passed through blindly."""
    cookie = request.cookie + b"\r\n" if request.cookie else b""
    return _packet(_REQUEST_CODE, cookie + _NEGOTIATION.pack(_TYPE_REQUEST, 0, 8, request.protocols))


def decode_confirm(data: bytes, requested: Security) -> ConnectionConfirm:
    """Read the PC's answer. Without negotiation data it is an old server: standard RDP security.

    Raises:
        X224Error: malformed, or a protocol that was not offered.
    """
    rest = _variable_part(data, _CONFIRM_CODE)
    if not rest:
        return ConnectionConfirm(Security.RDP)
    if len(rest) != _NEGOTIATION.size:
        raise X224Error("malformed negotiation answer")
    kind, _, length, payload = _NEGOTIATION.unpack(rest)
    if length != _NEGOTIATION.size or kind not in (_TYPE_RESPONSE, _TYPE_FAILURE):
        raise X224Error("malformed negotiation answer")
    if kind == _TYPE_FAILURE:
        return ConnectionConfirm(Security.RDP, payload)
    if payload and (payload.bit_count() != 1 or not payload & requested):
        raise X224Error("the PC chose a protocol that was not offered")
    return ConnectionConfirm(Security(payload))


def encode_failure(code: FailureCode) -> bytes:
    """Write a confirm that refuses, to tell the browser what the PC meant."""
    return _packet(_CONFIRM_CODE, _NEGOTIATION.pack(_TYPE_FAILURE, 0, 8, code))


def _packet(code: int, variable: bytes) -> bytes:
    indicator = _FIXED - 1 + len(variable)
    body = bytes((indicator, code)) + bytes(5) + variable
    return struct.pack(">BBH", 3, 0, TPKT_HEADER + len(body)) + body


def _variable_part(data: bytes, code: int) -> bytes:
    if size(data) != len(data):
        raise X224Error("TPKT length does not match")
    if data[TPKT_HEADER] != len(data) - TPKT_HEADER - 1 or data[TPKT_HEADER + 1] & 0xF0 != code:
        raise X224Error("not the expected X.224 TPDU")
    return data[TPKT_HEADER + _FIXED :]
