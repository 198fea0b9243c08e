"""Who may come in by the gateways' door: judged on the head alone, before a byte of the body is read."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from django.conf import settings

MAX_BODY_BYTES = 2**21
"""A heartbeat of 5,000 connections that have moved much is below two thirds of it."""

Refused = tuple[int, str, str]
"""HTTP status, problem code, what is wrong."""


def refusal(method: str, headers: Mapping[str, str], *, most: int = MAX_BODY_BYTES) -> Refused | None:
    """Why not; None: come in. `headers`: names as in `Content-Length`."""
    if "X-Forwarded-For" in headers:
        return 404, "not_found", "No such address."
    if method != "POST":
        return 405, "method_not_allowed", "POST only."
    if not _knows_the_secret(headers.get("Authorization", "")):
        return 401, "unauthenticated", "The bearer secret is missing or wrong."
    # A length that is not declared (chunked) is refused too: nothing is read before it is known to be small.
    length = headers.get("Content-Length", "")
    if not (length.isascii() and length.isdigit()):
        return 411, "length_required", "Content-Length is required."
    if int(length) > most:
        return 413, "too_large", f"At most {most} bytes."
    return None


def _knows_the_secret(header: str) -> bool:
    scheme, _, secret = header.partition(" ")
    given, expected = secret.strip().encode(), settings.KEYS.gateway.encode()
    return hmac.compare_digest(given, expected) and scheme.lower() == "bearer"
