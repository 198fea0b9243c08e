"""A gateway redeems a ticket: once, and only while everything it promised is still true."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from django.conf import settings
from django.db import models, transaction

from parvis.portal.kernel import clock, prepared
from parvis.portal.kernel.errors import Conflict, NotAllowed
from parvis.portal.remote_desktop import facts, hints, rules, trusted, wording
from parvis.portal.remote_desktop.models import Connection, Gateway, RemoteSession
from parvis.portal.remote_desktop.services import connect, refusals, sessions
from parvis.portal.remote_desktop.services.gateways import present
from parvis.ticket import codec
from parvis.ticket.claims import Claims, TicketError


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeemed:
    """The gateway may connect: the pin it must find (empty: none yet), and the user's limit."""

    session: uuid.UUID
    connection: uuid.UUID
    pin: str
    user_limit: int


def redeem(*, gateway: str, boot: uuid.UUID, ticket: str, client_address: str, now: datetime) -> Redeemed:
    """Use a ticket up.

    Raises:
        Conflict: `ticket_used`.
        NotAllowed: `ticket_refused`, `access_revoked` or `too_many_sessions`. Recorded, with the finer reason.
    """
    try:
        claims = codec.verify(ticket, [settings.KEYS.ticket.public_key()], now.timestamp())
    except TicketError as error:
        _refuse("ticket_refused", None, now, client_address, detail=error.code)
    by = present(gateway=gateway, boot=boot, now=now)
    session, reason = _spend(claims, by, client_address, now)
    if session is None:
        session = RemoteSession.objects.select_related("user", "computer").filter(pk=claims.session).first()
        used = Connection.objects.filter(pk=claims.connection, jti=claims.jti, redeemed_at__isnull=False).exists()
        _refuse("ticket_used" if used else "ticket_refused", session, now, client_address)
    if reason is not None:
        _refuse(reason, session, now, client_address)
    return Redeemed(
        session=claims.session,
        connection=claims.connection,
        pin=session.computer.display.pin,
        user_limit=settings.PARVIS.sessions_per_user,
    )


def use_up(claims: Claims, *, by: Gateway, client_address: str, now: datetime) -> bool:
    """The one place where a ticket is spent: a conditional UPDATE, so that of many at once exactly one wins."""
    spent = _SPEND(
        pk=claims.connection,
        jti=claims.jti,
        session=claims.session,
        now=now,
        gateway=by.pk,
        boot=by.boot,
        client_address=client_address,
    )
    return spent == 1


_SPEND = prepared.Update(
    lambda pk, jti, session, now, gateway, boot, client_address: (
        Connection.objects.filter(
            pk=pk,
            jti=jti,
            session_id=session,
            redeemed_at__isnull=True,
            ended_at__isnull=True,
            expires_at__gt=now,
        ),
        {"redeemed_at": now, "gateway": gateway, "boot": boot, "client_address": client_address},
    ),
    pk=models.UUIDField(),
    jti=models.CharField(),
    session=models.UUIDField(),
    now=models.DateTimeField(),
    gateway=models.BigIntegerField(),
    boot=models.UUIDField(),
    client_address=models.GenericIPAddressField(),
)


@transaction.atomic
def _spend(claims: Claims, by: Gateway, client_address: str, now: datetime) -> tuple[RemoteSession | None, str | None]:
    """Use the ticket up and look again, in one transaction: a refusal spends it too. No session: it was not good."""
    # The account first, as everywhere: two transactions that take rows in one order never wait in a ring.
    connect.hold_user(claims.user)
    if not use_up(claims, by=by, client_address=client_address, now=now):
        return None, None
    return _admit(claims, now)


def _admit(claims: Claims, now: datetime) -> tuple[RemoteSession, str | None]:
    """Check again what may have changed since the ticket was signed; the reason if it has."""
    session = sessions.locked(claims.session, "agent", "computer__display")
    if session is None:  # deleted by the retention purge within a minute: cannot be, but nothing is assumed
        raise NotAllowed(code="ticket_refused")
    reason = why_not_open(session, now)
    if reason is not None:
        Connection.objects.filter(pk=claims.connection).update(ended_at=now, end_reason=reason)
        sessions.end(session, reason=reason, actor=None, at=now)
        return session, reason
    # The browser was cut and has come back: whatever is left of its earlier connection must go.
    if _SUPERSEDE(session=session.pk, pk=claims.connection):
        hints.ring(session=session)
    return session, None


_SUPERSEDE = prepared.Update(
    lambda session, pk: (
        Connection.objects.filter(
            session=session, redeemed_at__isnull=False, ended_at__isnull=True, end_reason=""
        ).exclude(pk=pk),
        {"end_reason": "superseded"},
    ),
    session=models.UUIDField(),
    pk=models.UUIDField(),
)


def why_not_open(session: RemoteSession, now: datetime) -> str | None:
    """Why this session's screen may not open now: a code of `rules.END_REASONS`; None when it may."""
    if session.state == "ended":
        return session.end_reason
    today = clock.today(now)
    known = facts.of_sessions([session], today)[session]
    if not known.account_active or not known.agent_active:
        return "account_disabled"
    if rules.why_not(known, today) is not None:
        return "access_revoked"
    if session.sign_in not in facts.alive([session.sign_in], today):
        return "signed_out"
    if now >= session.ends_at:
        return "time_limit"
    if refused := trusted.why_not(session, trusted.of_sessions([session], now)[session]):
        return refused
    if connect.live_count(session.user, now=now, besides=session.pk) >= settings.PARVIS.sessions_per_user:
        return "too_many_sessions"
    return None


_SAID = {"ticket_used", "ticket_refused", "too_many_sessions"}
"""Refusals a gateway hears as they are; every other one is `access_revoked` for it."""


def _refuse(
    code: str, session: RemoteSession | None, now: datetime, client_address: str, *, detail: str = ""
) -> NoReturn:
    refusals.record(
        reason=code,
        now=now,
        user=session.user if session else None,
        computer=session.computer if session else None,
        session=session,
        detail=detail,
        client_address=client_address,
    )
    said = code if code in _SAID else "access_revoked"
    words = wording.refusal_words(said)
    raise (Conflict if said == "ticket_used" else NotAllowed)(words.sentence, code=said, advice=words.advice)
