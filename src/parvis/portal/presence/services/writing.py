"""Writes days: one operation, its history, its stale counts, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel import clock
from parvis.portal.presence import counts
from parvis.portal.presence.models import Change, Day, Operation
from parvis.portal.presence.rules import State

BATCH = 500
_WRITTEN = ["am", "pm", "state", "despite_closure", "agreed_am", "agreed_pm", "revision"]

Halves = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Wish:
    """What an agent's day is to be. None: that half stays as it is; empty: back to the pattern."""

    agent_id: int
    date: date
    am: str | None
    pm: str | None
    despite_closure: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state a written day takes, and what its head has agreed to by then (None: nothing)."""

    state: State
    agreed: Halves | None = None


@dataclass(slots=True)
class Outcome:
    """What an operation did. `operation` is None when nothing had to change."""

    operation: Operation | None = None
    written: list[tuple[int, date]] = field(default_factory=list)
    """Agent and date of each changed day."""
    to_confirm: int = 0
    skipped: list[date] = field(default_factory=list)
    """Dates left out because nobody works then, or because somebody changed them since (undo)."""
    overwritten: list[date] = field(default_factory=list)
    """Dates that had changed elsewhere since the page was shown: the last one to write has won."""


Judge = Callable[[Day | None, Wish, Halves], Verdict]


def begin(
    *,
    kind: Operation.Kind,
    actor: User,
    starts: date,
    ends: date,
    now: datetime,
    agent: Agent | None = None,
    entity: Entity | None = None,
    am: str | None = "",
    pm: str | None = "",
    undoes: Operation | None = None,
) -> Operation:
    """The row of an operation that begins."""
    return Operation.objects.create(
        kind=kind,
        actor=actor,
        actor_label=str(actor)[:200],
        at=now,
        carried_out_at=now,
        agent=agent,
        entity=entity,
        starts_date=starts,
        ends_date=ends,
        am=am or "",
        pm=pm or "",
        undoes=undoes,
    )


def write(start: Callable[[], Operation], wishes: Sequence[Wish], judge: Judge, *, now: datetime) -> Outcome:
    """Make the wishes true, those that change something; `start` gives the operation if there is one at least.

    The agents' rows are locked first (PostgreSQL; SQLite's writers queue anyway), so that what history says was
    there before is what was there.
    """
    outcome = Outcome()
    if not wishes:
        return outcome
    agent_ids = sorted({wish.agent_id for wish in wishes})
    entities = lock(agent_ids)
    existing = _existing(agent_ids, min(wish.date for wish in wishes), max(wish.date for wish in wishes))
    upserts: list[Day] = []
    deletes: list[int] = []
    changes: list[Change] = []
    for wish in wishes:
        before = existing.get((wish.agent_id, wish.date))
        after = _after(before, wish, judge)
        if _same(before, after):
            continue
        if after is None:
            deletes += [before.pk] if before else []
        else:
            upserts.append(after)
            outcome.to_confirm += after.state == State.TO_CONFIRM
        changes.append(_change(before, after, wish))
        outcome.written.append((wish.agent_id, wish.date))
    if not changes:
        return outcome
    outcome.operation = operation = start()
    Day.objects.filter(pk__in=deletes).delete()
    _upsert(upserts)
    for change in changes:
        change.operation = operation
    Change.objects.bulk_create(changes, batch_size=BATCH)
    operation.days_changed += len(changes)
    operation.save(update_fields=["days_changed"])
    dates = [day for _agent, day in outcome.written]
    changed_entities = {entities[agent] for agent, _day in outcome.written}
    counts.mark_stale(changed_entities, min(dates), max(dates), today=clock.today(now))
    return outcome


def lock(agent_ids: Iterable[int]) -> dict[int, int]:
    """Take the agents' rows until the transaction ends; the entity of each."""
    found: dict[int, int] = {}
    ids = iter(sorted(agent_ids))
    while piece := list(islice(ids, BATCH)):
        rows = Agent.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=piece).order_by("pk")
        found |= dict(rows.values_list("pk", "entity_id"))
    return found


def _existing(agent_ids: Sequence[int], first: date, last: date) -> dict[tuple[int, date], Day]:
    found: dict[tuple[int, date], Day] = {}
    for at in range(0, len(agent_ids), BATCH):
        rows = Day.objects.filter(agent_id__in=agent_ids[at : at + BATCH], date__range=(first, last))
        found |= {(row.agent_id, row.date): row for row in rows}
    return found


def _after(before: Day | None, wish: Wish, judge: Judge) -> Day | None:
    """The row as it is to be; None: no row."""
    live = before if before is not None and before.state != State.REFUSED else None
    am = (live.am if live else "") if wish.am is None else wish.am
    pm = (live.pm if live else "") if wish.pm is None else wish.pm
    verdict = judge(before, wish, (am, pm))
    if not am and not pm and verdict.agreed is None:
        return None
    return Day(
        agent_id=wish.agent_id,
        date=wish.date,
        am=am,
        pm=pm,
        state=verdict.state,
        despite_closure=wish.despite_closure,
        agreed_am=verdict.agreed[0] if verdict.agreed else None,
        agreed_pm=verdict.agreed[1] if verdict.agreed else None,
        revision=before.revision + 1 if before else 1,
    )


def _same(before: Day | None, after: Day | None) -> bool:
    if before is None or after is None:
        return before is after
    names = ("am", "pm", "state", "despite_closure", "agreed_am", "agreed_pm")
    return all(getattr(before, name) == getattr(after, name) for name in names)


def _change(before: Day | None, after: Day | None, wish: Wish) -> Change:
    return Change(
        agent_id=wish.agent_id,
        date=wish.date,
        before_am=before.am if before else "",
        before_pm=before.pm if before else "",
        before_state=before.state if before else "",
        after_am=after.am if after else "",
        after_pm=after.pm if after else "",
        after_state=after.state if after else "",
    )


def _upsert(days: list[Day]) -> None:
    Day.objects.bulk_create(
        days, batch_size=BATCH, update_conflicts=True, unique_fields=["agent", "date"], update_fields=_WRITTEN
    )
