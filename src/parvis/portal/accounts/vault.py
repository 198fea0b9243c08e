"""Secrets of the second factors, encrypted in the database with a key derived from the installation's own.

AES-256-GCM (NIST SP 800-38D), random 96-bit nonce in front, key by HKDF-SHA256 (RFC 5869). A copy
of the database without the data folder's keys opens no account.
"""

from __future__ import annotations

import base64
import os
from functools import lru_cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NONCE_BYTES = 12
_PURPOSE = b"parvis second factors"


def encrypt(text: str) -> str:
    """What may be stored."""
    nonce = os.urandom(NONCE_BYTES)
    return base64.urlsafe_b64encode(nonce + _cipher(settings.SECRET_KEY).encrypt(nonce, text.encode(), None)).decode()


def decrypt(stored: str) -> str:
    """What was stored.

    Raises:
        cryptography.exceptions.InvalidTag: another key, or altered.
    """
    raw = base64.urlsafe_b64decode(stored)
    return _cipher(settings.SECRET_KEY).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], None).decode()


@lru_cache(maxsize=2)
def _cipher(secret: str) -> AESGCM:
    return AESGCM(HKDF(hashes.SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret.encode()))
