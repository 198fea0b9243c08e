"""Reads of this room."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, QuerySet

from parvis.portal.accounts import perimeter, rules, second_factor
from parvis.portal.accounts.models import RecoveryRequest, User
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import NotFound


def visible_to(actor: User) -> QuerySet[User]:
    """The accounts the actor administers, each with `has_second_factor`."""
    condition = perimeter.of(actor)
    if condition is None:
        return User.objects.none()
    factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=second_factor.MAIN_TYPES)
    return (
        User.objects.filter(condition)
        .annotate(has_second_factor=Exists(factors))
        .order_by("last_name", "first_name", "pk")
    )


def visible_one(actor: User, user_id: int) -> User:
    """One of them.

    Raises:
        NotFound: no such account, or outside the actor's perimeter.
    """
    user = visible_to(actor).filter(pk=user_id).first()
    if user is None:
        raise NotFound
    return user


def personas() -> QuerySet[User]:
    """The demo's people."""
    return User.objects.filter(is_demo_persona=True, is_active=True).order_by("pk")


def recoveries_visible_to(actor: User) -> QuerySet[RecoveryRequest]:
    """The recovery requests of the accounts the actor administers, their own left out; newest first."""
    condition = perimeter.of(actor)
    if condition is None:
        return RecoveryRequest.objects.none()
    theirs = User.objects.filter(condition).exclude(pk=actor.pk).order_by().values("pk")
    found = RecoveryRequest.objects.filter(user__in=theirs)
    return found.select_related("user", "opened_by", "identified_by", "approved_by").order_by("-opened_at")


def one_recovery(actor: User, recovery_id: int) -> RecoveryRequest:
    """One of them.

    Raises:
        NotFound: no such request, or outside the actor's perimeter.
    """
    request = recoveries_visible_to(actor).filter(pk=recovery_id).first()
    if request is None:
        raise NotFound
    return request


def recoveries_waiting(actor: User) -> int:
    """How many wait for the team; for the menu. One query when nobody asked anything."""
    waiting = RecoveryRequest.objects.filter(state__in=("asked", "identified"), expires_at__gt=clock.now())
    if not waiting.exists():
        return 0
    return (
        recoveries_visible_to(actor)
        .filter(pk__in=waiting.values("pk"))
        .exclude(state="identified", alone=False, identified_by=actor)
        .count()
    )


def open_recovery(user: User) -> RecoveryRequest | None:
    """The user's own request, if one is under way."""
    found = RecoveryRequest.objects.filter(user=user, state__in=rules.OPEN, expires_at__gt=clock.now())
    return found.select_related("user").first()
