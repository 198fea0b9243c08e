"""Days are declared, taken back, copied; by their agent, or by the head of their department."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import audit, clock, events
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Invalid
from parvis.portal.presence import loading, permissions, queries, rules
from parvis.portal.presence.events import DaysDeclared
from parvis.portal.presence.loading import Calendar
from parvis.portal.presence.models import Day, Operation
from parvis.portal.presence.rules import Half, State, Status
from parvis.portal.presence.services.writing import Halves, Judge, Outcome, Verdict, Wish, begin, write

SPAN_WORDS = {
    "order": gettext_lazy("La fin est avant le début."),
    "too_late": gettext_lazy("Ces jours sont trop anciens pour être modifiés. Adressez-vous à votre responsable."),
    "too_far": gettext_lazy("Ces jours sont trop lointains\u202f: déclarez jusqu’à treize mois à l’avance."),
}


@transaction.atomic
def declare(
    *,
    actor: User,
    agent: Agent,
    starts: date,
    ends: date,
    status: str,
    now: datetime,
    half: Half | None = None,
    seen: Mapping[date, int] | None = None,
) -> Outcome:
    """Say where `agent` is from `starts` to `ends`, both included; `half`: mornings or afternoons only.

    `status` empty: back to the usual week. Of several days, those nobody works (weekend, holiday, closure, part-time
    day) are left alone; one day alone is taken at its word. `seen`: the revisions the page showed (0: no row); a day
    that has changed since is written all the same, and told in `Outcome.overwritten`.

    Raises:
        NotAllowed: neither the agent nor their head.
        Invalid: dates, an unknown status or one this person may not declare, an absence on a closed day.
    """
    require(permissions.can_declare(actor, agent))
    own = agent.user_id == actor.pk
    calendar = _calendar(agent, starts, ends, own=own, now=now)
    check_status(status, calendar.statuses, own=own)
    wishes, skipped = _wishes(calendar, agent.pk, starts, ends, status, half)
    overwritten = _overwritten(agent, seen or {}, {wish.date for wish in wishes})
    start = partial(
        begin,
        kind=Operation.Kind.DECLARE,
        actor=actor,
        agent=agent,
        starts=starts,
        ends=ends,
        now=now,
        am=status if half is not Half.PM else None,
        pm=status if half is not Half.AM else None,
    )
    outcome = write(start, wishes, judge_for(calendar, own_ids={agent.pk} if own else set()), now=now)
    outcome.skipped, outcome.overwritten = skipped, overwritten
    announce(outcome, actor=actor, agent=agent, action="presence.days_declared", now=now)
    return outcome


@transaction.atomic
def copy_week(*, actor: User, agent: Agent, monday: date, now: datetime) -> Outcome:
    """Declare in the week of `monday` what was declared in the week before; other days stay as they are.

    Raises:
        NotAllowed: neither the agent nor their head.
        Invalid: dates, or nothing to copy.
    """
    require(permissions.can_declare(actor, agent))
    own, monday = agent.user_id == actor.pk, rules.monday_of(monday)
    sunday, week = monday + timedelta(days=6), timedelta(days=7)
    calendar = _calendar(agent, monday, sunday, own=own, now=now)
    allowed = {status.code for status in queries.offered(to_head=not own, every=calendar.statuses.values())}
    rows = Day.objects.filter(agent=agent, date__range=(monday - week, sunday - week)).exclude(state=State.REFUSED)
    wishes = [
        Wish(agent.pk, row.date + week, row.am if row.am in allowed else None, row.pm if row.pm in allowed else None)
        for row in rows
        if {row.am, row.pm} & allowed and calendar.closed(agent.pk, row.date + week) is None
    ]
    if not wishes:
        raise Invalid(_("La semaine d’avant n’a rien de particulier à copier."), code="nothing_to_copy")
    start = partial(begin, kind=Operation.Kind.COPY, actor=actor, agent=agent, starts=monday, ends=sunday, now=now)
    outcome = write(start, wishes, judge_for(calendar, own_ids={agent.pk} if own else set()), now=now)
    announce(outcome, actor=actor, agent=agent, action="presence.week_copied", now=now)
    return outcome


def judge_for(calendar: Calendar, *, own_ids: Iterable[int]) -> Judge:
    """How written days are judged: those of `own_ids` by the policy, all others as confirmed by the head who writes."""
    own = frozenset(own_ids)

    def judge(before: Day | None, wish: Wish, halves: Halves) -> Verdict:
        if wish.agent_id not in own:
            return Verdict(State.CONFIRMED, halves if any(halves) else None)
        agreed = before.declared.agreed if before else None
        policy = calendar.policy(wish.agent_id)
        return Verdict(rules.state_after_change(halves, agreed, calendar.statuses, policy), agreed)

    return judge


def wishes_over(
    calendar: Calendar, agent_id: int, starts: date, ends: date, status: str, half: Half | None
) -> tuple[list[Wish], list[date]]:
    """The wishes of several days, and the dates left out because the agent does not work then."""
    wishes, skipped = [], []
    for day in rules.days_between(starts, ends):
        am, pm = (
            status if half in (None, each) and (not status or calendar.is_worked(agent_id, day, each)) else None
            for each in Half
        )
        if am is None and pm is None:
            skipped.append(day)
        else:
            wishes.append(Wish(agent_id, day, am, pm))
    return wishes, skipped


def check_span(starts: date, ends: date, *, today: date, late_days: int) -> None:
    """Dates that may be declared today.

    Raises:
        Invalid: in the wrong order, too far back, too far ahead.
    """
    problem = rules.why_not_span(starts, ends, today=today, late_days=late_days)
    if problem is not None:
        sentence = str(SPAN_WORDS[problem])
        field = "ends_date" if problem in ("order", "too_far") else "starts_date"
        raise Invalid(sentence, code=problem, fields={field: [sentence]})


def announce(outcome: Outcome, *, actor: User, agent: Agent | None, action: str, now: datetime) -> None:
    """One line of audit and one event for an operation, however many days it changed. No status in the trail."""
    operation = outcome.operation
    if operation is None:
        return
    data: dict[str, object] = {
        "operation": operation.pk,
        "days": len(outcome.written),
        "to_confirm": outcome.to_confirm,
    }
    data |= {"starts": operation.starts_date, "ends": operation.ends_date}
    audit.record(actor=actor, action=action, target=agent or operation.entity, now=now, data=data)
    publish_days(outcome, actor=actor, now=now)


def publish_days(outcome: Outcome, *, actor: User, now: datetime) -> None:
    """`DaysDeclared` for what an operation changed."""
    operation = outcome.operation
    if operation is None or not outcome.written:
        return
    dates = [day for _agent, day in outcome.written]
    events.publish(
        DaysDeclared(
            operation_id=operation.pk,
            agent_ids=tuple(sorted({pk for pk, _day in outcome.written})),
            starts_date=min(dates),
            ends_date=max(dates),
            actor_id=actor.pk,
            at=now,
        )
    )


def _calendar(agent: Agent, starts: date, ends: date, *, own: bool, now: datetime) -> Calendar:
    today = clock.today(now)
    # Before anything is read: a span of centuries is refused, not loaded.
    check_span(starts, ends, today=today, late_days=rules.HEAD_LATE_DAYS)
    calendar = loading.of_agents([agent], starts, ends)
    if own:
        check_span(starts, ends, today=today, late_days=calendar.policy(agent.pk).late_days or 0)
    return calendar


def check_status(status: str, statuses: Mapping[str, Status], *, own: bool) -> None:
    """A status this person may declare; empty is always one.

    Raises:
        Invalid: unknown, retired, or for others.
    """
    known = {each.code for each in queries.offered(to_head=not own, every=statuses.values())}
    if status and status not in known:
        sentence = _("Choisissez un statut de la liste.")
        raise Invalid(sentence, code="unknown_status", fields={"status": [sentence]})


def _wishes(
    calendar: Calendar, agent_id: int, starts: date, ends: date, status: str, half: Half | None
) -> tuple[list[Wish], list[date]]:
    if starts < ends:
        wishes, skipped = wishes_over(calendar, agent_id, starts, ends, status, half)
        if not wishes:
            raise Invalid(_("Aucun jour travaillé entre ces deux dates."), code="no_worked_day")
        return wishes, skipped
    closed = calendar.closed(agent_id, starts)
    if status and closed and calendar.statuses[status].place is rules.Place.ABSENT:
        sentence = _("Ce jour n’est pas travaillé\u202f: %(name)s.") % {"name": closed.label}
        raise Invalid(sentence, code="closed_day", fields={"starts_date": [sentence]})
    am = status if half is not Half.PM else None
    pm = status if half is not Half.AM else None
    return [Wish(agent_id, starts, am, pm, despite_closure=bool(status and closed))], []


def _overwritten(agent: Agent, seen: Mapping[date, int], dates: set[date]) -> list[date]:
    compared = sorted(dates & set(seen))
    if not compared:
        return []
    rows = dict(Day.objects.filter(agent=agent, date__in=compared).values_list("date", "revision"))
    return [day for day in compared if rows.get(day, 0) != seen[day]]
