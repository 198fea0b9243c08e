"""A whole department in one operation: « ASA du 16 mars au 11 mai pour tout le service », undone as one, too."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import islice

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.authz import no, require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.presence import loading, permissions, rules
from parvis.portal.presence.models import Change, Day, Operation
from parvis.portal.presence.rules import Half, State
from parvis.portal.presence.services.days import (
    announce,
    check_span,
    check_status,
    judge_for,
    publish_days,
    wishes_over,
)
from parvis.portal.presence.services.writing import Halves, Outcome, Verdict, Wish, begin, write

AT_ONCE = 20_000
"""Agent-days done in the request; more are the worker's."""
AGENTS_AT_ONCE = 200
UNDO_DAYS = timedelta(days=30)
_UNDONE = gettext_lazy("Cette opération est déjà annulée.")


@transaction.atomic
def declare_for_department(
    *,
    actor: User,
    entity: Entity,
    starts: date,
    ends: date,
    status: str,
    now: datetime,
    half: Half | None = None,
    agents: Iterable[Agent] | None = None,
) -> Outcome:
    """One status for the agents in post of `entity` and below (or these `agents` of it), on the days each works.

    Days the head writes are confirmed; the head's own follow the policy of their department, as when they declare
    them. Larger than `AT_ONCE`: the operation is returned with `carried_out_at` None, and the worker does it.

    Raises:
        NotAllowed: not the head of `entity`.
        Invalid: dates, status, or nobody to write for.
    """
    require(permissions.can_declare_for(actor, entity))
    check_span(starts, ends, today=clock.today(now), late_days=rules.HEAD_LATE_DAYS)
    chosen = Agent.objects.filter(entity__path__startswith=entity.path, is_active=True)
    if agents is not None:
        chosen = chosen.filter(pk__in=[agent.pk for agent in agents])
    calendar = loading.load([], starts, ends)
    check_status(status, calendar.statuses, own=False)
    persons = loading.people(chosen.order_by("pk"))
    if not persons:
        raise Invalid(_("Aucun agent en poste dans ce service."), code="nobody")
    operation = begin(
        kind=Operation.Kind.BULK,
        actor=actor,
        entity=entity,
        starts=starts,
        ends=ends,
        now=now,
        am=status if half is not Half.PM else None,
        pm=status if half is not Half.AM else None,
    )
    if len(persons) * ((ends - starts).days + 1) > AT_ONCE:
        if agents is not None:
            raise Invalid(_("Choisissez moins d’agents, ou tout le service."), code="too_many")
        _hand_over(operation)
        audit.record(
            actor=actor, action="presence.department_planned", target=entity, now=now, data={"operation": operation.pk}
        )
        return Outcome(operation)
    outcome = _write_for(operation, persons, status, half, actor=actor, now=now)
    if not outcome.written:
        raise Invalid(_("Il n’y a rien à changer\u202f: aucun jour travaillé, ou tout y est déjà."), code="no_change")
    announce(outcome, actor=actor, agent=None, action="presence.department_declared", now=now)
    return outcome


def carry_out(operation_id: int, *, now: datetime) -> None:
    """The worker's part of a large operation: agents by agents, each part in its transaction. May run twice."""
    operation = Operation.objects.select_related("entity", "actor").filter(pk=operation_id).first()
    if operation is None or operation.carried_out_at is not None:
        return
    if operation.undoes_id is not None:
        _carry_out_undo(operation, now=now)
    elif operation.entity is not None and isinstance(operation.actor, User):
        half = None if operation.am and operation.pm else Half.AM if operation.am else Half.PM
        if not operation.am and not operation.pm:
            half = None
        chosen = Agent.objects.filter(entity__path__startswith=operation.entity.path, is_active=True)
        persons = iter(loading.people(chosen.order_by("pk")))
        while piece := list(islice(persons, AGENTS_AT_ONCE)):
            with transaction.atomic():
                outcome = _write_for(
                    operation, piece, operation.am or operation.pm, half, actor=operation.actor, now=now
                )
                publish_days(outcome, actor=operation.actor, now=now)
    with transaction.atomic():
        if Operation.objects.filter(pk=operation.pk, carried_out_at=None).update(carried_out_at=now):
            audit.record(
                actor=operation.actor if isinstance(operation.actor, User) else None,
                action="presence.department_declared",
                target=operation.entity,
                now=now,
                data={"operation": operation.pk, "starts": operation.starts_date, "ends": operation.ends_date},
            )


@transaction.atomic
def undo(*, actor: User, operation: Operation, now: datetime) -> Outcome:
    """Put back what an operation changed, where nobody has changed it since (the others are in `skipped`).

    Raises:
        NotAllowed: not who did it, or they may not declare there any more.
        Conflict: undone already, still under way, or older than `UNDO_DAYS`.
    """
    if operation.actor_id != actor.pk:
        require(no("not_yours", _("Seule la personne qui a fait cette opération peut l’annuler.")))
    if operation.agent is not None:
        require(permissions.can_declare(actor, operation.agent))
    elif operation.entity is not None:
        require(permissions.can_declare_for(actor, operation.entity))
    _check_undoable(operation, now)
    opposite = _begin_undo(operation, actor, now)
    if operation.days_changed > AT_ONCE:
        _hand_over(opposite)
        return Outcome(opposite)
    outcome = _put_back(opposite, operation, Change.objects.filter(operation=operation), now=now)
    outcome.operation = opposite
    announce(outcome, actor=actor, agent=operation.agent, action="presence.operation_undone", now=now)
    return outcome


def _begin_undo(operation: Operation, actor: User, now: datetime) -> Operation:
    try:
        with transaction.atomic():
            return begin(
                kind=Operation.Kind.UNDO,
                actor=actor,
                agent=operation.agent,
                entity=operation.entity,
                starts=operation.starts_date,
                ends=operation.ends_date,
                now=now,
                undoes=operation,
            )
    except IntegrityError:  # another tab was faster
        raise Conflict(_UNDONE, code="undone_already") from None


def _write_for(
    operation: Operation,
    persons: list[loading.Person],
    status: str,
    half: Half | None,
    *,
    actor: User,
    now: datetime,
) -> Outcome:
    starts, ends = operation.starts_date, operation.ends_date
    calendar = loading.load(persons, starts, ends)
    wishes: list[Wish] = []
    for pk, _path in persons:
        wishes += wishes_over(calendar, pk, starts, ends, status, half)[0]
    # Requirement 20: the head's own days are not confirmed by the head.
    own = Agent.objects.filter(user_id=actor.pk).values_list("pk", flat=True)
    return write(lambda: operation, wishes, judge_for(calendar, own_ids=own), now=now)


def _hand_over(operation: Operation) -> None:
    from parvis.portal.presence.tasks import carry_out_operation

    operation.carried_out_at = None
    operation.save(update_fields=["carried_out_at"])
    carry_out_operation.enqueue(operation.pk)


def _check_undoable(operation: Operation, now: datetime) -> None:
    if operation.kind in (Operation.Kind.UNDO, Operation.Kind.CONFIRM, Operation.Kind.REFUSE):
        raise Conflict(_("Cette opération ne s’annule pas\u202f: changez les jours eux-mêmes."), code="not_undoable")
    if operation.carried_out_at is None:
        raise Conflict(_("Cette opération est encore en cours. Réessayez dans un moment."), code="under_way")
    if now - operation.at > UNDO_DAYS:
        raise Conflict(_("Cette opération est trop ancienne pour être annulée."), code="too_old")
    if Operation.objects.filter(undoes=operation).exists():
        raise Conflict(_UNDONE, code="undone_already")


def _carry_out_undo(opposite: Operation, *, now: datetime) -> None:
    undone = opposite.undoes
    if undone is None:
        return
    changes = Change.objects.filter(operation=undone).order_by("agent_id")
    agents = iter(changes.values_list("agent_id", flat=True).distinct())
    while piece := list(islice(agents, AGENTS_AT_ONCE)):
        with transaction.atomic():
            rows = Change.objects.filter(operation=undone, agent_id__in=piece)
            outcome = _put_back(opposite, undone, rows, now=now)
            if isinstance(opposite.actor, User):
                publish_days(outcome, actor=opposite.actor, now=now)


def _put_back(opposite: Operation, undone: Operation, rows: Iterable[Change], *, now: datetime) -> Outcome:
    changes = {(row.agent_id, row.date): row for row in rows}
    agent_ids = {agent for agent, _date in changes}
    span = (undone.starts_date, undone.ends_date)
    current = {(row.agent_id, row.date): row for row in Day.objects.filter(agent_id__in=agent_ids, date__range=span)}
    wishes, changed_since = [], []
    for key, change in changes.items():
        row = current.get(key)
        if (
            (row.am, row.pm, row.state) != (change.after_am, change.after_pm, change.after_state)
            if row
            else (change.after_state)
        ):
            changed_since.append(change.date)
        else:
            wishes.append(Wish(*key, change.before_am, change.before_pm))

    def judge(before: Day | None, wish: Wish, halves: Halves) -> Verdict:
        was = changes[wish.agent_id, wish.date].before_state
        if was == State.CONFIRMED:
            return Verdict(State.CONFIRMED, halves)
        agreed = before.declared.agreed if before and was == State.TO_CONFIRM and not undone.entity_id else None
        return Verdict(State(was) if was else State.DECLARED, agreed)

    outcome = write(lambda: opposite, wishes, judge, now=now)
    outcome.skipped = sorted(set(changed_since))
    return outcome
