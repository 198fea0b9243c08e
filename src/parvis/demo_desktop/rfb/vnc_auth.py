"""VNC Authentication (RFC 6143 §7.2.2): DES of a 16-byte challenge with the password as the key."""

from __future__ import annotations

import hmac

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import ECB

CHALLENGE_BYTES = 16


def expected_response(challenge: bytes, password: str) -> bytes:
    """The 16 bytes a client that knows the password answers. Only its first eight bytes (Latin-1) count."""
    key = password.encode("latin-1", "replace")[:8].ljust(8, b"\0")
    # VNC feeds each key byte to DES with its bits reversed (RFC 6143 erratum 4951); three equal keys make 3DES DES.
    mirrored = bytes(int(f"{byte:08b}"[::-1], 2) for byte in key)
    encryptor = Cipher(TripleDES(mirrored * 3), ECB()).encryptor()  # noqa: S305 -- what the protocol says
    return encryptor.update(challenge) + encryptor.finalize()


def accepts(challenge: bytes, response: bytes, password: str) -> bool:
    """Whether the response proves the password; compared in constant time."""
    return hmac.compare_digest(response, expected_response(challenge, password))
