"""Refused sign-ins: counted per account, written to the audit trail without telling the visitor anything."""

from __future__ import annotations

import hashlib
from datetime import datetime

from parvis.portal.accounts import throttle
from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit

PER_ACCOUNT = 50
WINDOW_SECONDS = 3600
_SCOPE = "refusals"


def too_many(email: str) -> bool:
    """More refusals for this account in an hour, from all addresses together, than a person makes."""
    return throttle.counted(_SCOPE, _key(email)) >= PER_ACCOUNT


def password_refused(*, email: str, now: datetime) -> None:
    """Count and audit. An unknown account leaves a record too, so that both take the same path."""
    throttle.count(_SCOPE, _key(email), seconds=WINDOW_SECONDS)
    user = User.objects.filter(email=email.lower()).first()
    audit.record(
        actor=None,
        action="accounts.sign_in_refused",
        target=user,
        now=now,
        data={"step": "password", "known": bool(user)},
    )
    if user is None:
        # The record of a known account asks where its owner works: the time of one query must not tell them apart.
        User.objects.filter(email="").exists()


def second_factor_refused(*, user: User, kind: str, now: datetime) -> None:
    """The password was right, the second factor was not."""
    audit.record(
        actor=None,
        action="accounts.sign_in_refused",
        target=user,
        now=now,
        data={"step": "second_factor", "kind": kind},
    )


def _key(email: str) -> str:
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()
