"""Reads of this room."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, QuerySet

from parvis.portal.accounts import perimeter, second_factor
from parvis.portal.accounts.models import User
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
