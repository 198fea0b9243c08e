"""What happened at a gateway, told at least once, in any order, perhaps hours late."""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, models, transaction

from parvis.portal.kernel import audit, prepared
from parvis.portal.remote_desktop import rules
from parvis.portal.remote_desktop.models import Connection, GatewayEvent, Refusal, RemoteSession
from parvis.portal.remote_desktop.services import refusals, sessions

logger = logging.getLogger(__name__)

TOGETHER = 25
"""Events that share a transaction: the others who write wait that long, some tens of milliseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One event of the contract's section 3. `up` = browser → PC, in bytes; clipboard: how often, never what."""

    id: uuid.UUID
    kind: str
    at: datetime
    connection: uuid.UUID | None = None
    session: uuid.UUID | None = None
    client_address: str | None = None
    target: str = ""
    reason: str = ""
    detail: str = ""
    up: int = 0
    down: int = 0
    clipboard_to_pc: int = 0
    clipboard_from_pc: int = 0


_Subject = tuple[Connection | None, RemoteSession | None]


def take_in(happenings: list[Happening], *, now: datetime) -> list[uuid.UUID]:
    """Apply events, each once; the ids that need not be sent again.

    Several share a transaction, for one wait for the disk. If one of them cannot be applied all of these are undone,
    and applied again each in a transaction of its own.
    """
    ids = [each.id for each in happenings]
    done = set(GatewayEvent.objects.filter(pk__in=ids).values_list("pk", flat=True))
    new = {each.id: each for each in happenings if each.id not in done}  # told twice in one piece: once
    todo = sorted(new.values(), key=lambda each: each.at)
    for start in range(0, len(todo), TOGETHER):
        piece = todo[start : start + TOGETHER]
        done.update(each.id for each in (piece if _apply_together(piece, now) else _apply_singly(piece, now)))
    return [each for each in ids if each in done]


def _apply_together(piece: list[Happening], now: datetime) -> bool:
    if len(piece) < 2:
        return False
    try:
        with transaction.atomic(), audit.together():
            # In one order: two requests that bring the same events never wait in a ring.
            GatewayEvent.objects.bulk_create([_told(each, now) for each in sorted(piece, key=lambda each: each.id)])
            subjects = _hold_subjects(piece)
            for happening in piece:
                _act(happening, subjects.get(happening.connection) or _subject(happening), now)
    except Exception as error:
        logger.info("gateway events are applied one by one: %s", type(error).__name__)
        return False
    return True


def _hold_subjects(piece: list[Happening]) -> dict[uuid.UUID | None, _Subject]:
    """Connection and session of those events that speak of a session alone.

    All sessions are taken first and in one order: who waits for the audit trail's end then holds what it will need.
    """
    of = dict(
        Connection.objects.filter(pk__in=[each.connection for each in piece if each.connection is not None])
        .order_by()
        .values_list("pk", "session_id")
    )
    held = sessions.all_locked(set(of.values()), "agent")
    told = Counter(of[each.connection] for each in piece if each.connection in of)
    alone = [pk for pk, session in of.items() if told[session] == 1]
    # Read under the lock only: a redeem may have come between.
    read = Connection.objects.in_bulk(alone)
    return {pk: (read[pk], held[of[pk]]) for pk in alone if pk in read and of[pk] in held}


def _apply_singly(piece: list[Happening], now: datetime) -> list[Happening]:
    """Each in a transaction of its own; those that were applied."""
    done = []
    for happening in piece:
        try:
            _apply_once(happening, now)
        except Exception:  # one that cannot be applied must not hold back the gateway's whole journal
            logger.exception("gateway event not applied", extra={"event_id": str(happening.id)})
        else:
            done.append(happening)
    return done


def _told(happening: Happening, now: datetime) -> GatewayEvent:
    return GatewayEvent(id=happening.id, kind=happening.kind, at=happening.at, received_at=now)


def _act(happening: Happening, subject: _Subject, now: datetime) -> None:
    _APPLY[happening.kind](happening, subject, min(happening.at, now), now)


def _apply_once(happening: Happening, now: datetime) -> None:
    try:
        with transaction.atomic():
            prepared.insert(_told(happening, now))
            _act(happening, _subject(happening), now)
    except IntegrityError:
        # Another request brought the same event at the same moment: it is applied there.
        if not GatewayEvent.objects.filter(pk=happening.id).exists():
            raise


def _started(happening: Happening, subject: _Subject, at: datetime, now: datetime) -> None:
    connection, session = subject
    if connection is None or session is None:
        return
    _STARTED(
        pk=connection.pk,
        at=connection.started_at or at,
        address=happening.client_address or connection.client_address,
    )
    if connection.ended_at is not None or connection.end_reason:
        # Late: it is over already. That it had started is still true, and is kept.
        RemoteSession.objects.filter(pk=session.pk, started_at__isnull=True).update(started_at=at)
        return
    sessions.start(session, at=at)


def _ended(happening: Happening, subject: _Subject, at: datetime, now: datetime) -> None:
    connection, session = subject
    if connection is None or session is None:
        return
    said = happening.reason if happening.reason in rules.END_REASONS else "protocol_error"
    reason = connection.end_reason if connection.ended_at is None and connection.end_reason else said
    if rules.ended_before(connection.end_reason, session.ended_at, said, at):
        reason = said
        sessions.correct_end(session, connection, reason=reason, at=at)
    changed = sessions.close_connection(
        connection,
        reason=reason,
        at=at,
        figures={
            "bytes_up": happening.up,
            "bytes_down": happening.down,
            "clipboard_to_pc": happening.clipboard_to_pc,
            "clipboard_from_pc": happening.clipboard_from_pc,
        },
    )
    sessions.add_up(session)
    with sessions.speaking_of(session, happening.client_address):
        audit.record(
            actor=None,
            action="remote_desktop.connection_ended",
            target=session,
            now=now,
            data={
                "connection": str(connection.pk),
                "at": at.isoformat(),
                "reason": reason,
                "said": said,
                "up": happening.up,
                "down": happening.down,
                "clipboard_to_pc": happening.clipboard_to_pc,
                "clipboard_from_pc": happening.clipboard_from_pc,
            },
        )
    if changed:
        sessions.after_close(session, reason=reason, at=at, now=now)


def _refused(happening: Happening, subject: _Subject, at: datetime, now: datetime) -> None:
    _, session = subject
    if session is not None and _told_already(session, happening.reason, at):
        return
    detail = " · ".join(each for each in (happening.target, happening.detail) if each)
    refusals.record(
        reason=happening.reason or "protocol_error",
        now=at,
        user=session.user if session else None,
        computer=session.computer if session else None,
        session=session,
        source="gateway",
        detail=detail,
        client_address=happening.client_address,
    )


_PORTAL_REFUSES = frozenset({"ticket_refused", "access_revoked", "too_many_sessions"})


def _told_already(session: RemoteSession, reason: str, at: datetime) -> bool:
    """The portal refused to redeem, and kept that with its finer reason: the gateway only repeats it."""
    around = (at - timedelta(minutes=1), at + timedelta(minutes=1))
    own = Refusal.objects.filter(session=session, source="portal", at__range=around)
    return reason in _PORTAL_REFUSES and own.exists()


_APPLY = {"started": _started, "ended": _ended, "refused": _refused}


def _subject(happening: Happening) -> _Subject:
    """The connection and its session, held until commit. None for ids this portal never gave, or has purged."""
    if happening.connection is None:
        return None, None
    of = _SESSION_OF.first(pk=happening.connection)
    if of is None:
        return None, None
    session = sessions.locked(of, "agent")  # whose entity the audit line belongs to
    # Read under the lock only: a redeem may have come between.
    return _CONNECTION.first(pk=happening.connection), session


_STARTED = prepared.Update(
    lambda pk, at, address: (Connection.objects.filter(pk=pk), {"started_at": at, "client_address": address}),
    pk=models.UUIDField(),
    at=models.DateTimeField(),
    address=models.GenericIPAddressField(),
)
_SESSION_OF: prepared.Read[uuid.UUID] = prepared.Read(
    lambda pk: Connection.objects.filter(pk=pk).values_list("session_id", flat=True), pk=models.UUIDField()
)
_CONNECTION: prepared.Read[Connection] = prepared.Read(
    lambda pk: Connection.objects.filter(pk=pk), pk=models.UUIDField()
)
