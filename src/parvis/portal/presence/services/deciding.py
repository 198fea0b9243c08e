"""A head confirms or refuses the days that wait. Nobody decides on their own (requirement 20)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import audit, clock, events
from parvis.portal.kernel.authz import require
from parvis.portal.presence import counts, permissions
from parvis.portal.presence.events import DaysDecided
from parvis.portal.presence.models import Change, Day, Operation
from parvis.portal.presence.rules import State
from parvis.portal.presence.services.writing import begin


def confirm_days(*, actor: User, days: Iterable[Day], now: datetime) -> int:
    """Confirm these days as they were read (with `agent` and its entity); how many still waited, unchanged.

    A day that its agent has changed since is left alone: the head confirms what the head has seen.

    Raises:
        NotAllowed: not the head of one of the agents, or one's own days; then nothing is confirmed.
    """
    return _decide(actor, days, confirmed=True, now=now)


def refuse_days(*, actor: User, days: Iterable[Day], now: datetime) -> int:
    """Refuse these days; how many still waited, unchanged. What had been confirmed before holds again, else the
    usual week.

    Raises:
        NotAllowed: as for `confirm_days`.
    """
    return _decide(actor, days, confirmed=False, now=now)


@transaction.atomic
def _decide(actor: User, days: Iterable[Day], *, confirmed: bool, now: datetime) -> int:
    of_agent: dict[Agent, list[Day]] = defaultdict(list)
    for day in days:
        of_agent[day.agent].append(day)
    for agent in of_agent:
        require(permissions.can_decide(actor, agent))
    # In this order: two heads who decide on the same agents at once do not wait for each other in a ring.
    return sum(
        _decide_for(actor, agent, of_agent[agent], confirmed, now) for agent in sorted(of_agent, key=lambda a: a.pk)
    )


def _decide_for(actor: User, agent: Agent, days: list[Day], confirmed: bool, now: datetime) -> int:
    changes = []
    for day in sorted(days, key=lambda each: each.date):
        after = _after(day, confirmed=confirmed)
        waiting = Day.objects.filter(pk=day.pk, revision=day.revision, state=State.TO_CONFIRM)
        gone = after is None and waiting.delete()[0]
        if gone or (after is not None and waiting.update(revision=day.revision + 1, **after)):
            changes.append(
                Change(
                    agent=agent,
                    date=day.date,
                    before_am=day.am,
                    before_pm=day.pm,
                    before_state=State.TO_CONFIRM,
                    after_am=after["am"] if after else "",
                    after_pm=after["pm"] if after else "",
                    after_state=after["state"] if after else "",
                )
            )
    if not changes:
        return 0
    first, last = changes[0].date, changes[-1].date
    kind = Operation.Kind.CONFIRM if confirmed else Operation.Kind.REFUSE
    operation = begin(kind=kind, actor=actor, agent=agent, starts=first, ends=last, now=now)
    operation.days_changed = len(changes)
    operation.save(update_fields=["days_changed"])
    for change in changes:
        change.operation = operation
    Change.objects.bulk_create(changes)
    counts.mark_stale([agent.entity_id], first, last, today=clock.today(now))
    action = "presence.days_confirmed" if confirmed else "presence.days_refused"
    audit.record(actor=actor, action=action, target=agent, now=now, data={"days": len(changes)})
    events.publish(
        DaysDecided(operation_id=operation.pk, agent_id=agent.pk, confirmed=confirmed, actor_id=actor.pk, at=now)
    )
    return len(changes)


def _after(day: Day, *, confirmed: bool) -> dict[str, str] | None:
    """What the row becomes; None: it goes (the agent took a confirmed day back, and the head agrees)."""
    if confirmed:
        if not day.am and not day.pm:
            return None
        return {"am": day.am, "pm": day.pm, "state": State.CONFIRMED, "agreed_am": day.am, "agreed_pm": day.pm}
    agreed = day.declared.agreed
    if agreed is not None:
        return {"am": agreed[0], "pm": agreed[1], "state": State.CONFIRMED}
    return {"am": day.am, "pm": day.pm, "state": State.REFUSED}
