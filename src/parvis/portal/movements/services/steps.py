"""Steps: added, assigned, done, taken back; what the agent holds, kept or removed. Notes."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.movements import permissions, registry, rules
from parvis.portal.movements.models import Movement, Note, Step
from parvis.portal.movements.services import settling

MANUAL = "manual"


@transaction.atomic
def add(
    *, actor: User, movement: Movement, kind: str, title: str, why: str, owner_role: str, due_date: date, now: datetime
) -> Step:
    """One more thing to do, said by a person.

    Raises:
        NotAllowed: not of the IT team.
        Conflict: the movement is over.
    """
    require(permissions.can_manage(actor, movement))
    if not movement.is_live:
        raise Conflict(code="movement_over")
    step = Step.objects.create(
        movement=movement,
        key=f"{MANUAL}:{uuid.uuid4().hex}",
        room=MANUAL,
        kind=kind,
        title=title,
        why=why,
        owner_role=owner_role,
        owner_entity=movement.entity or movement.agent.entity,
        due_date=due_date,
    )
    audit.record(actor=actor, action="movements.step_added", target=step, now=now, data={"movement": movement.pk})
    return step


@transaction.atomic
def finish(*, actor: User, step: Step, now: datetime, dropped: bool = False) -> None:
    """It is done, or has no object; the last one closes the movement. Twice is once.

    Raises:
        NotAllowed: see `permissions.can_do`.
        Conflict: the movement is over, or the step asks to keep or to remove.
    """
    require(permissions.can_do(actor, step))
    if step.outcome and not step.decision:
        return
    _require_live(step)
    if step.decision:
        raise Conflict(_("Choisissez de garder ou de retirer."), code="decision_due")
    _end(step, Step.Outcome.DROPPED if dropped else Step.Outcome.DONE, actor=actor, now=now)


@transaction.atomic
def take_back(*, actor: User, step: Step, now: datetime) -> None:
    """Not done after all; a finished movement is under way again. What was removed stays removed.

    Raises:
        NotAllowed: see `permissions.can_do`.
        Conflict: it was removed, the movement is cancelled, or another one is under way.
    """
    require(permissions.can_do(actor, step))
    if step.outcome == Step.Outcome.REMOVED or step.movement.state == rules.CANCELLED:
        raise Conflict(code="not_taken_back")
    if step.movement.state == rules.DONE:
        settling.reopen(step.movement, actor=actor, now=now)
    if Step.objects.filter(pk=step.pk).exclude(outcome="").update(outcome="", done_at=None, done_by=None):
        audit.record(actor=actor, action="movements.step_taken_back", target=step, now=now)


@transaction.atomic
def keep(*, actor: User, step: Step, until: date, now: datetime) -> None:
    """The agent keeps it until that day; then it ends by itself.

    Raises:
        NotAllowed: see `permissions.can_keep`.
        Invalid: a day in the past or more than a year away.
        Conflict: nothing to decide here, or it is removed already.
    """
    require(permissions.can_keep(actor, step))
    _require_decision(step)
    if not rules.kept_until_is_valid(until, clock.today(now)):
        problem = _("Choisissez un jour d’ici un an.")
        raise Invalid(problem, fields={"until": [problem]})
    Step.objects.filter(pk=step.pk).update(ends_date=until)
    _end(step, Step.Outcome.KEPT, actor=actor, now=now, data={"until": until})


@transaction.atomic
def remove(*, actor: User | None, step: Step, now: datetime) -> None:
    """Take it away now, by its room's own service. `actor` None: its last day is past.

    The caller asked for a fresh second factor (requirement 10).

    Raises:
        NotAllowed: not of the IT team, or the room refuses.
        Conflict: nothing to decide here.
    """
    if actor is not None:
        require(permissions.can_manage(actor, step.movement))
    _require_decision(step)
    let_go = registry.let_go_of(step.room)
    if let_go is not None:
        let_go(step.movement.agent, step.key.partition(":")[2], actor, now)
    if step.outcome == Step.Outcome.KEPT:
        Step.objects.filter(pk=step.pk).update(outcome="", done_at=None)
    _end(step, Step.Outcome.REMOVED, actor=actor, now=now)


@transaction.atomic
def assign(*, actor: User, steps: Iterable[Step], owner: User | None, now: datetime) -> int:
    """Give steps to a person (None: back to the role); how many changed. The new owner is told by mail.

    Raises:
        NotAllowed: not of the IT team of one of them.
    """
    changed = 0
    for step in steps:
        require(permissions.can_manage(actor, step.movement))
        if not Step.objects.filter(pk=step.pk, outcome="").exclude(owner=owner).update(owner=owner, told_at=None):
            continue
        changed += 1
        data = {"owner": owner.pk if owner else None}
        audit.record(actor=actor, action="movements.step_assigned", target=step, now=now, data=data)
    return changed


@transaction.atomic
def write_note(*, actor: User, movement: Movement, text: str, now: datetime) -> Note:
    """Leave a note to the others.

    Raises:
        NotAllowed: see `permissions.can_write`.
    """
    require(permissions.can_write(actor, movement))
    note = Note.objects.create(movement=movement, text=text.strip()[:2000], author=actor, written_at=now)
    audit.record(actor=actor, action="movements.note_written", target=movement, now=now)
    return note


def _end(step: Step, outcome: str, *, actor: User | None, now: datetime, data: dict[str, object] | None = None) -> None:
    values = {"outcome": outcome, "done_at": now, "done_by": actor}
    if not Step.objects.filter(pk=step.pk, outcome="").update(**values):
        return
    step.outcome = outcome
    data = {"movement": step.movement_id, "step": step.title, "outcome": outcome, **(data or {})}
    audit.record(actor=actor, action="movements.step_done", target=step, now=now, data=data)
    settling.settle(step.movement, actor=actor, now=now)


def _require_live(step: Step) -> None:
    if not step.movement.is_live:
        raise Conflict(code="movement_over")


def _require_decision(step: Step) -> None:
    if not step.decision or step.outcome == Step.Outcome.REMOVED:
        raise Conflict(code="nothing_to_decide")
