"""Sign-ins: the authenticated browser sessions of a user, as seen from the other rooms.

A sign-in has an opaque id, the same from signing in to signing out (the primary key of
django-allauth's `UserSession`, as text). A remote session is bound to it.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest

from parvis.portal.accounts.events import SignInEnded
from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, clock, events, prepared


class Reason(enum.StrEnum):
    """Why a sign-in ended."""

    SIGNED_OUT = "signed_out"
    ENDED_BY_USER = "ended_by_user"
    SECURITY_CHANGED = "security_changed"
    DISABLED = "disabled"
    TIME_LIMIT = "time_limit"
    IDLE = "idle"
    PROVIDER = "provider"
    """The identity provider where it began said so."""


def current(request: HttpRequest) -> str:
    """The id of the sign-in this request belongs to; empty for an anonymous request. At most one query per request."""
    known = getattr(request, "_parvis_sign_in", None)
    if known is not None:
        return str(known)
    found = ""
    if request.user.is_authenticated and hasattr(request, "session"):
        key = request.session.session_key
        pk = _HERE.first(key=key, user=request.user.pk)
        if pk is None:  # signed in before this row was kept
            UserSession.objects.create_from_request(request)
            pk = UserSession.objects.values_list("pk", flat=True).get(session_key=request.session.session_key)
        found = str(pk)
    request._parvis_sign_in = found  # type: ignore[attr-defined]
    return found


def remember(request: HttpRequest, row: UserSession) -> None:
    """Spare `current` its query: the caller has just read the row of this request's sign-in."""
    request._parvis_sign_in = str(row.pk)  # type: ignore[attr-defined]


def alive(ids: Collection[str], *, now: datetime | None = None) -> set[str]:
    """Which of these sign-ins still stand: known, account active, browser session not expired. One query."""
    numbers = _numbers(ids)
    if len(numbers) == 1:
        return {str(pk) for pk in _STANDS.all(pk=numbers[0], now=now or clock.now())}
    return {str(pk) for pk in _standing(now or clock.now()).filter(pk__in=numbers).values_list("pk", flat=True)}


def of_user(user: User, *, now: datetime) -> QuerySet[UserSession]:
    """The user's standing sign-ins, the most recently active first."""
    return _standing(now).filter(user=user).order_by("-last_seen_at")


@transaction.atomic
def end(
    *,
    user: User,
    actor: User | None,
    now: datetime,
    reason: Reason,
    only: Collection[str] | None = None,
    keep: str = "",
) -> int:
    """End the user's sign-ins: those in `only` (all of them if None) except `keep`. How many ended.

    Their browser sessions are deleted at once; `SignInEnded` is published for each.
    """
    doomed = UserSession.objects.filter(user=user)
    if only is not None:
        doomed = doomed.filter(pk__in=_numbers(only))
    if keep:
        doomed = doomed.exclude(pk=int(keep))
    rows = list(doomed.values_list("pk", "session_key"))
    Session.objects.filter(session_key__in=[key for _, key in rows]).delete()
    UserSession.objects.filter(pk__in=[pk for pk, _ in rows]).delete()
    if rows:
        audit.record(
            actor=actor,
            action="accounts.signed_out" if reason is Reason.SIGNED_OUT else "accounts.sign_ins_ended",
            target=user,
            now=now,
            data={"sign_ins": [pk for pk, _ in rows], "reason": reason.value},
        )
    for pk, _ in rows:
        events.publish(SignInEnded(user_id=user.pk, sign_in=str(pk), reason=reason.value, at=now))
    return len(rows)


def _numbers(ids: Collection[str]) -> list[int]:
    """Those that can be a primary key (64 bits): the others are nobody's sign-in."""
    return [int(each) for each in ids if each.isascii() and each.isdigit() and len(each) < 19]


def _standing(now: datetime | prepared.Slot) -> QuerySet[UserSession]:
    session = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=now)
    standing: QuerySet[UserSession] = UserSession.objects.filter(Q(user__is_active=True) & Exists(session))
    return standing


_HERE: prepared.Read[int] = prepared.Read(
    lambda key, user: UserSession.objects.filter(session_key=key, user_id=user).values_list("pk", flat=True)[:1],
    key=models.CharField(),
    user=models.BigIntegerField(),
)
_STANDS: prepared.Read[int] = prepared.Read(
    lambda pk, now: _standing(now).filter(pk=pk).values_list("pk", flat=True),
    pk=models.BigIntegerField(),
    now=models.DateTimeField(),
)
