"""Gateways say hello and, every two seconds, what they hold open.

The heartbeat is level-based: each time, everything a gateway reports is compared with everything
that must be true now. A lost message, a restart or a missed event is mended by the next one.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import models, transaction

from parvis.portal.kernel import audit, clock, prepared
from parvis.portal.remote_desktop import columns, facts, live, rules, trusted
from parvis.portal.remote_desktop.models import Connection, Gateway, RemoteSession
from parvis.portal.remote_desktop.services import sessions
from parvis.portal.trust.queries import Screen

ENDED_PER_HEARTBEAT = 100
"""Sessions ended in the database per heartbeat; the answer names all of them, the next heartbeats write the rest."""


def hello(*, gateway: str, boot: uuid.UUID, version: str, now: datetime) -> Gateway:
    """A gateway process starts. What an earlier process of the same name held open is lost."""
    known = present(gateway=gateway, boot=boot, now=now)
    Gateway.objects.filter(pk=known.pk).update(version=version)
    known.version = version
    audit.record(actor=None, action="remote_desktop.gateway_started", target=known, now=now, data={"version": version})
    return known


def present(*, gateway: str, boot: uuid.UUID, now: datetime) -> Gateway:
    """The gateway of this name. A boot not seen yet is an unsaid hello: connections of other boots are closed."""
    known, created = _NAMED.first(name=gateway), False
    if known is None:
        known, created = Gateway.objects.get_or_create(
            name=gateway, defaults={"boot": boot, "booted_at": now, "heard_at": now}
        )
    if known.heard_at is None or abs((now - known.heard_at).total_seconds()) >= rules.HEARD_WRITTEN_SECONDS:
        Gateway.objects.filter(pk=known.pk).update(heard_at=now)
        known.heard_at = now
    if created or known.boot == boot:
        return known
    with transaction.atomic():
        Gateway.objects.filter(pk=known.pk).update(boot=boot, booted_at=now)
        known.boot, known.booted_at = boot, now
        left = Connection.objects.filter(gateway=known, ended_at__isnull=True, redeemed_at__isnull=False)
        close_as_lost(left.exclude(boot=boot).select_related("session"), now=now)
    return known


_NAMED: prepared.Read[Gateway] = prepared.Read(
    lambda name: Gateway.objects.filter(name=name).order_by("pk"), name=models.CharField()
)


def close_as_lost(connections: Iterable[Connection], *, now: datetime) -> int:
    """Close connections nobody holds any more; their sessions may come back within the grace time."""
    count = 0
    for connection in connections:
        with transaction.atomic():
            session = sessions.locked(connection.session_id)
            if session is None:
                continue
            reason = connection.end_reason or "gateway_lost"
            if sessions.close_connection(connection, reason=reason, at=now, figures={}):
                count += 1
                sessions.after_close(session, reason=reason, at=now, now=now)
    return count


def heartbeat(
    *,
    gateway: str,
    boot: uuid.UUID,
    figures: Mapping[uuid.UUID, live.Figures],
    load: live.Load,
    now: datetime,
) -> dict[uuid.UUID, str]:
    """Which of the reported connections must end, and why (words of the contract).

    Eight queries at most while nothing has to end, however many connections are reported.
    """
    known = present(gateway=gateway, boot=boot, now=now)
    open_ones = {each.pk: each for each in _open_connections(known)}
    held = [open_ones[pk] for pk in figures if pk in open_ones]
    verdicts = _verdicts(held, now)
    strays = [pk for pk in figures if pk not in open_ones]
    answers = {pk: reason for pk, reason in verdicts.items() if reason}
    answers |= _judge_strays(known, strays, now)
    _end_sessions(held, verdicts, now)
    lost = live.note(known.pk, figures=figures, load=load, believed_open=open_ones, now=now)
    close_as_lost([open_ones[pk] for pk in lost], now=now)
    return {pk: rules.wire_reason(reason) for pk, reason in answers.items()}


def _open_connections(gateway: Gateway) -> list[Connection]:
    return list(
        Connection.objects.filter(gateway=gateway, ended_at__isnull=True)
        .select_related("session__user", "session__agent", "session__computer__display")
        .defer(*_NOT_LOOKED_AT)
    )


_NOT_LOOKED_AT = columns.left_out("user", "agent", "computer", "computer__display", under="session__")


def _verdicts(held: list[Connection], now: datetime) -> dict[uuid.UUID, str | None]:
    """For each connection, why it must end, or None."""
    if not held:
        return {}
    today = clock.today(now)
    known = facts.of_sessions([each.session for each in held], today)
    alive = facts.alive({each.session.sign_in for each in held}, today)
    screens = trusted.of_sessions([each.session for each in held], now)
    return {each.pk: _verdict(each, known[each.session], alive, screens[each.session], now) for each in held}


def _verdict(connection: Connection, known: rules.Facts, alive: set[str], screen: Screen, now: datetime) -> str | None:
    session = connection.session
    if session.state == "ended":
        return session.end_reason
    if connection.end_reason:
        return connection.end_reason
    checks = (
        (not known.account_active or not known.agent_active, "account_disabled"),
        (rules.why_not(known, clock.today(now)) is not None, "access_revoked"),
        (session.sign_in not in alive, "signed_out"),
        (now >= session.ends_at, "time_limit"),
    )
    return next((reason for failed, reason in checks if failed), trusted.why_not(session, screen))


def _end_sessions(held: list[Connection], verdicts: Mapping[uuid.UUID, str | None], now: datetime) -> None:
    """Write the ends that are new. One transaction each: a failure delays one session, not all."""
    new = [
        (each.session, reason)
        for each in held
        if (reason := verdicts[each.pk]) and each.session.state != "ended" and reason != "superseded"
    ]
    for session, reason in new[:ENDED_PER_HEARTBEAT]:
        sessions.end(session, reason=reason, actor=None, at=now, hint=False)


def _judge_strays(gateway: Gateway, strays: list[uuid.UUID], now: datetime) -> dict[uuid.UUID, str]:
    """Connections reported as open which the portal does not believe open.

    One that was only *concluded* to be lost is taken back when its session still waits for it; any other must end.
    """
    if not strays:
        return {}
    known = Connection.objects.filter(pk__in=strays).select_related("session").in_bulk()
    answers = {}
    for pk in strays:
        connection = known.get(pk)
        if connection is None:
            answers[pk] = "unknown_connection"
        elif not _take_back(connection, gateway):
            session = connection.session
            answers[pk] = session.end_reason if session.state == "ended" else connection.end_reason or "superseded"
    return answers


@transaction.atomic
def _take_back(connection: Connection, gateway: Gateway) -> bool:
    session = sessions.locked(connection.session_id)
    inferred = connection.end_reason != "" and rules.end_reason(connection.end_reason).inferred
    if session is None or not inferred or (connection.gateway_id, connection.boot) != (gateway.pk, gateway.boot):
        return False
    newer = Connection.objects.filter(session=session, issued_at__gt=connection.issued_at, redeemed_at__isnull=False)
    if session.state != RemoteSession.State.INTERRUPTED or newer.exists():
        return False
    Connection.objects.filter(pk=connection.pk).update(ended_at=None, end_reason="")
    if connection.started_at is not None:
        sessions.start(session, at=session.started_at or connection.started_at)
    return True
