"""Signed tokens (JWT): ID token, `userinfo`, logout token. Pure: keys and time come from the caller.

OpenID Connect Core 1.0 §3.1.3.7 (ID token) and §5.3.2 (`userinfo`), Back-Channel Logout 1.0 §2.6, RFC 8725.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import jwt

LEEWAY = timedelta(minutes=2)
"""How far apart the two clocks may be."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures with a key of the provider's own. Never `none`, never a secret that we know too."""
LARGEST = 64 * 1024
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_OLDEST = timedelta(minutes=10)
_ONLY_THE_SIGNATURE = {
    "verify_signature": True,
    **{f"verify_{name}": False for name in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")},
}

Claims = dict[str, Any]
Keys = Sequence[dict[str, Any]]
"""The keys of a JWK set (RFC 7517)."""


class TokenRefused(ValueError):
    """Not a token to believe. `code` says what is wrong, in one word; for people there are `refusals`."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class UnknownKey(TokenRefused):
    """Signed with a key that is not in the set: it may have been renewed."""

    def __init__(self) -> None:
        super().__init__("unknown_key")


class ClocksDiffer(TokenRefused):
    """The provider's clock and ours are more than `LEEWAY` apart; `seconds` above zero: theirs is ahead."""

    def __init__(self, seconds: float) -> None:
        super().__init__("clock")
        self.seconds = seconds


def read(raw: str, keys: Keys) -> Claims:
    """The claims of a token whose signature is that of one of the keys. Nothing else is checked.

    Raises:
        UnknownKey: none of them is the token's.
        TokenRefused: malformed, or wrongly signed.
    """
    header = header_of(raw)
    algorithm = header.get("alg")
    if algorithm not in ALGORITHMS:
        raise TokenRefused("algorithm")
    problem: TokenRefused = UnknownKey()
    for key in _candidates(keys, header.get("kid"), str(algorithm)):
        try:
            claims = jwt.decode(raw, key.key, algorithms=[str(algorithm)], options=_ONLY_THE_SIGNATURE)  # type: ignore[arg-type]
        except (jwt.InvalidTokenError, jwt.InvalidKeyError, ValueError, TypeError):
            problem = TokenRefused("signature")
            continue
        return dict(claims)
    raise problem


def header_of(raw: str) -> Claims:
    """The header of a token, not verified.

    Raises:
        TokenRefused: it is no token, or too large.
    """
    if len(raw) > LARGEST:
        raise TokenRefused("too_large")
    try:
        return dict(jwt.get_unverified_header(raw))
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        raise TokenRefused("malformed") from None


def check_id_token(
    claims: Claims, *, issuer: str, client_id: str, nonce: str, now: datetime, signed_in_since: datetime | None = None
) -> None:
    """What an ID token must say. `signed_in_since`: the person must have signed in at the provider since then.

    Raises:
        ClocksDiffer: issued or expired by a clock that is not ours.
        TokenRefused: it is for another client, of another provider, of another sign-in, or says nothing of one.
    """
    _check_parties(claims, issuer, client_id)
    if claims.get("nonce") != nonce:
        raise TokenRefused("nonce")
    check_times(claims, now)
    if not isinstance(claims.get("sub"), str) or not 0 < len(claims["sub"]) <= 255:
        raise TokenRefused("subject")
    if signed_in_since is not None:
        at = _instant(claims, "auth_time")
        if at < (signed_in_since - LEEWAY).timestamp():
            raise TokenRefused("auth_time")


def check_userinfo(claims: Claims, *, issuer: str, client_id: str, subject: str, signed: bool) -> None:
    """`userinfo` must be about the ID token's person, and if it is signed, for us.

    Raises:
        TokenRefused: it is not.
    """
    if claims.get("sub") != subject:
        raise TokenRefused("userinfo_subject")
    if not signed:
        return
    if claims.get("iss", issuer) != issuer:
        raise TokenRefused("issuer")
    if "aud" in claims and client_id not in _audiences(claims):
        raise TokenRefused("audience")


def check_logout_token(claims: Claims, header: Claims, *, issuer: str, client_id: str, now: datetime) -> None:
    """What a logout token must say (Back-Channel Logout 1.0 §2.6). That it comes once is for the caller.

    Raises:
        TokenRefused: it is none, or not for us, or of another time.
    """
    if str(header.get("typ", "JWT")).lower() not in ("jwt", "logout+jwt", "application/logout+jwt"):
        raise TokenRefused("type")
    _check_parties(claims, issuer, client_id)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise TokenRefused("event")
    if "nonce" in claims:
        raise TokenRefused("nonce")
    if not any(isinstance(claims.get(name), str) and claims[name] for name in ("sub", "sid")):
        raise TokenRefused("subject")
    if not isinstance(claims.get("jti"), str) or not 0 < len(claims["jti"]) <= 255:
        raise TokenRefused("jti")
    issued = _instant(claims, "iat")
    if issued > (now + LEEWAY).timestamp() or issued < (now - LOGOUT_OLDEST).timestamp():
        raise TokenRefused("clock")
    if "exp" in claims and _instant(claims, "exp") <= (now - LEEWAY).timestamp():
        raise TokenRefused("expired")


def check_times(claims: Claims, now: datetime) -> None:
    """Issued now, not expired. The token has just come from the provider: an `iat` that is not now is a wrong clock.

    Raises:
        ClocksDiffer: with by how much.
        TokenRefused: a time is missing, or the token was made for no time at all.
    """
    apart = _instant(claims, "iat") - now.timestamp()
    if abs(apart) > LEEWAY.total_seconds():
        raise ClocksDiffer(apart)
    if _instant(claims, "exp") <= (now - LEEWAY).timestamp():
        raise TokenRefused("expired")
    if "nbf" in claims and _instant(claims, "nbf") > (now + LEEWAY).timestamp():
        raise ClocksDiffer(_instant(claims, "nbf") - now.timestamp())


def _check_parties(claims: Claims, issuer: str, client_id: str) -> None:
    if claims.get("iss") != issuer:
        raise TokenRefused("issuer")
    audiences = _audiences(claims)
    if client_id not in audiences:
        raise TokenRefused("audience")
    if (len(audiences) > 1 or "azp" in claims) and claims.get("azp") != client_id:
        raise TokenRefused("audience")


def _audiences(claims: Claims) -> list[object]:
    audience = claims.get("aud")
    return list(audience) if isinstance(audience, list) else [audience]


def _instant(claims: Claims, name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**40:
        raise TokenRefused(f"no_{name}")
    return float(value)


def _candidates(keys: Keys, kid: object, algorithm: str) -> list[jwt.PyJWK]:
    found = []
    for each in keys:
        if each.get("use", "sig") != "sig" or each.get("kty") == "oct":
            continue
        if (kid is not None and each.get("kid") != kid) or each.get("alg", algorithm) != algorithm:
            continue
        try:
            key = jwt.PyJWK(each, algorithm=algorithm)
        except (jwt.PyJWTError, ValueError, TypeError, KeyError):
            continue  # of another family than the signature, or broken: never the one
        if getattr(key.key, "key_size", 4096) >= (2048 if each.get("kty") == "RSA" else 0):
            found.append(key)
    return found


def keys_of(text: str) -> list[dict[str, Any]]:
    """The keys of a JWK set.

    Raises:
        TokenRefused: it is none, or holds no key.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise TokenRefused("keys") from None
    keys = content.get("keys") if isinstance(content, dict) else None
    if not isinstance(keys, list) or not keys or len(keys) > 100:
        raise TokenRefused("keys")
    return [each for each in keys if isinstance(each, dict)]
