"""The ticket of a live room: `parvisroom1.<payload>.<signature>`, Ed25519 (RFC 8032). Only the portal reads it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from parvis.ticket.claims import MAX_LIFETIME_SECONDS, TicketError
from parvis.ticket.codec import CLOCK_SKEW_SECONDS, b64, is_signed_by, unb64

PREFIX = "parvisroom1"
"""Another word than the remote screens': neither ticket opens the other's door."""
MAX_LENGTH = 2048
_TYPES: dict[str, type] = {"jti": str, "iat": int, "exp": int, "seat": int}


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomClaims:
    """One permission to take one's seat in a live room, once."""

    jti: UUID
    iat: int
    exp: int
    seat: int

    def __post_init__(self) -> None:
        """Refuse impossible claims on both sides."""
        if not 0 < self.exp - self.iat <= MAX_LIFETIME_SECONDS:
            raise TicketError("malformed", "impossible lifetime")
        if not 0 < self.seat < 2**63:
            raise TicketError("malformed", "impossible seat")


def sign(claims: RoomClaims, key: Ed25519PrivateKey) -> str:
    """Write a ticket."""
    data = {"jti": claims.jti.hex, "iat": claims.iat, "exp": claims.exp, "seat": claims.seat}
    signed = f"{PREFIX}.{b64(json.dumps(data, sort_keys=True, separators=(',', ':')).encode())}"
    return f"{signed}.{b64(key.sign(signed.encode()))}"


def verify(text: str, keys: Sequence[Ed25519PublicKey], now: float) -> RoomClaims:
    """Read a ticket signed by one of `keys`. The signature is checked before the payload is parsed.

    Raises:
        TicketError: `malformed`, `forged`, `expired` or `not_yet_valid`.
    """
    if len(text) > MAX_LENGTH or not text.isascii():
        raise TicketError("malformed", "too long or not ASCII")
    parts = text.split(".")
    if len(parts) != 3 or parts[0] != PREFIX:
        raise TicketError("malformed", "not a room ticket")
    payload, signature = unb64(parts[1]), unb64(parts[2])
    if not any(is_signed_by(key, signature, f"{parts[0]}.{parts[1]}".encode()) for key in keys):
        raise TicketError("forged", "no known key signed this ticket")
    claims = _read(payload)
    if now >= claims.exp:
        raise TicketError("expired", "the ticket is too old")
    if claims.iat > now + CLOCK_SKEW_SECONDS:
        raise TicketError("not_yet_valid", "the ticket comes from the future: check the clocks")
    return claims


def _read(payload: bytes) -> RoomClaims:
    try:
        data = json.loads(payload)
        if not isinstance(data, dict) or {name: type(value) for name, value in data.items()} != _TYPES:
            raise TicketError("malformed", "unexpected fields")
        return RoomClaims(jti=UUID(data["jti"]), iat=data["iat"], exp=data["exp"], seat=data["seat"])
    except TicketError:
        raise
    except (ValueError, RecursionError):
        raise TicketError("malformed", "payload cannot be read") from None
