"""What the rules say of a sign-in itself, for `accounts.policy` (config/wiring provides it there)."""

from __future__ import annotations

from parvis.portal.accounts.models import User
from parvis.portal.accounts.policy import SignInPolicy
from parvis.portal.kernel import clock
from parvis.portal.kernel.middleware import client_address
from parvis.portal.trust import evaluation
from parvis.portal.trust.evaluation import Trust


def of(user: User, address: str) -> SignInPolicy:
    """The strictest of the shipped policy and every rule that matches. No query within a judged request, else one.

    Asked outside a request, or for another address than the request's: as from a private PC, the stricter case.
    """
    request = evaluation.asking.get()
    if request is not None and client_address(request) == address:
        if getattr(request, "user", None) == user:
            return narrowed(evaluation.of_request(request))
        return narrowed(evaluation.evaluate(user, request, clock.now()))
    known = evaluation.of_users([user.pk])[user.pk]
    return narrowed(evaluation.judge(known, address=address, now=clock.now()))


def narrowed(trust: Trust) -> SignInPolicy:
    """The shipped policy, less what the rules take away."""
    effects, shipped = trust.effects, SignInPolicy()
    return SignInPolicy(
        passkey_only=shipped.passkey_only or effects.passkey_only,
        session_hours=_least(shipped.session_hours, effects.sign_in_hours),
        idle_minutes=_least(shipped.idle_minutes, effects.sign_in_idle_minutes),
        fresh_minutes=_least(shipped.fresh_minutes, effects.fresh_minutes),
    )


def _least(shipped: int, ruled: int | None) -> int:
    return shipped if ruled is None else min(shipped, ruled)
