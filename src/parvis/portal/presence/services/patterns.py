"""Usual weeks: proposed, confirmed or refused, ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import audit, clock, events
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.presence import counts, permissions, queries, rules
from parvis.portal.presence.events import PatternDecided
from parvis.portal.presence.models import Pattern, State
from parvis.portal.presence.services.days import check_span


@transaction.atomic
def propose_pattern(
    *, actor: User, agent: Agent, starts: date, ends: date | None, halves: Sequence[str], now: datetime
) -> Pattern:
    """The agent's usual week from `starts` on. `halves`: see `rules.Week`.

    Holds at once if the head writes it, or if the department does not ask for confirmation; else it waits, in the
    place of what waited before.

    Raises:
        NotAllowed: neither the agent nor their head.
        Invalid: dates, or a status that no usual week may hold (an absence, one not offered).
    """
    require(permissions.can_declare(actor, agent))
    own = agent.user_id == actor.pk
    policy = queries.policy_of(agent.entity)
    late = (policy.late_days or 0) if own else rules.HEAD_LATE_DAYS
    check_span(starts, starts, today=clock.today(now), late_days=late)
    if ends is not None and ends < starts:
        sentence = _("La fin est avant le début.")
        raise Invalid(sentence, code="order", fields={"ends_date": [sentence]})
    if not rules.halves_are_valid(halves, weekly_codes(to_head=not own)):
        raise Invalid(_("Choisissez un statut pour chaque demi-journée, au moins une travaillée."), code="bad_week")
    waits = own and bool(policy.confirms)
    Pattern.objects.filter(agent=agent, state=State.TO_CONFIRM).delete()
    pattern = Pattern.objects.create(
        agent=agent,
        starts_date=starts,
        ends_date=ends,
        halves=",".join(halves),
        state=State.TO_CONFIRM if waits else State.DECLARED if own else State.CONFIRMED,
        proposed_by=actor,
        proposed_at=now,
        decided_by=None if own else actor,
        decided_at=None if own else now,
    )
    audit.record(
        actor=actor, action="presence.pattern_proposed", target=agent, now=now, data={"starts": starts, "waits": waits}
    )
    if not waits:
        _holds(pattern, actor, now)
    return pattern


def weekly_codes(*, to_head: bool = False) -> list[str]:
    """The statuses a usual week may hold: no absence is usual."""
    return [each.code for each in queries.offered(to_head=to_head) if each.place is not rules.Place.ABSENT]


@transaction.atomic
def write_pattern(
    *, actor: User | None, agent: Agent, starts: date, ends: date | None, halves: Sequence[str], now: datetime
) -> Pattern:
    """The usual week that follows from what was decided elsewhere (telework granted): nobody confirms it again.

    The room that decided answers for who may; `actor` None: the portal itself.
    """
    pattern = Pattern.objects.create(
        agent=agent, starts_date=starts, ends_date=ends, halves=",".join(halves), state=State.CONFIRMED,
        proposed_by=actor, proposed_at=now, decided_by=actor, decided_at=now,
    )  # fmt: skip
    audit.record(actor=actor, action="presence.pattern_written", target=agent, now=now, data={"starts": starts})
    counts.mark_stale([agent.entity_id], starts, ends, today=clock.today(now))
    return pattern


@transaction.atomic
def take_back_pattern(*, actor: User | None, pattern: Pattern, now: datetime) -> None:
    """End from today what `write_pattern` wrote; its past stays as it was. Twice is once."""
    today = clock.today(now)
    if pattern.starts_date >= today:
        Pattern.objects.filter(pk=pattern.pk).delete()
    elif pattern.ends_date is None or pattern.ends_date >= today:
        Pattern.objects.filter(pk=pattern.pk).update(ends_date=today - timedelta(days=1))
    else:
        return
    audit.record(actor=actor, action="presence.pattern_withdrawn", target=pattern.agent, now=now)
    first = max(today, pattern.starts_date)
    counts.mark_stale([pattern.agent.entity_id], first, pattern.ends_date, today=today)


@transaction.atomic
def decide_pattern(*, actor: User, pattern: Pattern, confirmed: bool, now: datetime) -> bool:
    """Confirm or refuse a usual week; False if it no longer waited.

    Raises:
        NotAllowed: not the head, or one's own.
    """
    require(permissions.can_decide(actor, pattern.agent))
    state = State.CONFIRMED if confirmed else State.REFUSED
    waiting = Pattern.objects.filter(pk=pattern.pk, state=State.TO_CONFIRM)
    if not waiting.update(state=state, decided_by=actor, decided_at=now):
        return False
    pattern.state = state
    audit.record(
        actor=actor, action="presence.pattern_decided", target=pattern.agent, now=now, data={"confirmed": confirmed}
    )
    _holds(pattern, actor, now)
    return True


@transaction.atomic
def withdraw_pattern(*, actor: User, pattern: Pattern, now: datetime) -> None:
    """Take back a usual week that waits, or end today one that holds (its past stays as it was).

    Raises:
        NotAllowed: neither the agent nor their head.
        Conflict: it has ended already.
    """
    require(permissions.can_declare(actor, pattern.agent))
    today = clock.today(now)
    if pattern.state in (State.TO_CONFIRM, State.REFUSED) or pattern.starts_date >= today:
        Pattern.objects.filter(pk=pattern.pk).delete()
    elif pattern.ends_date is None or pattern.ends_date >= today:
        Pattern.objects.filter(pk=pattern.pk).update(ends_date=today - timedelta(days=1))
    else:
        raise Conflict(_("Cette semaine habituelle est déjà terminée."), code="ended_already")
    audit.record(actor=actor, action="presence.pattern_withdrawn", target=pattern.agent, now=now)
    first = max(today, pattern.starts_date)
    counts.mark_stale([pattern.agent.entity_id], first, pattern.ends_date, today=today)


def _holds(pattern: Pattern, actor: User, now: datetime) -> None:
    today = clock.today(now)
    if pattern.state != State.REFUSED:
        counts.mark_stale([pattern.agent.entity_id], pattern.starts_date, pattern.ends_date, today=today)
    events.publish(
        PatternDecided(pattern_id=pattern.pk, agent_id=pattern.agent_id, state=pattern.state, actor_id=actor.pk, at=now)
    )
