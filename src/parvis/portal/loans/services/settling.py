"""Where a loan stands once one of its items has come back, was lost, or was found."""

from __future__ import annotations

from datetime import datetime

from parvis.portal.loans.models import Checklist, Item, Loan, PoolAsset, Step


def copy_steps(loan: Loan, phase: Checklist.Phase) -> None:
    """Give the loan its own copy of the offer's steps of this moment; there already, they begin anew.

    What was ticked was done to other things: a disk that came back since has not been wiped.
    """
    hold(loan)  # two clerks at once: one copies
    steps = loan.steps.filter(phase=phase)
    if steps.exists():
        steps.update(done_at=None, done_by=None)
        return
    titles = loan.offer.checklist.filter(phase=phase).order_by("rank", "pk").values_list("title", flat=True)
    Step.objects.bulk_create([Step(loan=loan, phase=phase, title=title) for title in titles])


def to_put_in_order(loan: Loan) -> list[Item]:
    """The items of the loan that are back and not ready to be lent again; with asset."""
    waiting = loan.items.filter(state=Item.State.BACK, asset__pool__needs_wipe=True).select_related("asset__pool")
    # Its newest return counts: an asset is not lent again before it is in order.
    return [each for each in waiting if not each.asset.loan_items.filter(back_at__gt=each.back_at).exists()]


def prepare_anew(loan: Loan) -> None:
    """Another thing is kept than the one that was prepared: it waits for its preparation again."""
    if Loan.objects.filter(pk=loan.pk, state=Loan.State.PREPARED).update(state=Loan.State.APPROVED, prepared_at=None):
        loan.state, loan.prepared_at = Loan.State.APPROVED, None
    loan.steps.filter(phase=Checklist.Phase.PREPARE).update(done_at=None, done_by=None)


def hold(loan: Loan) -> None:
    """Hold the loan's row until the transaction ends; who comes second sees what the first has written."""
    Loan.objects.select_for_update().get(pk=loan.pk)


def settle(loan: Loan, now: datetime) -> None:
    """Out of nothing any more, the loan is back; nothing left to put in order, it is over."""
    # Two clerks take back the last two things: without this each sees the other's still out, and it is never over.
    hold(loan)
    if loan.items.filter(state=Item.State.OUT).exists():
        return
    after = Loan.State.BACK if to_put_in_order(loan) else Loan.State.CLOSED
    marks = {"state": after, "closed_at": now if after == Loan.State.CLOSED else None}
    if loan.back_at is None:
        marks["back_at"] = now
    if Loan.objects.filter(pk=loan.pk, state__in=(Loan.State.OUT, Loan.State.BACK)).update(**marks):
        for name, value in marks.items():
            setattr(loan, name, value)


def mark_for_wipe(item: Item) -> None:
    """The asset is to be put in order before it is handed over again, if its offer has steps for that."""
    steps = item.loan.offer.checklist.filter(phase=Checklist.Phase.RETURN).exists()
    PoolAsset.objects.filter(asset_id=item.asset_id).update(needs_wipe=steps)
