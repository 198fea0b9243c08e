"""Opening: an approved request is let in, with what it needs. Shutting takes back what opening gave, nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid, NotAllowed, ParvisError
from parvis.portal.parc.models import Computer
from parvis.portal.presence import queries as presence
from parvis.portal.presence.models import Pattern
from parvis.portal.presence.models import State as WeekState
from parvis.portal.presence.services import take_back_pattern, write_pattern
from parvis.portal.remote_desktop.models import Right
from parvis.portal.remote_desktop.rules import SENSITIVE_KINDS
from parvis.portal.remote_desktop.services import grant_right, revoke_right, shorten_right
from parvis.portal.telework import letters, rules, team_permissions, weeks
from parvis.portal.telework.eligibility import GONE
from parvis.portal.telework.models import Enrolment, GivenRight, HelpCall, Request


@dataclass(slots=True)
class Outcome:
    """What became of many requests: how many were opened, and what kept the others from it."""

    opened: int = 0
    problems: list[tuple[Request, str]] = field(default_factory=list)


@transaction.atomic
def open_request(*, actor: User | None, request: Request, now: datetime, invite: bool = True) -> Enrolment:
    """Open telework: rights on the agent's own computers (level 2), usual week if they have none, enrolment.

    Twice is once; what is missing of an open request is given (a computer assigned since). `actor` None: the portal
    itself, for a wave or an entity that opens alone. `invite`: write to the agent, the first time. The rights start
    today, so that the way is tried before the first day of telework. The caller asked for a fresh second factor.

    Raises:
        NotAllowed: see `team_permissions.can_open`.
        Conflict: not approved, or moved meanwhile (`request_moved`); over (`request_over`); the agent is gone or has
            no account (`agent_gone`, `no_account`); suspended (`suspended`): who opens does not take it up again.
    """
    if actor is not None:
        require(team_permissions.can_open(actor, request))
        _refuse_if_suspended(request)
    today = clock.today(now)
    _refuse_if_hopeless(request, today)
    moved = _move(request, now)
    given, left_out = _give_rights(actor, request, today, now)
    week = _give_week(actor, request, today, now)
    enrolment, new = Enrolment.objects.get_or_create(
        request=request,
        defaults={
            "agent": request.agent,
            "level": request.level,
            "invited_at": now,
            "stage": rules.STAGES[request.level][0],
        },
    )
    if moved or given or week or new:
        data = {"rights": given, "left_out": left_out, "week": week}
        audit.record(actor=actor, action="telework.request_opened", target=request, now=now, data=data)
    if new and invite:
        letters.invite(enrolment)
    return enrolment


def open_many(*, actor: User | None, requests: Iterable[Request], now: datetime, invite: bool = True) -> Outcome:
    """`open_request` each by itself: one that cannot be opened does not keep the others from it."""
    outcome = Outcome()
    for request in requests:
        try:
            open_request(actor=actor, request=request, now=now, invite=invite)
        except ParvisError as problem:
            outcome.problems.append((request, str(problem.message)))
        else:
            outcome.opened += 1
    return outcome


@transaction.atomic
def shut(*, actor: User | None, request: Request, now: datetime) -> None:
    """Take back what opening gave: rights, usual week; close the call for help. The request's state is its mover's.

    Who may is asked by the mover too (an agent ends their own telework, a head that of their agents). Twice is once.
    Live screens close at their gateway's next heartbeat.
    """
    # What opening gave falls with it, whoever's the computer is: no other right is asked for.
    revoked = _take_back(GivenRight.objects.filter(request=request), now)
    if request.pattern is not None:
        take_back_pattern(actor=actor, pattern=request.pattern, now=now)
        Request.objects.filter(pk=request.pk).update(pattern=None)
        request.pattern = None
    calls = HelpCall.objects.filter(enrolment__request=request).exclude(state=HelpCall.State.CLOSED)
    closed = calls.update(state=HelpCall.State.CLOSED, closed_at=now, answer=_("Le télétravail est fermé."))
    data = {"rights": revoked, "help_calls": closed}
    audit.record(actor=actor, action="telework.request_shut", target=request, now=now, data=data)


@transaction.atomic
def shorten(*, actor: User | None, request: Request, now: datetime) -> int:
    """The last day has been brought forward: rights and usual week that opening gave end with it; how many rights.

    Who may is asked by the caller.
    """
    last = request.ends_date
    if last is None or request.state != Request.State.OPEN:
        return 0
    given = GivenRight.objects.filter(request=request, right__revoked_at=None).select_related("right")
    count = sum(shorten_right(actor=None, right=each.right, ends_date=last, now=now) for each in given)
    if request.pattern is not None:
        _give_week(actor, request, clock.today(now), now)
    return count


@transaction.atomic
def rewrite_week(*, actor: User | None, request: Request, now: datetime) -> bool:
    """The weekdays have changed: the usual week that opening wrote goes on with the new ones; whether it did.

    A week of the agent's own is theirs, and one they have ended stays ended.
    """
    pattern, today = request.pattern, clock.today(now)
    if pattern is None or (pattern.ends_date is not None and pattern.ends_date < today):
        return False
    take_back_pattern(actor=actor, pattern=pattern, now=now)
    Request.objects.filter(pk=request.pk).update(pattern=None)
    request.pattern = None
    return _give_week(actor, request, today, now)


@transaction.atomic
def take_back_on(*, agent_id: int, computer_id: int, now: datetime) -> int:
    """Take back what opening gave on a computer that is not the agent's any more; how many rights.

    One with a last day would open it all the same, whoever has it now. What somebody gave by hand stays theirs to end.
    """
    return _take_back(GivenRight.objects.filter(right__agent=agent_id, right__computer=computer_id), now)


def _take_back(given: QuerySet[GivenRight], now: datetime) -> int:
    count = 0
    for each in given.select_related("right__agent", "right__computer"):
        if revoke_right(actor=None, right=each.right, now=now):
            GivenRight.objects.filter(pk=each.pk).update(taken_back_at=now)
            count += 1
    return count


def _refuse_if_suspended(request: Request) -> None:
    if request.state == Request.State.SUSPENDED:
        raise Conflict(
            _("Ce télétravail est suspendu\u202f: il ne s’ouvre pas, il reprend."),
            code="suspended",
            advice=_("Voyez pourquoi sur sa page\u202f: «\u202fReprendre\u202f» y est."),
        )


def _refuse_if_hopeless(request: Request, today: date) -> None:
    if request.ends_date is not None and request.ends_date < today:
        raise Conflict(_("Les jours demandés sont passés."), code="request_over")
    agent = request.agent
    if not agent.is_active:
        raise Conflict(_("Cet agent n’est plus en poste."), code="agent_gone")
    if agent.user is None or not agent.user.is_active:
        raise Conflict(
            _("Cet agent n’a pas de compte actif."), code="no_account", advice=_("Ouvrez d’abord son compte.")
        )


def _move(request: Request, now: datetime) -> bool:
    """Of two who open at once, one moves the request; the other finds it open. Whether it moved.

    It moves from the state it was read in only: what was suspended meanwhile stays so. What is open already is
    written again for its lock: who suspends it waits, then takes back what is given here.
    """
    there, opened = Request.objects.filter(pk=request.pk), Request.State.OPEN
    moved = 0
    if request.state in rules.request_sources_of(opened):
        moved = there.filter(state=request.state).update(state=opened, opened_at=now, suspended_at=None)
    held = moved or there.filter(state=opened).update(state=opened)
    request.refresh_from_db(fields=["state", "opened_at", "suspended_at", "pattern"])
    if not held:
        raise Conflict(
            _("Cette demande a changé entre-temps."),
            code="request_moved",
            advice=_("Rechargez la page pour voir où elle en est."),
        )
    return bool(moved)


def _give_rights(actor: User | None, request: Request, today: date, now: datetime) -> tuple[int, int]:
    """Rights the agent lacks on their own computers; how many, and how many could not be given by this actor."""
    if request.level != rules.LEVEL_2:
        return 0, 0
    allowed = ~Q(kind__in=SENSITIVE_KINDS) | Q(display__sensitive_allowed=True)
    own = Computer.objects.filter(allowed, assignments__agent=request.agent).exclude(state__in=GONE)
    given = left_out = 0
    for computer in own.select_related("entity", "display"):
        starts = _first_day_without(request, computer, today)
        if starts is None:
            continue
        try:
            # A savepoint: the refusal of one computer leaves the rest of the opening whole.
            with transaction.atomic():
                right = grant_right(
                    actor=actor, agent=request.agent, computer=computer, starts_date=starts,
                    ends_date=request.ends_date, now=now, reason=_("Télétravail"),
                )  # fmt: skip
                GivenRight.objects.create(request=request, right=right)
        except (Conflict, IntegrityError):
            continue  # given at this very moment by somebody else
        except (NotAllowed, Invalid):
            left_out += 1
        else:
            given += 1
    return given, left_out


def _first_day_without(request: Request, computer: Computer, today: date) -> date | None:
    """From which day the agent needs a right to this computer; None: they have all they need."""
    standing = Right.objects.filter(
        Q(ends_date__isnull=True) | Q(ends_date__gte=today),
        agent=request.agent, computer=computer, revoked_at__isnull=True,
    ).order_by("starts_date")  # fmt: skip
    first = today
    # One after the other: a right given when telework was prolonged begins the day after the one before it.
    for starts, ends in standing.values_list("starts_date", "ends_date"):
        if starts > first:
            break
        if ends is None or ends == date.max:
            return None
        first = max(first, ends + timedelta(days=1))
    return None if request.ends_date is not None and first > request.ends_date else first


def _give_week(actor: User | None, request: Request, today: date, now: datetime) -> bool:
    """A usual week with the days of telework, for who has none of their own; whether one was written."""
    agent: Agent = request.agent
    if request.pattern is not None and not _other_end(request.pattern, request, today):
        return False
    if request.pattern is not None:
        take_back_pattern(actor=actor, pattern=request.pattern, now=now)
        Request.objects.filter(pk=request.pk).update(pattern=None)
        request.pattern = None
    own = Pattern.objects.filter(Q(ends_date__isnull=True) | Q(ends_date__gte=today), agent=agent)
    if own.exclude(state=WeekState.REFUSED).exists():
        return False
    pattern = write_pattern(
        actor=actor,
        agent=agent,
        starts=max(today, request.starts_date),
        ends=request.ends_date,
        halves=weeks.halves_for(request.days, presence.policy_of(agent.entity).week),
        now=now,
    )
    # Of two who open at once, the second takes its own week back with it: one request, one week.
    if not Request.objects.filter(pk=request.pk, pattern=None).update(pattern=pattern):
        take_back_pattern(actor=actor, pattern=pattern, now=now)
        return False
    request.pattern = pattern
    return True


def _other_end(pattern: Pattern, request: Request, today: date) -> bool:
    """Whether the last day of telework was chosen anew. A week the agent has ended themselves stays ended."""
    over = pattern.ends_date is not None and pattern.ends_date < today
    return not over and pattern.ends_date != request.ends_date
