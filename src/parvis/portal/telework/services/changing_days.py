"""Other weekdays for telework that is granted: asked, decided, done on their day. What they were is kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, clock, events
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid, ParvisError
from parvis.portal.telework import eligibility, permissions, queries, rules, wording
from parvis.portal.telework.events import DaysAsked, DaysDecided
from parvis.portal.telework.models import DaysChange, Request
from parvis.portal.telework.services import opening, requests

State = DaysChange.State
logger = logging.getLogger(__name__)


@transaction.atomic
def ask(
    *, actor: User, request: Request, days: Sequence[int], starts_date: date, now: datetime, note: str = ""
) -> DaysChange:
    """Ask for other weekdays (Monday 0) from a day on. Granted at once where nobody has to agree, or who asks decides.

    Raises:
        NotAllowed: see `permissions.can_ask`.
        Invalid: days or date; `fields` says which and why.
        Conflict: the telework is not granted any more (`request_moved`); a change is under way (`days_waiting`).
    """
    require(permissions.can_ask(actor, request.agent))
    _check(request, days, starts_date, now)
    # Held until the end: what is withdrawn or ended at this moment gets no change any more.
    held = Request.objects.filter(pk=request.pk, state=request.state, state__in=rules.GRANTED)
    if not held.update(state=request.state):
        raise requests.moved()
    change = DaysChange(
        request=request,
        before=request.days,
        days=rules.mask_of(days),
        starts_date=starts_date,
        note=requests.shortened(note),
        asked_at=now,
        asked_by=actor,
    )
    try:
        with transaction.atomic():
            change.save()
    except IntegrityError:
        raise Conflict(
            _("Un changement de jours est déjà en cours."),
            code="days_waiting",
            advice=_("Retirez-le avant d’en demander un autre."),
        ) from None
    data = {"before": rules.days_of(request.days), "days": sorted(days), "from": starts_date}
    audit.record(actor=actor, action="telework.days_asked", target=request, now=now, data=data)
    if not queries.policy_of(request.agent.entity).head_approves:
        _grant(None, change, now)
    elif permissions.can_decide(actor, request):
        _grant(actor, change, now)
    else:
        events.publish(DaysAsked(change_id=change.pk, actor_id=actor.pk, at=now))
    return change


def _check(request: Request, days: Sequence[int], starts: date, now: datetime) -> None:
    faults: dict[str, list[str]] = {}
    facts = eligibility.facts_of(request.agent, now)
    found = [each for each in rules.obstacles(facts, level=request.level, days=days) if each in wording.ABOUT_DAYS]
    if found:
        faults["days"] = [str(wording.of(found[0], facts).text)]
    elif rules.mask_of(days) == request.days:
        faults["days"] = [_("Ce sont déjà les jours de ce télétravail.")]
    today = clock.today(now)
    if starts < today:
        faults["starts_date"] = [_("Ce jour est passé.")]
    elif starts - today > requests.MOST_AHEAD:
        faults["starts_date"] = [_("Choisissez un jour dans l’année qui vient.")]
    elif request.ends_date is not None and starts > request.ends_date:
        faults["starts_date"] = [_("Le télétravail se termine avant ce jour.")]
    if faults:
        raise Invalid(code="wrong_days", fields=faults)


@transaction.atomic
def decide(*, actor: User, change: DaysChange, granted: bool, now: datetime, reason: str = "") -> None:
    """Grant or refuse; `reason`: why not, the agent reads it. What is granted is done on its day.

    Raises:
        NotAllowed: see `permissions.can_decide`.
        Conflict: it waits no more (`days_moved`), or the telework is over (`request_moved`).
    """
    require(permissions.can_decide(actor, change.request))
    if granted:
        _grant(actor, change, now)
        return
    _move(change, State.REFUSED, decided_at=now, decided_by=actor, refusal=requests.shortened(reason))
    audit.record(actor=actor, action="telework.days_refused", target=change.request, now=now, data=_data(change))
    events.publish(DaysDecided(change_id=change.pk, actor_id=actor.pk, at=now, granted=False))


def _grant(actor: User | None, change: DaysChange, now: datetime) -> None:
    """`actor` None: nobody has to agree."""
    held = Request.objects.filter(pk=change.request_id, state__in=rules.GRANTED)
    if not held.update(state=F("state")):
        raise requests.moved()
    _move(change, State.GRANTED, decided_at=now, decided_by=actor)
    audit.record(actor=actor, action="telework.days_granted", target=change.request, now=now, data=_data(change))
    if change.starts_date <= clock.today(now):
        apply(change=change, now=now)
    actor_id = actor.pk if actor is not None else change.asked_by_id
    events.publish(DaysDecided(change_id=change.pk, actor_id=actor_id, at=now, granted=True))


@transaction.atomic
def withdraw(*, actor: User | None, change: DaysChange, now: datetime) -> None:
    """Give it up before it is done: the days stay as they are. `actor` None: the telework is over.

    Raises:
        NotAllowed: see `permissions.can_withdraw`.
        Conflict: it is done, or was refused (`days_moved`).
    """
    if actor is not None:
        require(permissions.can_withdraw(actor, change.request))
    _move(change, State.WITHDRAWN)
    audit.record(actor=actor, action="telework.days_withdrawn", target=change.request, now=now, data=_data(change))


@transaction.atomic
def apply(*, change: DaysChange, now: datetime) -> bool:
    """Its day has come: the request has the new days, and the usual week that opening wrote follows. Twice is once.

    Whether it was done now.

    Raises:
        Conflict: the telework is over (`request_moved`).
    """
    before = Request.objects.values_list("days", flat=True).get(pk=change.request_id)
    due = DaysChange.objects.filter(pk=change.pk, state=State.GRANTED)
    if not due.update(state=State.APPLIED, applied_at=now, before=before):
        return False
    if not Request.objects.filter(pk=change.request_id, state__in=rules.GRANTED).update(days=change.days):
        raise requests.moved()
    change.state, change.applied_at, change.before = State.APPLIED, now, before
    request = change.request
    request.refresh_from_db(fields=["state", "days", "ends_date", "pattern"])
    week = request.state == Request.State.OPEN and opening.rewrite_week(actor=None, request=request, now=now)
    data = _data(change) | {"week": week}
    audit.record(actor=None, action="telework.days_changed", target=request, now=now, data=data)
    return True


def apply_due(*, now: datetime) -> int:
    """What days do to changes: those whose day has come are done, those of telework that is over are dropped."""
    live = DaysChange.objects.filter(state__in=(State.WAITING, State.GRANTED))
    over = live.exclude(request__state__in=rules.GRANTED)
    due = live.filter(state=State.GRANTED, starts_date__lte=clock.today(now), request__state__in=rules.GRANTED)
    return sum((
        _each(over, lambda one: withdraw(actor=None, change=one, now=now)),
        _each(due, lambda one: apply(change=one, now=now)),
    ))  # fmt: skip


def _each(found: QuerySet[DaysChange], act: Callable[[DaysChange], object]) -> int:
    """Each by itself: one that cannot be done now is tried again at the next sweep."""
    count = 0
    for one in found.select_related("request__agent__entity", "request__agent__user").order_by("pk"):
        try:
            count += act(one) is not False
        except ParvisError as problem:
            logger.info("change of days %s stays as it is: %s", one.pk, problem.code)
    return count


def _move(change: DaysChange, to: State, **facts: Any) -> None:
    """Of two who move it at once, one does.

    Raises:
        Conflict: `days_moved`.
    """
    here = DaysChange.objects.filter(pk=change.pk, state__in=rules.change_sources_of(to))
    if not here.filter(state=change.state).update(state=to, **facts):
        raise Conflict(
            _("Ce changement de jours n’attend plus de réponse."),
            code="days_moved",
            advice=_("Rechargez la page pour voir où il en est."),
        )
    change.state = to
    for name, value in facts.items():
        setattr(change, name, value)


def _data(change: DaysChange) -> dict[str, Any]:
    return {
        "before": rules.days_of(change.before),
        "days": rules.days_of(change.days),
        "from": change.starts_date,
    }
