"""What time alone does: movements prepared and opened on their days, what was kept ended.

(Departures on their day: `directory.services.sweep`, whose event opens the movement.)
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from django.db.models import Exists, OuterRef, Q, QuerySet

from parvis.portal.directory.models import Agent
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import ParvisError
from parvis.portal.movements import rules
from parvis.portal.movements.models import Kind, Movement, Step
from parvis.portal.movements.services import opening, settling, steps

log = structlog.get_logger("parvis.movements")

BATCH = 200


def pass_time(*, now: datetime) -> dict[str, int]:
    """All of it; safe at any moment, and twice. How many of each."""
    return {
        "prepared": _prepare(now),
        "opened": _open(now),
        "refreshed": _refresh(now),
        "ended": _end_kept(now),
    }


def follow_dates(agent: Agent, *, now: datetime, changed: Collection[str] = ()) -> None:
    """The days of the directory are the days of planned movements: made, moved, or cancelled with them.

    `changed`: the fields somebody has just set. A movement that was cancelled comes back only so.
    """
    today = clock.today(now)
    for kind, field in ((Kind.JOINER, "starts_date"), (Kind.LEAVER, "ends_date")):
        day = getattr(agent, field)
        planned = Movement.objects.filter(agent=agent, kind=kind, state=rules.PLANNED).first()
        near = day is not None and today <= day <= today + rules.PLANNED_AHEAD
        if near and agent.is_active and (field in changed or not _was_cancelled(agent, kind, day)):
            if planned is not None or day > today or kind == Kind.LEAVER:
                opening.begin(agent=agent, kind=kind, effective_date=day, origin=Movement.Origin.DATE, now=now,
                              **opening.sides(agent, kind))  # fmt: skip
        elif planned is not None and planned.effective_date != day:
            settling.cancel(actor=None, movement=planned, now=now)


def _prepare(now: datetime) -> int:
    today = clock.today(now)
    ahead = (today, today + rules.PLANNED_AHEAD)
    joining = Q(starts_date__range=(today + timedelta(days=1), ahead[1])) & ~_has(Kind.JOINER, "starts_date")
    leaving = Q(ends_date__range=ahead) & ~_has(Kind.LEAVER, "ends_date")
    agents = Agent.objects.filter(joining | leaving, is_active=True).select_related("entity", "user")[:BATCH]
    return _each(agents, lambda agent: follow_dates(agent, now=now))


def _open(now: datetime) -> int:
    due = Movement.objects.filter(state=rules.PLANNED, effective_date__lte=clock.today(now)).select_related("agent")
    return _each(due[:BATCH], lambda movement: opening.open_planned(movement, now=now))


def _refresh(now: datetime) -> int:
    """Accounts opened and computers given meanwhile tick their steps."""
    live = Movement.objects.filter(state__in=rules.LIVE).exclude(kind=Kind.LEAVER, agent__is_active=False)
    recent = live.filter(effective_date__gte=clock.today(now) - timedelta(days=60)).select_related(
        "agent__entity", "agent__user", "from_entity", "to_entity"
    )

    def refresh(movement: Movement) -> None:
        opening.gather_steps(movement, now=now)
        settling.settle(movement, actor=None, now=now)

    return _each(recent[:BATCH], refresh)


def _end_kept(now: datetime) -> int:
    over = Step.objects.filter(decision=True, ends_date__lt=clock.today(now)).exclude(
        outcome__in=("removed", "dropped")
    )
    over = over.exclude(movement__state=rules.CANCELLED).select_related("movement__agent__entity")
    return _each(over[:BATCH], lambda step: steps.remove(actor=None, step=step, now=now))


def _each(rows: QuerySet[Any], work: Callable[[Any], object]) -> int:
    """One that fails is logged; the others go on."""
    count = 0
    for row in rows:
        try:
            work(row)
            count += 1
        except ParvisError as problem:
            log.warning("movement_not_carried_out", what=str(row), problem=problem.code)
    return count


def _has(kind: str, field: str) -> Exists:
    """A movement with this very day; one that a person cancelled does not come back."""
    return Exists(Movement.objects.filter(agent=OuterRef("pk"), kind=kind, effective_date=OuterRef(field)))


def _was_cancelled(agent: Agent, kind: str, day: date) -> bool:
    over = Movement.objects.filter(agent=agent, kind=kind, state__in=(rules.CANCELLED, rules.DONE))
    return over.filter(effective_date=day).exists()
