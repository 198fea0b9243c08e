"""An agent asks for their screen: the decision, the session, the ticket."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.directory.queries import agent_of
from parvis.portal.kernel import audit, authz, clock, context
from parvis.portal.kernel.errors import Conflict, NotAllowed, NotFound, ParvisError
from parvis.portal.parc.models import Assignment, Computer
from parvis.portal.remote_desktop import facts, rules, trusted, wording
from parvis.portal.remote_desktop.models import Connection, DisplaySettings, RemoteSession, Right
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
    *, actor: User, computer_id: int, sign_in: str, now: datetime, session_id: uuid.UUID | None = None
) -> Grant:
    """A ticket of at most 60 seconds for a new session, or for `session_id` coming back after a cut.

    Raises:
        NotFound: not this user's computer, or not their session.
        NotAllowed: with the code and the sentence of the rule that says no; `too_many_sessions`. Recorded.
        Conflict: `session_id` has ended; a new one may be asked for.
    """
    agent, computer = _agent_and_computer(actor, computer_id, now)
    known = facts.of(agent, computer)
    screen = queries.screen(actor, sign_in, now)
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


def _agent_and_computer(actor: User, computer_id: int, now: datetime) -> tuple[Agent, Computer]:
    computer = Computer.objects.select_related("display").filter(pk=computer_id).first()
    agent = agent_of(actor)
    if computer is None:
        raise NotFound
    if agent is None or not has_business(agent, computer):
        refusals.record(reason="not_found", now=now, user=actor, computer=computer)
        raise NotFound
    return agent, computer


def has_business(agent: Agent, computer: Computer) -> bool:
    """Is the computer the agent's, or was there ever a right on it? Otherwise it does not exist for them."""
    assigned = Exists(Assignment.objects.filter(agent=agent, asset=OuterRef("pk")))
    right = Exists(Right.objects.filter(agent=agent, computer=OuterRef("pk")))
    return Computer.objects.filter(assigned | right, pk=computer.pk).exists()


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
    User.objects.select_for_update().get(pk=actor.pk)  # one request of a user at a time: the limit holds
    if session_id is not None:
        session = sessions.locked(session_id)
        if session is None or (session.user_id, session.computer_id) != (actor.pk, computer.pk):
            raise NotFound
        if refused := _why_not_resume(session, sign_in, now):
            return refused
        session.ends_at = trusted.ends_at(session.ends_at, session.requested_at, screen)
    else:
        _replace(actor, computer, now)
        if live_count(actor, now=now) >= settings.PARVIS.sessions_per_user:
            return "too_many_sessions"
        session = _new(actor, agent, computer, known, sign_in, screen, now)
    return _grant(session, computer, sign_in, screen, now)


def _why_not_resume(session: RemoteSession, sign_in: str, now: datetime) -> str | None:
    grace = timedelta(minutes=settings.PARVIS.resume_minutes)
    too_late = session.interrupted_at is not None and now > session.interrupted_at + grace
    if session.state == "ended" or session.sign_in != sign_in or now >= session.ends_at or too_late:
        return "session_ended"
    return None


def _replace(actor: User, computer: Computer, now: datetime) -> None:
    """The same agent opens the same computer again, in another tab or after closing one: the newest wins."""
    earlier = RemoteSession.objects.filter(user=actor, computer=computer, state__in=rules.LIVE_STATES)
    for session in earlier.select_related("user", "computer"):
        sessions.end(session, reason="replaced", actor=actor, at=now)


def live_count(user: User, *, now: datetime, besides: uuid.UUID | None = None) -> int:
    """How many screens the user has open or about to open. Tickets that expired unused do not count."""
    fresh = Q(requested_at__gt=now - timedelta(seconds=rules.TICKET_SECONDS)) | ~Q(state="requested")
    live = RemoteSession.objects.filter(fresh, user=user, state__in=rules.LIVE_STATES)
    return (live.exclude(pk=besides) if besides else live).count()


def _new(
    actor: User, agent: Agent, computer: Computer, known: rules.Facts, sign_in: str, screen: Screen, now: datetime
) -> RemoteSession:
    until = rules.last_day(known, clock.today(now))
    end = rules.absolute_end(now, settings.PARVIS.session_hours, until, clock.PARIS)
    return RemoteSession.objects.create(
        user=actor,
        agent=agent,
        computer=computer,
        protocol=computer.display.protocol,
        sign_in=sign_in,
        requested_at=now,
        ends_at=trusted.ends_at(end, now, screen),
        client_address=context.client_address.get() or None,
        correlation=context.correlation.get() or secrets.token_hex(16),
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


def _grant(session: RemoteSession, computer: Computer, sign_in: str, screen: Screen, now: datetime) -> Grant:
    display = computer.display
    policy = trusted.narrowed(policy_of(display, session.ends_at), screen)
    # One ticket of a session is good at a time: an earlier one that nobody used is void.
    Connection.objects.filter(session=session, redeemed_at__isnull=True, ended_at__isnull=True).update(
        ended_at=now, end_reason="superseded"
    )
    issued = int(now.timestamp())
    expires = issued + rules.TICKET_SECONDS
    connection = Connection.objects.create(
        session=session,
        jti=secrets.token_hex(16),
        issued_at=now,
        expires_at=datetime.fromtimestamp(expires, tz=now.tzinfo),
        client_address=context.client_address.get() or None,
    )
    session.policy = asdict(policy)
    session.protocol = display.protocol
    RemoteSession.objects.filter(pk=session.pk).update(
        policy=session.policy, protocol=session.protocol, ends_at=session.ends_at
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
            protocol=claims.Protocol(display.protocol),
            host=computer.address,
            port=display.port,
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
