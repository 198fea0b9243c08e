"""A telework request: asked, decided, withdrawn; once open, suspended, taken up again, brought to its end."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import audit, clock, events
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid, ParvisError
from parvis.portal.telework import eligibility, permissions, queries, rules, wording
from parvis.portal.telework.events import (
    TeleworkDecided,
    TeleworkEnded,
    TeleworkRequested,
    TeleworkResumed,
    TeleworkSuspended,
    TeleworkWithdrawn,
)
from parvis.portal.telework.models import Request
from parvis.portal.telework.rules import Obstacle
from parvis.portal.telework.services import opening

REASON_LENGTH = 300
MOST_AHEAD = timedelta(days=366)
"""How far ahead the first day may be."""
MOST_LONG = timedelta(days=10 * 366)
"""How far ahead the last day may be; longer is without end."""

State = Request.State
logger = logging.getLogger(__name__)


@transaction.atomic
def ask(
    *,
    actor: User,
    agent: Agent,
    level: int,
    machine: str,
    line: str,
    days: Sequence[int],
    starts_date: date,
    now: datetime,
    ends_date: date | None = None,
    has_phone: bool = True,
    note: str = "",
) -> Request:
    """Ask for telework on these weekdays (Monday 0). Granted at once where nobody has to agree, or who asks decides.

    Who asks for somebody else need not have the charter accepted: the agent does it on their way in.

    Raises:
        NotAllowed: see `permissions.can_ask`.
        Invalid: days or dates; `fields` says which and why.
        Conflict: something stands in the way (its code is the `rules.Obstacle`); the agent has a request already
            (`already_requested`).
    """
    require(permissions.can_ask(actor, agent))
    check_dates(starts_date, ends_date, today=clock.today(now))
    _refuse_if_hindered(actor, agent, level, days, now)
    request = Request(
        agent=agent,
        level=level,
        machine=machine,
        line=line,
        has_phone=has_phone,
        days=rules.mask_of(days),
        starts_date=starts_date,
        ends_date=ends_date,
        note=shortened(note),
        requested_at=now,
        requested_by=actor,
    )
    try:
        with transaction.atomic():
            request.save()
    except IntegrityError:
        raise asked_already() from None
    data = {"level": level, "days": sorted(days), "from": starts_date, "to": ends_date}
    audit.record(actor=actor, action="telework.requested", target=request, now=now, data=data)
    if not queries.policy_of(agent.entity).head_approves:
        _grant(None, request, now)
    elif permissions.can_decide(actor, request):
        _grant(actor, request, now)
    else:
        events.publish(TeleworkRequested(request_id=request.pk, actor_id=actor.pk, at=now))
    return request


def check_dates(starts: date, ends: date | None, *, today: date) -> None:
    """Whether telework may begin and end on these days.

    Raises:
        Invalid: `fields` names the day and says why.
    """
    faults: dict[str, list[str]] = {}
    if starts < today:
        faults["starts_date"] = [_("Ce jour est passé.")]
    elif starts - today > MOST_AHEAD:
        faults["starts_date"] = [_("Le télétravail se demande au plus un an à l’avance.")]
    if ends is not None and ends < starts:
        faults["ends_date"] = [_("Le dernier jour ne peut pas être avant le premier.")]
    elif ends is not None and ends - today > MOST_LONG:
        faults["ends_date"] = [_too_long()]
    if faults:
        raise Invalid(code="wrong_dates", fields=faults)


def _too_long() -> str:
    return _("Ce jour est trop lointain\u202f: laissez vide s’il n’y a pas de fin.")


def _refuse_if_hindered(actor: User, agent: Agent, level: int, days: Sequence[int], now: datetime) -> None:
    facts = eligibility.facts_of(agent, now)
    found = rules.obstacles(facts, level=level, days=days)
    if agent.user_id != actor.pk:
        found = [each for each in found if each is not Obstacle.CHARTER]
    if rules.may_ask(found):
        return
    first = next(each for each in found if each not in rules.LIFTED_LATER)
    said = wording.of(first, facts)
    if first in wording.ABOUT_DAYS:
        raise Invalid(code=first.value, fields={"days": [str(said.text)]})
    raise Conflict(said.text, code=first.value, advice=said.advice)


def asked_already() -> Conflict:
    """An agent has one request at a time."""
    return Conflict(
        _("Une demande de télétravail est déjà en cours pour cet agent."),
        code="already_requested",
        advice=_("Retirez-la ou mettez-y fin avant d’en faire une autre."),
    )


@transaction.atomic
def decide(*, actor: User, request: Request, granted: bool, now: datetime, reason: str = "") -> None:
    """Grant or refuse; `reason`: why not, the agent reads it. May be changed until the IT team has opened it.

    Where the entity opens alone, what is granted opens on its first day, by itself.

    Raises:
        NotAllowed: see `permissions.can_decide`.
        Conflict: it has moved meanwhile (`request_moved`); what was refused is granted after all, but the agent has
            asked again since (`already_requested`), or left (`agent_gone`).
    """
    require(permissions.can_decide(actor, request))
    if granted:
        _grant(actor, request, now)
        return
    before = request.state
    move_request(request, State.REFUSED, decided_at=now, decided_by=actor, refusal=shortened(reason), follow_up="")
    audit.record(actor=actor, action="telework.refused", target=request, now=now, data={"before": before})
    events.publish(TeleworkDecided(request_id=request.pk, actor_id=actor.pk, at=now, granted=False))


def _grant(actor: User | None, request: Request, now: datetime) -> None:
    """`actor` None: nobody has to agree."""
    before = request.state
    if not request.agent.is_active:
        raise gone()
    move_request(request, State.APPROVED, decided_at=now, decided_by=actor, refusal="", follow_up="")
    audit.record(actor=actor, action="telework.approved", target=request, now=now, data={"before": before})
    open_if_alone(request, now)
    actor_id = actor.pk if actor is not None else request.requested_by_id
    events.publish(TeleworkDecided(request_id=request.pk, actor_id=actor_id, at=now, granted=True))


def open_if_alone(request: Request, now: datetime) -> bool:
    """Open what is granted, from its first day on, where the entity lets the portal do so; whether it was opened.

    What cannot be opened stays granted: the IT team sees it among what it has to open.
    """
    if request.starts_date > clock.today(now) or not queries.policy_of(request.agent.entity).opens_alone:
        return False
    try:
        opening.open_request(actor=None, request=request, now=now)
    except ParvisError as problem:
        logger.info("request %s is not opened: %s", request.pk, problem.code)
        request.refresh_from_db(fields=["state"])
        return False
    return True


@transaction.atomic
def withdraw(*, actor: User | None, request: Request, now: datetime, why: str = "") -> None:
    """Give a request up before it is opened. `actor` None: the portal, when the agent has left or its days are past.

    Raises:
        NotAllowed: see `permissions.can_withdraw`.
        Conflict: it has moved meanwhile, or is open: then it is ended.
    """
    if actor is not None:
        require(permissions.can_withdraw(actor, request))
    move_request(request, State.WITHDRAWN, ended_at=now)
    audit.record(actor=actor, action="telework.withdrawn", target=request, now=now, data={"why": why})
    events.publish(TeleworkWithdrawn(request_id=request.pk, actor_id=_pk(actor), at=now))


@transaction.atomic
def suspend(
    *, actor: User, request: Request, now: datetime, reason: str = "", resumes_date: date | None = None
) -> None:
    """Stop telework for a time: what opening gave is taken back. It goes on by itself on `resumes_date`, if given.

    Raises:
        NotAllowed: see `permissions.can_decide`.
        Invalid: `resumes_date` is not after today, or after the last day.
        Conflict: it is not open any more.
    """
    require(permissions.can_decide(actor, request))
    if resumes_date is not None:
        _require_within(request, resumes_date, clock.today(now))
    move_request(request, State.SUSPENDED, suspended_at=now, suspension=shortened(reason), resumes_date=resumes_date)
    opening.shut(actor=actor, request=request, now=now)
    data = {"resumes": resumes_date}
    audit.record(actor=actor, action="telework.suspended", target=request, now=now, data=data)
    events.publish(TeleworkSuspended(request_id=request.pk, actor_id=actor.pk, at=now))


def _require_within(request: Request, resumes: date, today: date) -> None:
    if resumes <= today:
        raise Invalid(code="resumes_past", fields={"resumes_date": [_("Choisissez un jour à venir.")]})
    if request.ends_date is not None and resumes > request.ends_date:
        raise Invalid(
            code="resumes_late", fields={"resumes_date": [_("Le télétravail de cet agent se termine avant ce jour.")]}
        )


@transaction.atomic
def resume(*, actor: User | None, request: Request, now: datetime) -> None:
    """Let suspended telework go on: what it needs is given again. `actor` None: its day has come.

    Raises:
        NotAllowed: see `permissions.can_decide`.
        Conflict: it is not suspended any more; see also `opening.open_request`.
    """
    if actor is not None:
        require(permissions.can_decide(actor, request))
    # Of two who resume at once, the second finds it open and is told so; opening alone would let both pass.
    suspended = Request.objects.filter(pk=request.pk, state=State.SUSPENDED)
    if not suspended.update(suspension="", resumes_date=None):
        raise moved()
    # Whoever may let it go on, the rights follow from what was decided: the portal gives them.
    opening.open_request(actor=None, request=request, now=now, invite=False)
    request.suspension, request.resumes_date = "", None
    audit.record(actor=actor, action="telework.resumed", target=request, now=now)
    events.publish(TeleworkResumed(request_id=request.pk, actor_id=_pk(actor), at=now))


@transaction.atomic
def end(*, actor: User | None, request: Request, now: datetime, reason: str = "") -> None:
    """Bring telework to its end now: what opening gave is taken back. `actor` None: its last day is past.

    Raises:
        NotAllowed: see `permissions.can_end`.
        Conflict: it is over, or not open yet: then it is withdrawn.
    """
    if actor is not None:
        require(permissions.can_end(actor, request))
    move_request(request, State.ENDED, ended_at=now, ending=shortened(reason))
    opening.shut(actor=actor, request=request, now=now)
    audit.record(actor=actor, action="telework.ended", target=request, now=now, data={"reason": request.ending})
    events.publish(TeleworkEnded(request_id=request.pk, actor_id=_pk(actor), at=now))


@transaction.atomic
def set_last_day(*, actor: User, request: Request, last_day: date | None, now: datetime) -> None:
    """Choose when telework ends, or that it goes on without end. The agent may only make it shorter.

    Raises:
        NotAllowed: see `permissions.can_end`; longer than it is: `permissions.can_decide`.
        Invalid: a day before today, before the first, or too far.
        Conflict: it is over.
    """
    require(permissions.can_end(actor, request))
    before = request.ends_date
    longer = before is not None and (last_day is None or last_day > before)
    if longer:
        require(permissions.can_decide(actor, request))
    if last_day is not None and last_day < max(clock.today(now), request.starts_date):
        raise Invalid(code="last_day_past", fields={"last_day": [_("Choisissez un jour à venir.")]})
    if last_day is not None and last_day - clock.today(now) > MOST_LONG:
        raise Invalid(code="last_day_far", fields={"last_day": [_too_long()]})
    alive = Request.objects.filter(pk=request.pk, state=request.state, state__in=rules.LIVE, ends_date=before)
    if not alive.update(ends_date=last_day):
        raise moved()
    request.ends_date = last_day
    if longer and request.state == State.OPEN:
        opening.open_request(actor=None, request=request, now=now, invite=False)  # rights on the new days
    elif not longer:
        opening.shorten(actor=actor, request=request, now=now)  # not at the next sweep: what is given says less now
    data = {"before": before, "after": last_day}
    audit.record(actor=actor, action="telework.last_day_set", target=request, now=now, data=data)


def move_request(request: Request, to: State, **facts: Any) -> None:
    """Take a request to another state, if the table of moves lets it: of two who do so at once, one does.

    Raises:
        Conflict: `request_moved`; `already_requested`: alive again, it would be the agent's second.
    """
    here = Request.objects.filter(pk=request.pk, state=request.state, state__in=rules.request_sources_of(to))
    try:
        with transaction.atomic():
            count = here.update(state=to, **facts)
    except IntegrityError:
        raise asked_already() from None
    if not count:
        raise moved()
    request.state = to
    for name, value in facts.items():
        setattr(request, name, value)


def gone() -> Conflict:
    """The agent has left since."""
    return Conflict(_("Cet agent n’est plus en poste."), code="agent_gone")


def moved() -> Conflict:
    """Somebody else was faster."""
    return Conflict(
        _("Cette demande a changé entre-temps."),
        code="request_moved",
        advice=_("Rechargez la page pour voir où elle en est."),
    )


def shortened(text: str) -> str:
    """A sentence somebody typed, on one line."""
    return " ".join(text.replace("\x00", "").split())[:REASON_LENGTH]


def _pk(actor: User | None) -> int | None:
    return actor.pk if actor is not None else None
