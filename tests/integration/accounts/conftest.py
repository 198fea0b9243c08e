"""Accounts and browsers for the tests of this room."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import Client

from parvis.portal.accounts.models import User
from parvis.portal.kernel import clock

PASSWORD = "correct horse battery staple"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
LOGIN = "/compte/connexion/"
VERIFICATION = "/compte/connexion/verification/"


@pytest.fixture(autouse=True)
def _no_throttle_left() -> None:
    cache.clear()


def code(offset: int = 0, secret: str = SECRET, at: float | None = None) -> str:
    """The authenticator app's code `offset` steps from `at` (now)."""
    return format_hotp_value(hotp_value(secret, int(at or time.time()) // 30 + offset))


def make_user(email: str = "claire@rivemarine.example", *, factor: bool = True, **fields: object) -> User:
    """An account with a password and, unless told otherwise, an app and recovery codes."""
    fields = {"first_name": "Claire", "last_name": "Le Goff", **fields}
    user = User.objects.create_user(email, PASSWORD, **fields)
    if factor:
        TOTP.activate(user, SECRET)
        RecoveryCodes.activate(user)
    return user


def sign_in(client: Client, user: User, offset: int = 0) -> Client:
    """Through the pages, as a person does."""
    client.post(LOGIN, {"login": user.email, "password": PASSWORD})
    if Authenticator.objects.filter(user=user).exists():
        answer = client.post(VERIFICATION, {"code": code(offset)})
        assert answer.status_code == 302, answer.content.decode()
    assert "_auth_user_id" in client.session
    return client


@pytest.fixture
def user(db: None) -> User:
    return make_user()


@pytest.fixture
def bare(db: None) -> User:
    """An account without second factor."""
    return make_user("nouveau@rivemarine.example", factor=False)


@pytest.fixture
def browser(user: User) -> Client:
    """Signed in with both factors."""
    return sign_in(Client(), user)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let so many seconds pass, counted from the start of the test."""
    seconds_now, instant_now = time.time, clock.now

    def pass_by(seconds: float) -> None:
        monkeypatch.setattr(time, "time", lambda: seconds_now() + seconds)
        monkeypatch.setattr(clock, "now", lambda: instant_now() + timedelta(seconds=seconds))

    return pass_by
