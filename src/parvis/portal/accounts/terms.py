"""The terms of a sign-in: what its policy asks of it from one request to the next, and its end when its time is over.

The policy (`policy.of`) is asked again once a minute, and at once when the sign-in comes from another address: the
stricter one then holds from that request on. In between it is kept in the shared cache. Every sign-in carries the
limits last found in `UserSession.data`, so that `sweep` ends those whose browser never comes back; remote sessions
close by `SignInEnded` (requirements 6 and 8 of THREAT_MODEL.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.http import HttpRequest

from parvis.portal.accounts import policy, sign_ins
from parvis.portal.accounts.models import User
from parvis.portal.accounts.policy import SignInPolicy
from parvis.portal.kernel import clock
from parvis.portal.kernel.middleware import client_address

NOTED_EVERY_SECONDS = 60
"""A sign-in's activity is written once a minute at most: idleness is measured to the minute."""

InUse = Callable[[Collection[str]], set[str]]
"""Which of these sign-ins are in use though no page is asked for (an agent works on a remote screen)."""


def nothing_in_use(ids: Collection[str]) -> set[str]:
    """Until another room has spoken."""
    return set()


_in_use: InUse = nothing_in_use


def provide_in_use(in_use: InUse) -> None:
    """Set who knows. Called once, by the wiring."""
    global _in_use
    _in_use = in_use


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for a sign-in now."""

    policy: SignInPolicy
    address: str
    over: sign_ins.Reason | None = None
    """Why the sign-in must end, if it must."""


def of(request: HttpRequest) -> Terms:
    """The terms of the request's sign-in; for a signed-in user. Asked once per request."""
    known: Terms | None = getattr(request, "_parvis_terms", None)
    if known is None:
        known = _look(request)
        request._parvis_terms = known  # type: ignore[attr-defined]
    return known


def over(row: UserSession, limits: SignInPolicy, now: datetime) -> sign_ins.Reason | None:
    """Whether a sign-in has lasted too long, or was idle too long."""
    if now >= row.created_at + timedelta(hours=limits.session_hours):
        return sign_ins.Reason.TIME_LIMIT
    idle = timedelta(minutes=limits.idle_minutes, seconds=NOTED_EVERY_SECONDS)
    if now >= row.last_seen_at + idle and str(row.pk) not in _in_use({str(row.pk)}):
        return sign_ins.Reason.IDLE
    return None


def sweep(now: datetime | None = None) -> int:
    """End the sign-ins whose time is over; how many. One pass over all standing ones, each ended on its own."""
    now = now or clock.now()
    # Django's own expiry, too: a session nobody ended is ended here, so that `SignInEnded` is heard.
    doomed = [
        (row, why)
        for row in UserSession.objects.select_related("user").iterator(chunk_size=1000)
        if (why := over(row, _limits(row), now)) is not None
    ]
    return sum(sign_ins.end(user=row.user, actor=None, now=now, reason=why, only={str(row.pk)}) for row, why in doomed)


def _look(request: HttpRequest) -> Terms:
    user, address = request.user, client_address(request)
    assert isinstance(user, User)  # noqa: S101 the callers asked whether somebody is signed in
    key = request.session.session_key or ""
    mark = "parvis-active:" + hashlib.sha256(key.encode()).hexdigest()
    kept = cache.get(mark)
    now = clock.now()
    if isinstance(kept, tuple) and kept[0] == address and now < kept[2]:
        return Terms(policy=kept[1], address=address)
    found = policy.of(user, address)
    row = UserSession.objects.filter(session_key=key, user_id=user.pk).first() if key else None
    if row is None:  # no sign-in of the pages: nothing to note
        return Terms(policy=found, address=address)
    sign_ins.remember(request, row)
    if (why := over(row, found, now)) is not None:
        return Terms(policy=found, address=address, over=why)
    UserSession.objects.filter(pk=row.pk).update(
        last_seen_at=now,
        ip=address or "0.0.0.0",  # noqa: S104 not a bind
        data={**row.data, "limits": asdict(found)},
    )
    ends = row.created_at + timedelta(hours=found.session_hours)
    cache.set(mark, (address, found, ends), timeout=NOTED_EVERY_SECONDS)
    return Terms(policy=found, address=address)


def _limits(row: UserSession) -> SignInPolicy:
    kept = row.data.get("limits") if isinstance(row.data, dict) else None
    try:
        return SignInPolicy(**kept) if kept else policy.of(row.user, row.ip)
    except TypeError:  # written by another version
        return policy.of(row.user, row.ip)
