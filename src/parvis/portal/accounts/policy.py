"""What a sign-in must satisfy, by person and network. A room above knows roles and networks: the wiring provides it.

Whatever the policy, a second factor is given in every sign-in (requirement 9): a policy can only ask for more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from parvis.portal.accounts.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPolicy:
    """The requirements of one sign-in. The strictest of the rules that apply."""

    passkey_only: bool = False
    """The second factor must be a passkey: a code from an app is not enough."""
    session_hours: int = 12
    """Absolute length of a sign-in, in hours."""
    idle_minutes: int = 720
    """A sign-in without a request ends after this long, in minutes."""
    fresh_minutes: int = 5
    """How long a second factor stays fresh for a sensitive act, in minutes; five at most (requirement 10)."""


Policy = Callable[[User, str], SignInPolicy]
"""The policy of this user from this address (textual IP address, empty if unknown)."""


def default(user: User, address: str) -> SignInPolicy:
    """Until another room has spoken."""
    return SignInPolicy()


_policy: Policy = default


def provide(policy: Policy) -> None:
    """Set who decides. Called once, by the wiring."""
    global _policy
    _policy = policy


def of(user: User, address: str) -> SignInPolicy:
    """What holds for this user from this address."""
    return _policy(user, address)
