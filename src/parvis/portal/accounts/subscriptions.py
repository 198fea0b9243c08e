"""What this room does when django-allauth speaks: the only Django signals of the portal."""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account_signals
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa import signals as mfa_signals
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from parvis.portal.accounts import factors, refusals, sign_ins, tasks, tokens
from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, clock


def connect() -> None:
    """Called once, when Django is ready."""
    account_signals.user_logged_in.connect(signed_in)
    account_signals.password_changed.connect(password_changed)
    account_signals.password_set.connect(password_changed)
    account_signals.password_reset.connect(password_changed)
    mfa_signals.authenticator_used.connect(factor_used)
    mfa_signals.authentication_failed.connect(factor_refused)


def signed_in(sender: object, request: HttpRequest, user: User, response: HttpResponse, **_: Any) -> None:
    """Audit it, and show the pages in the user's language."""
    records = get_authentication_records(request, user)
    methods = [f"{each['method']}:{each['type']}" if "type" in each else each["method"] for each in records]
    audit.record(actor=user, action="accounts.signed_in", target=user, now=clock.now(), data={"methods": methods})
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, user.language, samesite="Lax", secure=settings.PARVIS.https, httponly=True
    )


def password_changed(sender: object, request: HttpRequest, user: User, **_: Any) -> None:
    """Every sign-in of the account ends, and its tokens too: somebody else may know the former password."""
    now = clock.now()
    actor = request.user if isinstance(request.user, User) else None
    revoked = tokens.revoke_all(user=user, now=now)
    audit.record(
        actor=actor, action="accounts.password_changed", target=user, now=now, data={"tokens_revoked": revoked}
    )
    sign_ins.end(user=user, actor=actor, now=now, reason=sign_ins.Reason.SECURITY_CHANGED)
    tasks.notify(user=user, what="password_changed", now=now)


def factor_used(sender: object, user: User, authenticator: Authenticator, **_: Any) -> None:
    """A recovery code is worth a mail: it may have been found by somebody else."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        now = clock.now()
        left = len(factors.recovery_codes(user))
        audit.record(actor=user, action="accounts.recovery_code_used", target=user, now=now, data={"left": left})
        tasks.notify(user=user, what="recovery_code_used", now=now, detail=str(left))


def factor_refused(sender: object, user: User, authenticator: Authenticator, **_: Any) -> None:
    """A wrong code."""
    refusals.second_factor_refused(user=user, kind=authenticator.type, now=clock.now())
