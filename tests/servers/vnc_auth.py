"""VNC's DES with mirrored key bits (RFC 6143 §7.2.2): password files, and answers to challenges."""

from __future__ import annotations

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

_FILE_KEY = bytes((23, 82, 107, 6, 35, 78, 88, 7))


def answer(challenge: bytes, password: str) -> bytes:
    """The 16-byte response to a VNCAuth challenge."""
    return _encrypt(challenge, password.encode("latin-1")[:8].ljust(8, b"\0"))


def password_file(password: str) -> bytes:
    """The content of a password file as `vncpasswd -f` writes it."""
    return _encrypt(password.encode("latin-1")[:8].ljust(8, b"\0"), _FILE_KEY)


def _encrypt(data: bytes, key: bytes) -> bytes:
    mirrored = bytes(int(f"{octet:08b}"[::-1], 2) for octet in key)
    cipher = Cipher(TripleDES(mirrored * 3), modes.ECB()).encryptor()  # noqa: S305 - the protocol's own
    return cipher.update(data) + cipher.finalize()
