"""An agent asks for their screen: the decision, the session, the ticket."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.directory.queries import agent_of
from parvis.portal.kernel import audit, authz, clock, context, prepared
from parvis.portal.kernel.errors import Conflict, NotAllowed, NotFound, ParvisError
from parvis.portal.parc.models import Computer
from parvis.portal.remote_desktop import facts, rules, trusted, wording
from parvis.portal.remote_desktop.models import Connection, DisplaySettings, RemoteSession
from parvis.portal.remote_desktop.services import refusals, sessions
from parvis.portal.trust import queries
from parvis.portal.trust.queries import Screen
from parvis.ticket import claims, codec


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What the browser needs to open the screen."""

    ticket: str
    session: RemoteSession
    connection: Connection
    policy: claims.Policy


def request_connection(
    *,
    actor: User,
    computer_id: int,
    sign_in: str,
    now: datetime,
    session_id: uuid.UUID | None = None,
    screen: Screen | None = None,
) -> Grant:
    """A ticket of at most 60 seconds for a new session, or for `session_id` coming back after a cut.

    `screen`: what the sign-in may do, for a caller who has just judged it; it is read otherwise.

    Raises:
        NotFound: not this user's computer, or not their session.
        NotAllowed: with the code and the sentence of the rule that says no; `too_many_sessions`. Recorded.
        Conflict: `session_id` has ended; a new one may be asked for.
    """
    agent, computer, known = _business(actor, computer_id, now)
    screen = screen or queries.screen(actor, sign_in, now)
    decision = wording.decision(rules.why_not(known, clock.today(now))) and screen.decision
    if not decision:
        refusals.record(reason=decision.code, now=now, user=actor, computer=computer)
    authz.require(decision)
    grant = _open(actor, agent, computer, known, sign_in, session_id, screen, now)
    if isinstance(grant, str):
        raise _refused(grant, actor, computer, now)
    return grant


def _refused(code: str, actor: User, computer: Computer, now: datetime) -> ParvisError:
    # Recorded here, after the transaction: a refusal must not be rolled back with it.
    refusals.record(reason=code, now=now, user=actor, computer=computer)
    words = wording.refusal_words(code)
    return (Conflict if code == "session_ended" else NotAllowed)(words.sentence, code=code, advice=words.advice)


def _business(actor: User, computer_id: int, now: datetime) -> tuple[Agent, Computer, rules.Facts]:
    """Agent, computer and what joins them: is it the agent's, was there ever a right? Else it does not exist."""
    computer = _COMPUTER.first(pk=computer_id)
    agent = agent_of(actor)
    if computer is None:
        raise NotFound
    if agent is not None:
        agent.user = actor  # the same row: it need not be read again
        known = facts.of(agent, computer)
        if known.assigned or known.rights:
            return agent, computer, known
    refusals.record(reason="not_found", now=now, user=actor, computer=computer)
    raise NotFound


_COMPUTER: prepared.Read[Computer] = prepared.Read(
    lambda pk: Computer.objects.select_related("display").filter(pk=pk), pk=models.BigIntegerField()
)
_USER: prepared.Read[int] = prepared.Read(
    # Not against keys: a refusal of this account may be about to be written, whose foreign key is looked at last.
    lambda pk: User.objects.select_for_update(no_key=True).filter(pk=pk).values_list("pk", flat=True),
    pk=models.BigIntegerField(),
)


def hold_user(pk: int) -> None:
    """Let nobody else open a screen of this user, or redeem a ticket of theirs, until commit."""
    _USER.first(pk=pk)


@transaction.atomic
def _open(
    actor: User,
    agent: Agent,
    computer: Computer,
    known: rules.Facts,
    sign_in: str,
    session_id: uuid.UUID | None,
    screen: Screen,
    now: datetime,
) -> Grant | str:
    """The grant, or the code of the refusal."""
    hold_user(actor.pk)  # one request of a user at a time: the limit holds
    if session_id is not None:
        session = sessions.locked(session_id)
        if session is None or (session.user_id, session.computer_id) != (actor.pk, computer.pk):
            raise NotFound
        if refused := _why_not_resume(session, sign_in, now):
            return refused
        _resume(session, computer, screen, now)
    else:
        if _others_live(actor, computer, now) >= settings.PARVIS.sessions_per_user:
            return "too_many_sessions"
        session = _new(actor, agent, computer, known, sign_in, screen, now)
    return _grant(session, computer, sign_in, now)


def _why_not_resume(session: RemoteSession, sign_in: str, now: datetime) -> str | None:
    grace = timedelta(minutes=settings.PARVIS.resume_minutes)
    too_late = session.interrupted_at is not None and now > session.interrupted_at + grace
    if session.state == "ended" or session.sign_in != sign_in or now >= session.ends_at or too_late:
        return "session_ended"
    return None


def _resume(session: RemoteSession, computer: Computer, screen: Screen, now: datetime) -> None:
    """The same session under the settings and rules of now."""
    session.ends_at = trusted.ends_at(session.ends_at, session.requested_at, screen)
    session.policy = _policy(computer.display, session.ends_at, screen)
    session.protocol = computer.display.protocol
    RemoteSession.objects.filter(pk=session.pk).update(
        policy=session.policy, protocol=session.protocol, ends_at=session.ends_at
    )
    # One ticket of a session is good at a time: an earlier one that nobody used is void.
    Connection.objects.filter(session=session, redeemed_at__isnull=True, ended_at__isnull=True).update(
        ended_at=now, end_reason="superseded"
    )


def _others_live(actor: User, computer: Computer, now: datetime) -> int:
    """How many screens the user has on other computers. On this one the newest wins: what was open there ends.

    The same agent opens the same computer again in another tab, or after closing one. Counted as `live_count` does.
    """
    fresh = now - timedelta(seconds=rules.TICKET_SECONDS)
    others = 0
    for session in _LIVE.all(user=actor.pk):
        if session.computer_id == computer.pk:
            sessions.end(session, reason="replaced", actor=actor, at=now)
        elif session.state != "requested" or session.requested_at > fresh:
            others += 1
    return others


def live_count(user: User, *, now: datetime, besides: uuid.UUID | None = None) -> int:
    """How many screens the user has open or about to open. Tickets that expired unused do not count."""
    seen = _FRESH.all(user=user.pk, since=now - timedelta(seconds=rules.TICKET_SECONDS))
    return len(set(seen) - {besides})


_LIVE: prepared.Read[RemoteSession] = prepared.Read(
    lambda user: RemoteSession.objects.filter(user=user, state__in=rules.LIVE_STATES).select_related(
        "user", "computer"
    ),
    user=models.BigIntegerField(),
)
_FRESH: prepared.Read[uuid.UUID] = prepared.Read(
    lambda user, since: RemoteSession.objects.filter(
        Q(requested_at__gt=since) | ~Q(state="requested"), user=user, state__in=rules.LIVE_STATES
    ).values_list("pk", flat=True),
    user=models.BigIntegerField(),
    since=models.DateTimeField(),
)


def _new(
    actor: User, agent: Agent, computer: Computer, known: rules.Facts, sign_in: str, screen: Screen, now: datetime
) -> RemoteSession:
    until = rules.last_day(known, clock.today(now))
    end = rules.absolute_end(now, settings.PARVIS.session_hours, until, clock.PARIS)
    ends_at = trusted.ends_at(end, now, screen)
    return prepared.insert(
        RemoteSession(
            user=actor,
            agent=agent,
            computer=computer,
            protocol=computer.display.protocol,
            sign_in=sign_in,
            requested_at=now,
            ends_at=ends_at,
            policy=_policy(computer.display, ends_at, screen),
            client_address=context.client_address.get() or None,
            correlation=context.correlation.get() or secrets.token_hex(16),
        )
    )


def policy_of(display: DisplaySettings, ends_at: datetime) -> claims.Policy:
    """What a session on this computer may do, from its settings and the authority's."""
    return claims.Policy(
        clipboard_to_pc=display.clipboard_to_pc,
        clipboard_from_pc=display.clipboard_from_pc,
        idle_seconds=settings.PARVIS.idle_minutes * 60,
        ends_at=int(ends_at.timestamp()),
        keyboard_layout=display.keyboard_layout,
        color_depth=display.color_depth,
        autologon=display.autologon,
    )


def _policy(display: DisplaySettings, ends_at: datetime, screen: Screen) -> dict[str, Any]:
    return asdict(trusted.narrowed(policy_of(display, ends_at), screen))


def _grant(session: RemoteSession, computer: Computer, sign_in: str, now: datetime) -> Grant:
    policy = claims.Policy(**session.policy)
    issued = int(now.timestamp())
    expires = issued + rules.TICKET_SECONDS
    connection = prepared.insert(
        Connection(
            session=session,
            jti=secrets.token_hex(16),
            issued_at=now,
            expires_at=datetime.fromtimestamp(expires, tz=now.tzinfo),
            client_address=context.client_address.get() or None,
        )
    )
    ticket = codec.sign(
        claims.Claims(
            jti=connection.jti,
            iat=issued,
            exp=expires,
            session=session.pk,
            connection=connection.pk,
            sign_in=sign_in,
            user=session.user_id,
            computer=computer.pk,
            protocol=claims.Protocol(session.protocol),
            host=computer.address,
            port=computer.display.port,
            policy=policy,
            correlation=session.correlation,
        ),
        settings.KEYS.ticket,
    )
    action = "session_requested" if session.state == "requested" else "session_resumed"
    with sessions.speaking_of(session):
        audit.record(
            actor=session.user,
            action=f"remote_desktop.{action}",
            target=session,
            now=now,
            data={"connection": str(connection.pk), "computer": str(computer), "policy": session.policy},
        )
    return Grant(ticket=ticket, session=session, connection=connection, policy=policy)
