"""Codes of an authenticator app (RFC 6238): six digits, steps of 30 seconds, one step of tolerance each way.

RFC 6238, section 5.2: a verifier must not accept a step twice. django-allauth remembers
used codes in the cache and for one step only, which is shorter than the tolerance; here the
last accepted step is in the database, moved forward by one conditional UPDATE: of two
requests with the same code, one is refused.
"""

from __future__ import annotations

import hmac
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt

from parvis.portal.accounts.models import User

STEP_SECONDS = 30
TOLERANCE = 1


def matching_step(secret: str, code: str, *, now: datetime) -> int | None:
    """The step, among the current one and its neighbours, whose code this is."""
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdigit()):
        return None
    current = int(now.timestamp()) // STEP_SECONDS
    steps = range(current - TOLERANCE, current + TOLERANCE + 1)
    found = [step for step in steps if hmac.compare_digest(format_hotp_value(hotp_value(secret, step)), digits)]
    return max(found, default=None)


def accept(authenticator: Authenticator, code: str, *, now: datetime) -> bool:
    """Whether the code is right and its step, or a later one, was never accepted before."""
    step = matching_step(decrypt(authenticator.data["secret"]), code, now=now)
    if step is None:
        return False
    return use_up(authenticator.user_id, step)


def use_up(user_id: int, step: int) -> bool:
    """Move the account's last accepted step forward; False if it is there already."""
    return User.objects.filter(pk=user_id, last_totp_step__lt=step).update(last_totp_step=step) == 1
