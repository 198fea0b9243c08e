"""Movements end: finished, cancelled, opened again."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict
from parvis.portal.movements import permissions, rules
from parvis.portal.movements.models import Movement, Step


@transaction.atomic
def cancel(*, actor: User | None, movement: Movement, now: datetime) -> None:
    """It does not happen, or not any more. What was done stays done.

    `actor` None: the directory has changed its mind (a day taken back, an agent who returns).

    Raises:
        NotAllowed: not of the IT team.
        Conflict: it is over already.
    """
    if actor is not None:
        require(permissions.can_manage(actor, movement))
    _go(movement, rules.CANCELLED, actor=actor, now=now)


@transaction.atomic
def close(*, actor: User, movement: Movement, now: datetime) -> int:
    """Finish it: steps not done have no object any more; how many those were. Nothing left to decide is dropped.

    Raises:
        NotAllowed: not of the IT team.
        Conflict: planned or over, or something is still to keep or remove.
    """
    require(permissions.can_manage(actor, movement))
    if movement.steps.filter(outcome="", decision=True).exists():
        raise Conflict(
            _("Il reste des rôles ou des droits à garder ou à retirer."),
            code="decisions_left",
            advice=_("Décidez pour chacun, puis terminez."),
        )
    _go(movement, rules.DONE, actor=actor, now=now)
    return movement.steps.filter(outcome="").update(outcome=Step.Outcome.DROPPED, done_at=now, done_by=actor)


def settle(movement: Movement, *, actor: User | None, now: datetime) -> bool:
    """Close an open movement whose steps are all behind it, once its day has come; whether it was."""
    if movement.effective_date > clock.today(now) or movement.steps.filter(outcome="").exists():
        return False
    if movement.state != rules.OPEN or not movement.steps.exists():
        return False
    _go(movement, rules.DONE, actor=actor, now=now)
    return True


def reopen(movement: Movement, *, actor: User | None, now: datetime) -> None:
    """A step of a finished movement is taken back: it is under way again.

    Raises:
        Conflict: the agent has another movement of this kind under way.
    """
    try:
        with transaction.atomic():
            _go(movement, rules.OPEN, actor=actor, now=now)
    except IntegrityError:
        raise Conflict(
            _("Un autre mouvement de cet agent est en cours\u202f: l’étape est à revoir là-bas."), code="another_live"
        ) from None


def _go(movement: Movement, state: str, *, actor: User | None, now: datetime) -> None:
    before = [each for each, after in rules.MOVES.items() if state in after]
    closed_at = None if state in rules.LIVE else now
    # Conditional: of two who act at once, one finds it done.
    if not Movement.objects.filter(pk=movement.pk, state__in=before).update(state=state, closed_at=closed_at):
        raise Conflict(code="movement_state")
    movement.state, movement.closed_at = state, closed_at
    action = {rules.DONE: "closed", rules.CANCELLED: "cancelled", rules.OPEN: "reopened"}[state]
    audit.record(actor=actor, action=f"movements.{action}", target=movement, now=now)
