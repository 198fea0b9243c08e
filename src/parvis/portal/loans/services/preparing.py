"""Preparation: the offer's steps ticked one by one, until what was asked for waits on a shelf."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict
from parvis.portal.loans import permissions
from parvis.portal.loans.models import Checklist, Item, Loan, Step
from parvis.portal.loans.services.settling import copy_steps


def titles(loan: Loan, phase: Checklist.Phase) -> list[tuple[str, bool]]:
    """What is to be done at this moment, and whether it is: the loan's own steps, else the offer's, untouched."""
    steps = [(step.title, step.done_at is not None) for step in loan.steps.filter(phase=phase)]
    if steps:
        return steps
    found = loan.offer.checklist.filter(phase=phase).order_by("rank", "pk")
    return [(title, False) for title in found.values_list("title", flat=True)]


@transaction.atomic
def tick(
    *, actor: User, loan: Loan, done: Collection[str], now: datetime, phase: Checklist.Phase = Checklist.Phase.PREPARE
) -> int:
    """Mark the steps with these titles as done, the others as not; how many are left to do.

    Raises:
        NotAllowed: not of the IT team that lends.
    """
    require(permissions.can_manage(actor, loan.entity))
    if not loan.steps.filter(phase=phase).exists():
        copy_steps(loan, phase)
    steps = loan.steps.filter(phase=phase)
    steps.filter(title__in=done, done_at__isnull=True).update(done_at=now, done_by=actor)
    steps.exclude(title__in=done).update(done_at=None, done_by=None)
    return Step.objects.filter(loan=loan, phase=phase, done_at__isnull=True).count()


@transaction.atomic
def finish(*, actor: User, loan: Loan, now: datetime) -> bool:
    """All is ready to be handed over; False if it was already.

    Raises:
        NotAllowed: not of the IT team that lends.
        Conflict: steps are left (`steps_left`), nothing is kept for it (`nothing_kept`), it is not waiting
            (`loan_moved`).
    """
    require(permissions.can_manage(actor, loan.entity))
    if not all(done for _title, done in titles(loan, Checklist.Phase.PREPARE)):
        raise Conflict(
            _("La préparation n’est pas finie."), code="steps_left", advice=_("Cochez toutes les étapes, puis validez.")
        )
    if not loan.items.filter(state=Item.State.RESERVED).exists():
        raise Conflict(_("Aucun matériel n’est réservé pour ce prêt."), code="nothing_kept")
    waiting = Loan.objects.filter(pk=loan.pk, state=Loan.State.APPROVED)
    if not waiting.update(state=Loan.State.PREPARED, prepared_at=now):
        loan.refresh_from_db(fields=["state"])
        if loan.state == Loan.State.PREPARED:
            return False
        raise Conflict(_("Ce prêt n’attend plus d’être préparé."), code="loan_moved")
    loan.state, loan.prepared_at = Loan.State.PREPARED, now
    audit.record(actor=actor, action="loans.loan_prepared", target=loan, now=now)
    return True
