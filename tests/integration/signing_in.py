"""Browsers and API tokens of a user, with a fresh second factor, without going through the pages."""

from __future__ import annotations

import time
from datetime import timedelta

from allauth.account.internal.flows import login
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client

from parvis.portal.accounts import tokens
from parvis.portal.accounts.models import Scope, User
from parvis.portal.kernel import clock

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def give_second_factor(user: User) -> None:
    if not Authenticator.objects.filter(user=user).exists():
        TOTP.activate(user, SECRET)


def browser_of(user: User, *, age: float = 0, **headers: str) -> Client:
    """Signed in with both factors, the second given `age` seconds ago."""
    give_second_factor(user)
    client = Client(headers=headers)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    at = time.time() - age
    session = client.session
    session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": "password", "at": at},
        {"method": "mfa", "type": "totp", "at": at},
    ]
    session[login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
    session.save()
    return client


def program_of(user: User, *scopes: str) -> Client:
    """Calls the API with a token of the user: these scopes, or all."""
    give_second_factor(user)
    now = clock.now()
    _token, secret = tokens.create(
        actor=user,
        name="essai",
        scopes=scopes or Scope.values,
        expires_date=clock.today(now) + timedelta(days=1),
        now=now,
    )
    return Client(headers={"authorization": f"Bearer {secret}"})
