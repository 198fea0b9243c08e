"""The cookie by which a person's own browser is recognised: for the list of their devices and a mail about a new one.

It is never a proof: whoever copies it gets a name in a list, and nothing more.
"""

from __future__ import annotations

import hashlib
import re
import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

SALT = "parvis.trust.device"
MAX_AGE = 400 * 24 * 3600
"""As long as browsers keep a cookie at most (RFC 6265bis)."""
_FORM = re.compile(r"\A[0-9a-f]{32}\Z")


def cookie_name() -> str:
    """Bound to the host where the portal is reached by TLS."""
    return "__Host-parvis-device" if settings.PARVIS.https else "parvis-device"


def number_of(request: HttpRequest) -> tuple[str, bool]:
    """The browser's number, and whether it was made just now (no cookie, or one we did not sign)."""
    kept: tuple[str, bool] | None = getattr(request, "_parvis_browser", None)
    if kept is None:
        kept = _read(request)
        request._parvis_browser = kept  # type: ignore[attr-defined]
    return kept


def _read(request: HttpRequest) -> tuple[str, bool]:
    try:
        number = signing.loads(request.COOKIES.get(cookie_name(), ""), salt=SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        number = None
    if isinstance(number, str) and _FORM.match(number):
        return number, False
    return secrets.token_hex(16), True


def digest_of(number: str) -> str:
    """What is kept of it: 128 random bits need no salt."""
    return hashlib.sha256(number.encode()).hexdigest()


def set_cookie(response: HttpResponse, number: str) -> None:
    """Give the browser its number."""
    response.set_cookie(
        cookie_name(),
        signing.dumps(number, salt=SALT),
        max_age=MAX_AGE,
        secure=settings.PARVIS.https,
        httponly=True,
        samesite="Lax",
    )
