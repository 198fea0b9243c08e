"""The secret of an authenticator app between the page that shows it and the code that proves it was read."""

from __future__ import annotations

from dataclasses import dataclass

import segno
from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.http import HttpRequest

from parvis.portal.accounts import vault
from parvis.portal.accounts.models import User

_SESSION_KEY = "accounts.totp_enrolment"


@dataclass(frozen=True, slots=True)
class Offer:
    """What the person puts into the app."""

    secret: str
    address: str
    """`otpauth://…`: what the QR code says; on a phone, a link that opens the app."""

    @property
    def groups(self) -> list[str]:
        """The key in groups of four characters, to be typed."""
        return [self.secret[at : at + 4] for at in range(0, len(self.secret), 4)]

    @property
    def picture(self) -> str:
        """The QR code as a `data:` address of an SVG."""
        return str(segno.make(self.address, error="m").svg_data_uri(scale=5, border=3, light="#fff"))


def offer(request: HttpRequest, user: User) -> Offer:
    """The same one as long as this sign-in lasts: reloading the page does not spoil a QR code already read."""
    kept = request.session.get(_SESSION_KEY)
    secret = vault.decrypt(kept) if kept else generate_totp_secret()
    if not kept:
        request.session[_SESSION_KEY] = vault.encrypt(secret)
    return Offer(secret, get_adapter().build_totp_url(user, secret))


def forget(request: HttpRequest) -> None:
    """It is in the account now."""
    request.session.pop(_SESSION_KEY, None)
