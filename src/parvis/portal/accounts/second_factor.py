"""The second factor: has the user one, was it given in this sign-in, is it fresh.

Requirements 9 and 10 of THREAT_MODEL.md. *Fresh* means given less than
`settings.ACCOUNT_REAUTHENTICATION_TIMEOUT` seconds (five minutes) ago, at sign-in or
since: signing, granting rights and changing the second factor ask for it again otherwise.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from parvis.portal.accounts.models import User

DEMO = "demo"
"""The authentication method of a persona's one-click sign-in."""

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

MAIN_TYPES = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""Recovery codes alone are no second factor: they stand in for a lost one."""


def exists_for(user: User | AnonymousUser) -> bool:
    """Whether the account has an authenticator app or a passkey."""
    return user.is_authenticated and Authenticator.objects.filter(user_id=user.pk, type__in=MAIN_TYPES).exists()


def users_with_one() -> Q:
    """The condition, for queries on `User`."""
    return Q(pk__in=Authenticator.objects.filter(type__in=MAIN_TYPES).values("user_id"))


def given_at(request: HttpRequest) -> float | None:
    """When the second factor was last given in this sign-in (Unix seconds); None if never."""
    instants = [float(each["at"]) for each in get_authentication_records(request, _user(request)) if _counts(each)]
    return max(instants, default=None)


def is_fresh(request: HttpRequest) -> bool:
    """Given less than five minutes ago. A demo persona's always is, in demo mode only."""
    if signed_in_as_persona(request):
        return True
    instant = given_at(request)
    return instant is not None and time.time() - instant < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def require_fresh(request: HttpRequest) -> None:
    """Let the view go on only with a fresh second factor.

    Raises:
        ReauthenticationRequired: the person is sent to the page asking for it, then back here (a POST is replayed).
    """
    if not is_fresh(request):
        raise ReauthenticationRequired


def fresh_second_factor(view: View) -> View:
    """`require_fresh` before every call of a view (function views; `method_decorator` for the others)."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        require_fresh(request)
        return view(request, *args, **kwargs)

    return guarded  # type: ignore[return-value]


def signed_in_as_persona(request: HttpRequest) -> bool:
    """A persona of the demo, which has no second factor; never true outside demo mode."""
    user = _user(request)
    if not (settings.PARVIS.demo and user is not None and user.is_demo_persona):
        return False
    return any(each.get("method") == DEMO for each in get_authentication_records(request, user))


def _counts(record: dict[str, Any]) -> bool:
    # A passkey with user verification is recorded by allauth as "mfa" too.
    return record.get("method") == "mfa"


def _user(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
