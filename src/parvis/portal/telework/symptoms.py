"""Gathers what `diagnosis.diagnose` must know, for one agent, one path and one computer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.core.cache import cache
from django.db.models import Max, Min, QuerySet

from parvis.portal.accounts.models import User
from parvis.portal.kernel import clock
from parvis.portal.parc import queries as parc
from parvis.portal.parc.models import Asset, Computer, WakeUp
from parvis.portal.parc.services import WATCHED_KINDS
from parvis.portal.remote_desktop import facts, live
from parvis.portal.remote_desktop import queries as screens
from parvis.portal.remote_desktop.models import Connection, Refusal, RemoteSession, Right
from parvis.portal.remote_desktop.rules import LIVE_STATES, NOT_OPENED_SECONDS, SENSITIVE_KINDS, why_not
from parvis.portal.telework import diagnosis, rules
from parvis.portal.telework.diagnosis import Cause, Diagnosis, Look, Screen, Seen
from parvis.portal.telework.enrolment_queries import WITH
from parvis.portal.telework.models import Enrolment, Request

WAKE_UP_MATTERS = timedelta(minutes=10)
"""An older wake-up is history."""
LOOK_TAKES = timedelta(minutes=1)
"""A look that was not back by then is not coming back: the worker was restarted. It may be asked for again."""
SITE_CHECKED = timedelta(minutes=15)
ALWAYS_ON = 2
"""Assets that are always on, all of them silent, for a site to be taken for cut off: one alone may be broken."""
KEPT_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What is remembered of a path's look at a computer, in the cache: lost, it is asked for again."""

    asked_at: datetime | None = None
    looking_since: datetime | None = None
    look: Look = Look.NONE
    looked_at: datetime | None = None
    said: Cause | None = None
    said_at: datetime | None = None


def noted(enrolment_id: int, computer_id: int) -> Noted:
    """What is remembered."""
    found: Noted | None = cache.get(_key(enrolment_id, computer_id))
    return found or Noted()


def note(enrolment_id: int, computer_id: int, **changes: object) -> Noted:
    """Remember this as well."""
    kept = replace(noted(enrolment_id, computer_id), **changes)  # type: ignore[arg-type]
    cache.set(_key(enrolment_id, computer_id), kept, timeout=KEPT_SECONDS)
    return kept


def _key(enrolment_id: int, computer_id: int) -> str:
    return f"telework.look.{enrolment_id}.{computer_id}"


def path_to_screen(user: User) -> Enrolment | None:
    """The user's own path of level 2, open; with agent, entity, account and request."""
    mine = Enrolment.objects.filter(
        agent__user_id=user.pk, agent__is_active=True, level=rules.LEVEL_2, request__state=Request.State.OPEN
    )
    return mine.select_related(*WITH).order_by("-invited_at", "-pk").first()


def computers_of(enrolment: Enrolment) -> list[Computer]:
    """The computers whose screen this path may lead to: the agent's own first, then those they have a right to."""
    found = screens.computers_of_agent(enrolment.agent).exclude(kind__in=SENSITIVE_KINDS)
    own = set(enrolment.agent.assignments.values_list("asset_id", flat=True))
    return sorted(found, key=lambda each: (each.pk not in own, each.kind != Asset.Kind.OFFICE, each.name))


def of(
    enrolment: Enrolment, computer: Computer | None, now: datetime, *, trusted: bool = True
) -> tuple[Seen, Diagnosis]:
    """What is seen of this path's way to a computer, and what it means. `trusted`: of the device that asks."""
    seen = _seen(enrolment, computer, now, trusted=trusted) if computer is not None else Seen(computer=False)
    return seen, diagnosis.diagnose(seen)


def _seen(enrolment: Enrolment, computer: Computer, now: datetime, *, trusted: bool) -> Seen:
    refused = why_not(facts.of(enrolment.agent, computer), clock.today(now))
    kept = noted(enrolment.pk, computer.pk)
    wake_up = _recent_wake_up(computer, now)
    attempt = newest_attempt(enrolment, computer, now)
    looked = kept.looked_at if kept.looked_at is not None and now - kept.looked_at <= diagnosis.FRESH else None
    display = facts.display_of(computer)
    look = kept.look if looked is not None else Look.NONE
    if _answers_since(computer, looked):
        look = Look.OPEN
    failed = wake_up is not None and wake_up.state == WakeUp.State.FAILED
    presented = display.presented_at if display is not None and display.presented_pin else None
    return Seen(
        trusted=trusted,
        refused=refused.code if refused else "",
        gateway=a_gateway_answers(now),
        looking=is_looking(kept, now),
        look=look,
        is_on=computer.reachability == Computer.Reachability.ON,
        waking=wake_up is not None and wake_up.running,
        wake_failed=failed,
        can_wake=parc.can_be_woken(computer),
        laptop=computer.kind == Asset.Kind.LAPTOP,
        site_silent=look is Look.SILENT and site_is_silent(computer, now),
        certificate_waiting=presented is not None and (attempt.at is None or presented >= attempt.at),
        screen=attempt.screen,
        failure=None if _overtaken(attempt, looked) else attempt.failure,
        said=kept.said if _said_since(kept, attempt.at) else None,
    )


def _answers_since(computer: Computer, looked_at: datetime | None) -> bool:
    """Whether the parc has found it answering since the look: somebody has switched it on."""
    if computer.reachability != Computer.Reachability.ON or computer.checked_at is None:
        return False
    return looked_at is not None and computer.checked_at > looked_at


def right_starts(enrolment: Enrolment, computer: Computer, now: datetime) -> date | None:
    """The day from which the agent may open it, if that is still to come."""
    coming = Right.objects.filter(
        agent=enrolment.agent_id, computer=computer, revoked_at__isnull=True, starts_date__gt=clock.today(now)
    )
    first: date | None = coming.aggregate(first=Min("starts_date"))["first"]
    return first


def is_looking(kept: Noted, now: datetime) -> bool:
    """Whether a look is under way."""
    return kept.looking_since is not None and now - kept.looking_since < LOOK_TAKES


def _recent_wake_up(computer: Computer, now: datetime) -> parc.WakeUpProgress | None:
    wake_up = parc.wake_up_progress(computer)
    if wake_up is not None and wake_up.ended_at is not None and now - wake_up.ended_at > WAKE_UP_MATTERS:
        return None
    return wake_up


def _overtaken(attempt: Attempt, looked_at: datetime | None) -> bool:
    """Whether a look since the attempt knows more of why it failed."""
    if attempt.failure not in diagnosis.LOOK_TELLS or looked_at is None or attempt.ended_at is None:
        return False
    return looked_at > attempt.ended_at


def _said_since(kept: Noted, attempt_at: datetime | None) -> bool:
    return kept.said_at is not None and (attempt_at is None or kept.said_at >= attempt_at)


def a_gateway_answers(now: datetime) -> bool:
    """Whether some gateway was heard a moment ago. One query."""
    return any(not live.is_silent(pk, now) for pk in screens.gateways().values_list("pk", flat=True))


def site_is_silent(computer: Computer, now: datetime) -> bool:
    """Whether what is always on at the computer's site, and once answered, does not any more. One query."""
    if computer.site_id is None:
        return False
    there = Asset.objects.filter(
        site=computer.site_id, kind__in=WATCHED_KINDS, last_seen_at__isnull=False, checked_at__gte=now - SITE_CHECKED
    ).exclude(address="")
    states = list(there.order_by().values_list("reachability", flat=True))
    return len(states) >= ALWAYS_ON and Asset.Reachability.ON not in states


# The newest attempt to open the screen


@dataclass(frozen=True, slots=True)
class Attempt:
    """How the agent's newest attempt at a computer's screen went."""

    screen: Screen = Screen.NONE
    failure: Cause | None = None
    at: datetime | None = None
    ended_at: datetime | None = None


def newest_attempt(enrolment: Enrolment, computer: Computer, now: datetime) -> Attempt:
    """Of the sessions asked for since the invitation, the newest that says something."""
    user_id = enrolment.agent.user_id
    tried = RemoteSession.objects.filter(
        user_id=user_id or 0, computer=computer, requested_at__gte=enrolment.invited_at
    )
    session = tried.order_by("-requested_at").first()
    return Attempt() if session is None else judge(session, now)


def judge(session: RemoteSession, now: datetime) -> Attempt:
    """How this session goes, or went."""
    if shows_picture(session, now):
        return Attempt(Screen.PICTURE, None, session.requested_at, session.ended_at)
    refusal = _refusal_of(session)
    if refusal is not None:
        cause = diagnosis.failure_of(refusal.reason, started=False, protocol=session.protocol, detail=refusal.detail)
        if cause is not None:
            return Attempt(Screen.FAILED, cause, session.requested_at, refusal.at)
    read = _read_by_the_browser(session)
    if read is not None:
        return Attempt(Screen.FAILED, read, session.requested_at, session.ended_at)
    if session.state in LIVE_STATES:
        waiting = now - session.requested_at < timedelta(seconds=NOT_OPENED_SECONDS) or session.started_at is not None
        return Attempt(Screen.OPENING if waiting else Screen.NONE, None, session.requested_at)
    if _report_is_due(session, now):
        return Attempt(Screen.OPENING, None, session.requested_at)
    failed = diagnosis.failure_of(session.end_reason, started=session.started_at is not None, protocol=session.protocol)
    screen = Screen.FAILED if failed else Screen.NONE
    return Attempt(screen, failed, session.requested_at, session.ended_at)


def _read_by_the_browser(session: RemoteSession) -> Cause | None:
    """Why Windows refused the newest connection, if the agent's browser said so: the gateway cannot know."""
    newest = Connection.objects.filter(session=session).order_by("-issued_at", "-pk")
    return diagnosis.refused_sign_in(newest.values_list("sign_in_refusal", flat=True).first() or "")


REPORT_TAKES = timedelta(seconds=20)
"""A gateway that has not said by then how a connection ended will not before long."""


def _report_is_due(session: RemoteSession, now: datetime) -> bool:
    """Whether it has just ended and its gateway has not said yet how much came through."""
    if session.ended_at is None or now - session.ended_at > REPORT_TAKES:
        return False
    return _started(session).filter(ended_at__isnull=True).exists()


def shows_picture(session: RemoteSession, now: datetime) -> bool:
    """Whether the agent saw the screen in this session: see `diagnosis.has_picture`. Two queries."""
    connections = _started(session)
    most = connections.aggregate(down=Max("bytes_down"))["down"] or 0
    for connection in connections:
        figures = live.figures_of(connection.gateway_id, connection.pk)
        down = max(most, figures[0].down if figures else 0)
        lasted = _lasted(connection, now if figures else None)
        if diagnosis.has_picture(down=down, lasted=lasted, protocol=session.protocol):
            return True
    return False


def _lasted(connection: Connection, now: datetime | None) -> timedelta | None:
    """How long it has been there; one that is open counts only while its gateway reports it (`now`)."""
    if connection.started_at is None:
        return None
    return (connection.ended_at or now or connection.started_at) - connection.started_at


def _started(session: RemoteSession) -> QuerySet[Connection]:
    return Connection.objects.filter(session=session, started_at__isnull=False)


def _refusal_of(session: RemoteSession) -> Refusal | None:
    """The gateway's refusal of the session's newest connection, if it was refused."""
    refusal = Refusal.objects.filter(session=session, source="gateway").order_by("-at").first()
    newest = Connection.objects.filter(session=session).order_by("-issued_at").first()
    return refusal if refusal is not None and (newest is None or refusal.at >= newest.issued_at) else None
