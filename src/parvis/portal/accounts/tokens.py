"""Personal API tokens: made, checked, revoked."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from parvis.portal.accounts import policy, second_factor
from parvis.portal.accounts.models import Scope, Token, User
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.errors import Invalid, NotFound

PREFIX = "parvis_"
"""By it secret scanners and our log filter know a token."""
LONGEST_DAYS = 366
_USE_NOTED_EVERY = timedelta(minutes=1)


def digest(secret: str) -> str:
    """What is stored for a token."""
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def create(*, actor: User, name: str, scopes: Collection[str], expires_date: date, now: datetime) -> tuple[Token, str]:
    """A new token of the actor and its secret, which nothing can show again.

    Raises:
        Invalid: no or unknown scope, last day in the past or too far.
    """
    today = clock.today(now)
    if not scopes or not set(scopes) <= set(Scope.values):
        raise Invalid(_("Choisissez au moins un droit."), fields={"scopes": [_("Choisissez au moins un droit.")]})
    if not today <= expires_date <= today + timedelta(days=LONGEST_DAYS):
        problem = _("Choisissez une date d’ici un an.")
        raise Invalid(problem, fields={"expires_date": [problem]})
    secret = PREFIX + secrets.token_urlsafe(32)
    token = Token.objects.create(
        user=actor,
        name=name,
        digest=digest(secret),
        scopes=sorted(scopes),
        expires_date=expires_date,
        created_at=now,
    )
    audit.record(
        actor=actor,
        action="accounts.token_created",
        target=token,
        now=now,
        data={"scopes": token.scopes, "expires_date": expires_date},
    )
    return token, secret


@transaction.atomic
def revoke(*, actor: User, token_id: int, now: datetime) -> None:
    """End one of the actor's tokens; ending it twice is once.

    Raises:
        NotFound: not a token of the actor.
    """
    token = Token.objects.filter(user=actor, pk=token_id).first()
    if token is None:
        raise NotFound
    if Token.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=now):
        audit.record(actor=actor, action="accounts.token_revoked", target=token, now=now)


def revoke_all(*, user: User, now: datetime) -> int:
    """End every token of an account that is being disabled; how many."""
    return Token.objects.filter(user=user, revoked_at__isnull=True).update(revoked_at=now)


def of_user(user: User) -> QuerySet[Token]:
    """The user's tokens that were not revoked, newest first."""
    return Token.objects.filter(user=user, revoked_at__isnull=True)


def recognise(secret: str, *, now: datetime, address: str = "") -> Token | None:
    """The standing token with this secret, of an active user with a second factor; else None. Notes the use.

    Whose policy wants a passkey, from this address, must have one.
    """
    if not secret.startswith(PREFIX):
        return None
    entitled = User.objects.filter(is_active=True).filter(_strong_enough())
    token = (
        Token.objects.select_related("user")
        .filter(digest=digest(secret), revoked_at__isnull=True, expires_date__gte=clock.today(now), user__in=entitled)
        .first()
    )
    if token is None or not _satisfies(token.user, address):
        return None
    if token.last_used_at is None or now - token.last_used_at >= _USE_NOTED_EVERY:
        Token.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def _satisfies(user: User, address: str) -> bool:
    if settings.PARVIS.demo and user.is_demo_persona:
        return True
    return not policy.of(user, address).passkey_only or second_factor.has_passkey(user)


def _strong_enough() -> Q:
    persona = Q(is_demo_persona=True) if settings.PARVIS.demo else Q(pk__in=[])
    return second_factor.users_with_one() | persona
