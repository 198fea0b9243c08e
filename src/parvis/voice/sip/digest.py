"""Calls signed by the operator (RFC 3261 §22; MD5, as trunks speak it). Nonces are ours, signed and short-lived."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

_REALM = "parvis"
_NONCE_SECONDS = 60
_PAIR = re.compile(r'([a-z]{1,16})\s*=\s*(?:"([^"\\]{0,512})"|([^\s,"]{1,128}))', re.IGNORECASE)


class Digest:
    """Challenges and checks, keeping nothing between them."""

    def __init__(self, user: str, password: str) -> None:
        self._user = user
        self._secret = _md5(f"{user}:{_REALM}:{password}")
        self._key = secrets.token_bytes(32)

    def challenge(self, now: float) -> str:
        """Value of `WWW-Authenticate`."""
        return f'Digest realm="{_REALM}", nonce="{self._nonce(int(now))}", algorithm=MD5, qop="auth"'

    def is_good(self, method: str, header: str, now: float) -> bool:
        """Whether an `Authorization` header signs this request with a fresh nonce of ours."""
        scheme, _, rest = header.partition(" ")
        if scheme.lower() != "digest" or len(rest) > 2048:
            return False
        given = {match[1].lower(): match[2] if match[2] is not None else match[3] for match in _PAIR.finditer(rest)}
        nonce = given.get("nonce", "")
        stamp = nonce.partition(".")[0]
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
            return False
        if not (0 <= int(now) - int(stamp) <= _NONCE_SECONDS) or not hmac.compare_digest(
            self._nonce(int(stamp)), nonce
        ):
            return False
        if given.get("username") != self._user or given.get("realm") != _REALM:
            return False
        request = _md5(f"{method}:{given.get('uri', '')}")
        if given.get("qop"):
            middle = f"{nonce}:{given.get('nc', '')}:{given.get('cnonce', '')}:{given['qop']}"
        else:
            middle = nonce
        expected = _md5(f"{self._secret}:{middle}:{request}")
        return hmac.compare_digest(expected, given.get("response", "").lower())

    def _nonce(self, stamp: int) -> str:
        return f"{stamp}.{hmac.new(self._key, str(stamp).encode(), hashlib.sha256).hexdigest()[:32]}"


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
