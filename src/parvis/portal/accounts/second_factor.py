"""The second factor: has the user one, was it given in this sign-in, is it fresh.

Requirements 9 and 10 of THREAT_MODEL.md. *Fresh* means given less than
`settings.ACCOUNT_REAUTHENTICATION_TIMEOUT` seconds (five minutes; less where the sign-in's
policy says so) ago, at sign-in or since: signing, granting rights and changing the second
factor ask for it again otherwise. Where the policy wants a passkey, a code counts for
nothing but enrolling one.
"""

from __future__ import annotations

import enum
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from allauth.account.internal.flows.login import (
    AUTHENTICATION_METHODS_SESSION_KEY,
    get_authentication_records,
    record_authentication,
)
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from parvis.portal.accounts import terms
from parvis.portal.accounts.models import User

DEMO = "demo"
"""The authentication method of a persona's one-click sign-in."""
PROVIDER = "provider"
"""The type of a second factor given at an identity provider."""

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

MAIN_TYPES = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""Recovery codes alone are no second factor: they stand in for a lost one."""


def exists_for(user: User | AnonymousUser) -> bool:
    """Whether the account has an authenticator app or a passkey."""
    return user.is_authenticated and Authenticator.objects.filter(user_id=user.pk, type__in=MAIN_TYPES).exists()


def has_passkey(user: User | AnonymousUser) -> bool:
    """Whether the account has a passkey."""
    kind = Authenticator.Type.WEBAUTHN
    return user.is_authenticated and Authenticator.objects.filter(user_id=user.pk, type=kind).exists()


def users_with_one() -> Q:
    """The condition, for queries on `User`."""
    return Q(pk__in=Authenticator.objects.filter(type__in=MAIN_TYPES).values("user_id"))


def given_at(request: HttpRequest) -> float | None:
    """When a second factor that the policy accepts was last given in this sign-in (Unix seconds); None if never."""
    user = _user(request)
    if user is None:
        return None
    return _last(request, passkey_only=terms.of(request).policy.passkey_only)


def is_fresh(request: HttpRequest) -> bool:
    """Given less than five minutes ago (or fewer: the policy). A demo persona's always is, in demo mode only."""
    if signed_in_as_persona(request):
        return True
    return _is_recent(request, given_at(request))


class Step(enum.Enum):
    """What a signed-in person has to do before any page opens."""

    NONE = "none"
    GIVE = "give"
    """Give the second factor they have."""
    ENROL = "enrol"
    """Enrol a first one."""
    ENROL_PASSKEY = "enrol_passkey"
    """They gave a code, but the policy wants a passkey and they have none: enrol one."""


def missing(request: HttpRequest) -> Step:
    """The step between this signed-in person and the pages."""
    if signed_in_as_persona(request) or given_at(request) is not None:
        return Step.NONE
    if not exists_for(request.user):
        return Step.ENROL
    if _last(request, passkey_only=False) is None or has_passkey(request.user):
        return Step.GIVE
    return Step.ENROL_PASSKEY


def may_enrol(request: HttpRequest) -> bool:
    """Whether a factor may be added now: the first one of an account, or with a fresh one (a provider’s too).

    Who must have a passkey and has none adds it with a fresh code: they have nothing better.
    """
    given = _last(request, passkey_only=False)
    if is_fresh(request) or (given is None and not exists_for(request.user)):
        return True
    return not has_passkey(request.user) and _is_recent(request, given)


def require_may_enrol(request: HttpRequest) -> None:
    """Let the view go on only if `may_enrol`.

    Raises:
        ReauthenticationRequired: see `require_fresh`.
    """
    if not may_enrol(request):
        raise ReauthenticationRequired


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


def given_elsewhere(request: HttpRequest, user: User, *, at: float) -> None:
    """An identity provider has proved that the second factor was given there, at `at` (Unix seconds).

    Where the policy wants a passkey it does not count: only our own passkeys do.
    """
    record_authentication(request, user, "mfa", type=PROVIDER)
    records = request.session[AUTHENTICATION_METHODS_SESSION_KEY]
    records[-1]["at"] = min(at, time.time())
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = records


def signed_in_as_persona(request: HttpRequest) -> bool:
    """A persona of the demo, which has no second factor; never true outside demo mode."""
    user = _user(request)
    if not (settings.PARVIS.demo and user is not None and user.is_demo_persona):
        return False
    return any(each.get("method") == DEMO for each in get_authentication_records(request, user))


def _last(request: HttpRequest, *, passkey_only: bool) -> float | None:
    records = get_authentication_records(request, _user(request))
    return max((float(each["at"]) for each in records if _counts(each, passkey_only)), default=None)


def _counts(record: dict[str, Any], passkey_only: bool) -> bool:
    # A passkey with user verification is recorded by allauth as "mfa" too.
    if record.get("method") != "mfa":
        return False
    return not passkey_only or record.get("type") == Authenticator.Type.WEBAUTHN


def _is_recent(request: HttpRequest, instant: float | None) -> bool:
    if instant is None:
        return False
    limit = min(settings.ACCOUNT_REAUTHENTICATION_TIMEOUT, terms.of(request).policy.fresh_minutes * 60)
    return time.time() - instant < limit


def _user(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
