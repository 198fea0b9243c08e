"""Sign and verify tickets: `parvis1.<payload>.<signature>`, Ed25519 (RFC 8032)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from parvis.ticket.claims import Claims, TicketError

PREFIX = "parvis1"
MAX_LENGTH = 4096
"""Characters; a longer ticket is refused unread."""
CLOCK_SKEW_SECONDS = 5
"""How far ahead of the verifier's clock the signer's may be."""


def sign(claims: Claims, key: Ed25519PrivateKey) -> str:
    """Write a ticket."""
    payload = json.dumps(claims.to_json(), sort_keys=True, separators=(",", ":")).encode()
    signed = f"{PREFIX}.{b64(payload)}"
    return f"{signed}.{b64(key.sign(signed.encode()))}"


def verify(text: str, keys: Sequence[Ed25519PublicKey], now: float) -> Claims:
    """Read a ticket signed by one of `keys` (two during a key change).

    `now` is in Unix seconds. The signature is checked before the payload is parsed.

    Raises:
        TicketError: `malformed`, `forged`, `expired` or `not_yet_valid`.
    """
    if len(text) > MAX_LENGTH or not text.isascii():
        raise TicketError("malformed", "too long or not ASCII")
    parts = text.split(".")
    if len(parts) != 3 or parts[0] != PREFIX:
        raise TicketError("malformed", "not a parvis1 ticket")
    payload, signature = unb64(parts[1]), unb64(parts[2])
    signed = f"{parts[0]}.{parts[1]}".encode()
    if not any(is_signed_by(key, signature, signed) for key in keys):
        raise TicketError("forged", "no known key signed this ticket")
    try:
        claims = Claims.from_json(json.loads(payload))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        raise TicketError("malformed", "payload is not JSON") from None
    if now >= claims.exp:
        raise TicketError("expired", "the ticket is too old")
    if claims.iat > now + CLOCK_SKEW_SECONDS:
        raise TicketError("not_yet_valid", "the ticket comes from the future: check the clocks")
    return claims


def is_signed_by(key: Ed25519PublicKey, signature: bytes, signed: bytes) -> bool:
    """Whether `key` made this signature."""
    try:
        key.verify(signature, signed)
    except InvalidSignature:
        return False
    return True


def b64(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Read it back, in its one canonical spelling.

    Raises:
        TicketError: `malformed`.
    """
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise TicketError("malformed", "not base64url") from None
    if b64(decoded) != text:  # one spelling only: no second ticket with the same meaning
        raise TicketError("malformed", "not canonical base64url")
    return decoded
