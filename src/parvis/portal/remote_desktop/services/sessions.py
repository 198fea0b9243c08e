"""Moves of a remote session and its connections. Every change of state of this room passes here.

Each move is a conditional UPDATE: whoever comes second changes nothing, on SQLite and PostgreSQL alike.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.db.models import Q, QuerySet, Sum

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, context, events, prepared
from parvis.portal.remote_desktop import columns, hints, rules
from parvis.portal.remote_desktop.events import SessionEnded, SessionStarted
from parvis.portal.remote_desktop.models import Connection, RemoteSession


@contextmanager
def speaking_of(session: RemoteSession, client_address: str | None = None) -> Iterator[None]:
    """Audit lines written inside carry the session's correlation id and its browser's address, not the gateway's."""
    correlation = context.correlation.set(session.correlation)
    address = context.client_address.set(client_address or session.client_address or "")
    try:
        yield
    finally:
        context.correlation.reset(correlation)
        context.client_address.reset(address)


def locked(session_id: UUID, *related: str) -> RemoteSession | None:
    """The session, held until commit (on SQLite the transaction holds the write lock already).

    User and computer are read with it, and what `related` names besides.
    """
    if related not in _LOCKED:
        _LOCKED[related] = prepared.Read(lambda pk: _held(related).filter(pk=pk), pk=models.UUIDField())
    return _LOCKED[related].first(pk=session_id)


def all_locked(session_ids: Collection[UUID], *related: str) -> dict[UUID, RemoteSession]:
    """The same for many, taken in one order; without those that are not there."""
    return {each.pk: each for each in _held(related).filter(pk__in=session_ids).order_by("pk")}


def _held(related: tuple[str, ...]) -> QuerySet[RemoteSession]:
    beside = ("user", "computer", *related)
    return (
        RemoteSession.objects.select_for_update(of=("self",)).select_related(*beside).defer(*columns.left_out(*beside))
    )


_LOCKED: dict[tuple[str, ...], prepared.Read[RemoteSession]] = {}


def start(session: RemoteSession, *, at: datetime) -> bool:
    """The screen is there (again). Whether the session moved."""
    moved = first = session.started_at is None and bool(_NEWLY_ACTIVE(pk=session.pk, at=at))
    if not first:
        moved, first = bool(_ACTIVE(pk=session.pk)), bool(_FIRST_START(pk=session.pk, at=at))
    if moved:
        session.state, session.interrupted_at = "active", None
    if first and session.started_at is None:
        with speaking_of(session):
            audit.record(actor=session.user, action="remote_desktop.session_started", target=session, now=at)
        events.publish(SessionStarted(session_id=session.pk, agent_id=session.agent_id, at=at))
    session.started_at = session.started_at or at
    return moved


_NEWLY_ACTIVE = prepared.Update(
    lambda pk, at: (
        RemoteSession.objects.filter(pk=pk, state__in=rules.sources("active"), started_at__isnull=True),
        {"state": "active", "interrupted_at": None, "started_at": at},
    ),
    pk=models.UUIDField(),
    at=models.DateTimeField(),
)
_ACTIVE = prepared.Update(
    lambda pk: (
        RemoteSession.objects.filter(pk=pk, state__in=rules.sources("active")),
        {"state": "active", "interrupted_at": None},
    ),
    pk=models.UUIDField(),
)
_FIRST_START = prepared.Update(
    lambda pk, at: (
        RemoteSession.objects.filter(Q(started_at__isnull=True) | Q(started_at__gt=at), pk=pk),
        {"started_at": at},
    ),
    pk=models.UUIDField(),
    at=models.DateTimeField(),
)


def interrupt(session: RemoteSession, *, reason: str, at: datetime) -> bool:
    """The screen is cut and may come back. Whether the session moved."""
    if not _move(session, "interrupted", interrupted_at=at):
        return False
    with speaking_of(session):
        audit.record(
            actor=None, action="remote_desktop.session_interrupted", target=session, now=at, data={"reason": reason}
        )
    return True


@transaction.atomic(savepoint=False)  # its line of the trail comes in its turn (`audit.together`)
def end(session: RemoteSession, *, reason: str, actor: User | None, at: datetime, hint: bool = True) -> bool:
    """The session is over, for this reason. Whether it ended now (False: it had ended already).

    Its open connections are told to end: at its next heartbeat, which a hint brings forward, the gateway closes their
    sockets. `hint` False: that gateway is being answered now.
    """
    if not _move(session, "ended", ended_at=at, end_reason=reason):
        return False
    Connection.objects.filter(session=session, ended_at__isnull=True, redeemed_at__isnull=True).update(
        ended_at=at, end_reason=reason
    )
    held = Connection.objects.filter(session=session, ended_at__isnull=True, end_reason="").update(end_reason=reason)
    if held and hint:
        hints.ring(session=session)
    with speaking_of(session):
        audit.record(
            actor=actor,
            action="remote_desktop.session_ended",
            target=session,
            now=at,
            data={"reason": reason, "user": session.user_id, "computer": str(session.computer)},
        )
    events.publish(SessionEnded(session_id=session.pk, reason=reason, at=at))
    return True


def correct_end(session: RemoteSession, connection: Connection, *, reason: str, at: datetime) -> None:
    """It had ended earlier, and otherwise, than the portal believed: the history says what happened.

    The audit keeps both: the line of the end as it was believed, and the report's own.
    """
    RemoteSession.objects.filter(pk=session.pk).update(ended_at=at, end_reason=reason)
    Connection.objects.filter(pk=connection.pk).update(end_reason=reason)
    session.ended_at, session.end_reason, connection.end_reason = at, reason, reason


def after_close(session: RemoteSession, *, reason: str, at: datetime, now: datetime) -> None:
    """One of the session's connections is gone: what it means for the session."""
    if session.state == "ended" or _has_another(session, now):
        return
    if may_resume(reason, session.protocol) and at < session.ends_at:
        interrupt(session, reason=reason, at=at)
    else:
        end(session, reason=reason, actor=None, at=at)


def may_resume(reason: str, protocol: str) -> bool:
    """May a session come back after this? Not when a Windows PC closed it: the user has signed out of Windows."""
    if reason == "target_closed" and protocol == "rdp":
        return False
    return rules.end_reason(reason).resumable


def close_connection(connection: Connection, *, reason: str, at: datetime, figures: dict[str, int]) -> bool:
    """Note the end of a connection once; a gateway's own word replaces what was only inferred.

    `figures` (bytes, clipboard counts) never shrink. Whether this changed how the connection ended.
    """
    changed = Connection.objects.filter(
        Q(ended_at__isnull=True) | Q(end_reason__in=_INFERRED), pk=connection.pk
    ).update(ended_at=at, end_reason=connection.end_reason if _decided(connection) else reason)
    _raise_figures(connection, figures)
    return bool(changed)


def add_up(session: RemoteSession) -> None:
    """The session's bytes are the sum of its connections'."""
    total = Connection.objects.filter(session=session).aggregate(up=Sum("bytes_up"), down=Sum("bytes_down"))
    RemoteSession.objects.filter(pk=session.pk).update(bytes_up=total["up"] or 0, bytes_down=total["down"] or 0)


_INFERRED = [reason.code for reason in rules.END_REASONS.values() if reason.inferred]


def _decided(connection: Connection) -> bool:
    """The portal had asked for this end: its reason is the true one."""
    return connection.ended_at is None and bool(connection.end_reason)


def _raise_figures(connection: Connection, figures: dict[str, int]) -> None:
    larger = {name: value for name, value in figures.items() if value > getattr(connection, name)}
    if larger:
        Connection.objects.filter(pk=connection.pk).update(**larger)


def _has_another(session: RemoteSession, now: datetime) -> bool:
    """Is there another connection, open or about to open?"""
    coming = Q(redeemed_at__isnull=True, expires_at__gt=now) | Q(redeemed_at__isnull=False)
    return Connection.objects.filter(coming, session=session, ended_at__isnull=True, end_reason="").exists()


def _move(session: RemoteSession, to: str, **fields: Any) -> bool:
    moved = RemoteSession.objects.filter(pk=session.pk, state__in=rules.sources(to)).update(state=to, **fields)
    if not moved:
        return False
    session.state = to
    for name, value in fields.items():
        setattr(session, name, value)
    return True
