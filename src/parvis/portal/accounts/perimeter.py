"""Whose accounts an administrator sees. The directory, a room above, says it: `config.wiring` provides it here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Q

from parvis.portal.accounts.models import User

Perimeter = Callable[[User], Q | None]
"""The condition on `User` for the accounts this user administers; None: they administer none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Administrator:
    """Somebody who administers an account."""

    user_id: int
    is_head: bool
    """A head of IT, or a superuser: may decide alone where there is no second person."""


Administrators = Callable[[User], list[Administrator]]
"""Who administers this account, themselves left out."""


def superusers_only(user: User) -> Q | None:
    """Until the directory has spoken: a superuser administers all accounts, nobody else any."""
    return Q() if user.is_superuser else None


def superusers(user: User) -> list[Administrator]:
    """Until the directory has spoken."""
    found = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk)
    return [Administrator(user_id=pk, is_head=True) for pk in found.values_list("pk", flat=True)]


_perimeter: Perimeter = superusers_only
_administrators: Administrators = superusers


def provide(perimeter: Perimeter, administrators: Administrators = superusers) -> None:
    """Set who administers which accounts. Called once, by the wiring."""
    global _perimeter, _administrators
    _perimeter, _administrators = perimeter, administrators


def of(user: User) -> Q | None:
    """The accounts `user` administers, as a condition; None for none."""
    return _perimeter(user) if user.is_active else None


def administrators_of(user: User) -> list[Administrator]:
    """Who administers the account of `user`: the same answer as `of`, seen from the other side."""
    return _administrators(user)
