"""What a request proves of its device: a client certificate vouched for by the reverse proxy, or a bound passkey.

The certificate is read from headers, and a header is worth what its sender is: they count only when the request comes
from one of `PARVIS_TRUSTED_PROXIES` **and** carries the secret `PARVIS_PROXY_SECRET`, which nginx alone knows. Anybody
else who sets them, another process of the same machine included, proves nothing.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import unquote

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from django.conf import settings
from django.http import HttpRequest

from parvis.portal.accounts.models import User

VERIFY, CERTIFICATE, SECRET = "X-Parvis-Client-Verify", "X-Parvis-Client-Cert", "X-Parvis-Proxy-Secret"
MAX_CERTIFICATE = 16_384
"""Characters of the escaped PEM; nginx itself bounds a header at 8 KiB by default."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A client certificate the proxy has verified against the authority's own CA and its revocation list."""

    fingerprint: str
    """SHA-256 of the DER, lower-case hexadecimal."""
    subject: str
    issuer: str
    serial: str
    """Hexadecimal."""
    starts_at: datetime
    expires_at: datetime

    def holds(self, now: datetime) -> bool:
        """Within its dates. (A resumed TLS session is not verified again by the proxy.)"""
        return self.starts_at <= now < self.expires_at


def from_proxy(request: HttpRequest) -> bool:
    """Does the request come from the reverse proxy, and does it know the secret?"""
    known = settings.PARVIS.proxy_secret
    if not known or not settings.PARVIS.is_proxy(str(request.META.get("REMOTE_ADDR", ""))):
        return False
    return hmac.compare_digest(request.headers.get(SECRET, "").encode(), known.encode())


def certificate_of(request: HttpRequest, now: datetime) -> Certificate | None:
    """The verified certificate of the request's TLS connection; None if there is none or it is not to be believed."""
    text = request.headers.get(CERTIFICATE, "")
    if not text or len(text) > MAX_CERTIFICATE or request.headers.get(VERIFY) != "SUCCESS" or not from_proxy(request):
        return None
    found = parse(unquote(text))
    return found if found is not None and found.holds(now) else None


def refusal_of(request: HttpRequest) -> str:
    """Why the proxy refused the certificate it was shown (`certificate has expired`); empty if it refused none."""
    said = request.headers.get(VERIFY, "")
    return said.removeprefix("FAILED:")[:80] if said.startswith("FAILED") and from_proxy(request) else ""


@lru_cache(maxsize=1024)
def parse(pem: str) -> Certificate | None:
    """Read a PEM certificate; None if it is not one."""
    try:
        found = x509.load_pem_x509_certificate(pem.encode())
        return Certificate(
            fingerprint=found.fingerprint(hashes.SHA256()).hex(),
            subject=found.subject.rfc4514_string()[:300],
            issuer=found.issuer.rfc4514_string()[:300],
            serial=f"{found.serial_number:x}"[:64],
            starts_at=found.not_valid_before_utc,
            expires_at=found.not_valid_after_utc,
        )
    except (ValueError, UnicodeEncodeError):
        return None


def passkeys_of(request: HttpRequest) -> tuple[int, ...]:
    """The passkeys (primary keys of `Authenticator`) asserted in this sign-in. No query."""
    if not isinstance(request.user, User):
        return ()
    records = get_authentication_records(request, request.user)
    kind = Authenticator.Type.WEBAUTHN
    return tuple(each["id"] for each in records if each.get("type") == kind and isinstance(each.get("id"), int))
