"""Whose accounts an administrator sees. The directory, a room above, says it: `config.wiring` provides it here."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Q

from parvis.portal.accounts.models import User

Perimeter = Callable[[User], Q | None]
"""The condition on `User` for the accounts this user administers; None: they administer none."""


def superusers_only(user: User) -> Q | None:
    """Until the directory has spoken: a superuser administers all accounts, nobody else any."""
    return Q() if user.is_superuser else None


_perimeter: Perimeter = superusers_only


def provide(perimeter: Perimeter) -> None:
    """Set who administers which accounts. Called once, by the wiring."""
    global _perimeter
    _perimeter = perimeter


def of(user: User) -> Q | None:
    """The accounts `user` administers, as a condition; None for none."""
    return _perimeter(user) if user.is_active else None
