"""Hand-over: what was kept leaves with the agent, who signs for it. Once, whoever clicks and how often."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.loans import permissions, receipts, tasks
from parvis.portal.loans.models import Item, Loan, PoolAsset
from parvis.portal.loans.receipts import Signature
from parvis.portal.loans.services import booking, deciding
from parvis.portal.parc import asset_services
from parvis.portal.parc.models import Asset, AssetEvent

HANDED_OVER = "handed_over_already"


def hand_over(
    *, actor: User, loan: Loan, signature: Signature, now: datetime, only: Collection[int] | None = None
) -> Loan:
    """The agent takes what is kept for the loan (of it `only` these items, by id), and signs.

    What stays behind is free for others. Each asset is the agent's and in service from now on; the receipt is kept
    and goes to the agent by mail.

    Raises:
        NotAllowed: not of the IT team that lends.
        Conflict: handed over already (`handed_over_already`), not granted or over (`loan_moved`); the agent has left
            (`agent_gone`); an asset is elsewhere, or waits to be put in order (`not_ready`); somebody else has it
            before the loan begins (`asset_taken`).
        Invalid: no item is chosen, no name.
    """
    try:
        return _hand_over(actor, loan, signature, now, only)
    except BaseException:
        _forget_receipt(loan)
        raise


@transaction.atomic
def _hand_over(actor: User, loan: Loan, signature: Signature, now: datetime, only: Collection[int] | None) -> Loan:
    require(permissions.can_manage(actor, loan.entity))
    if not loan.agent.is_active:
        raise Conflict(_("Cet agent n’est plus en poste."), code="agent_gone")
    if not signature.name.strip():
        raise Invalid(fields={"name": [_("Le nom de la personne qui signe est nécessaire.")]})
    take(loan, actor=actor, signature=signature, now=now)
    items = _leave(loan, only, now)
    for item in items:
        _lend(item, actor=actor, now=now)
    _keep_receipt(loan, items, signature, actor=actor, now=now)
    data = {"assets": [item.asset_id for item in items], "receipt": loan.receipt_digest}
    audit.record(actor=actor, action="loans.loan_handed_over", target=loan, now=now, data=data)
    tasks.send_receipt.enqueue(loan_id=loan.pk)
    return loan


def take(loan: Loan, *, actor: User, signature: Signature, now: datetime) -> None:
    """Of many who hand over at once, one goes on: the move is a conditional UPDATE.

    Raises:
        Conflict: see `hand_over`.
    """
    try:
        deciding.move_loan(
            loan, Loan.State.OUT, now=now, out_at=now, out_by=actor, signed_name=signature.name.strip()[:150]
        )
    except Conflict:
        loan.refresh_from_db()
        if loan.state == Loan.State.OUT:
            raise Conflict(_("Ce prêt est déjà remis."), code=HANDED_OVER) from None
        raise


def _leave(loan: Loan, only: Collection[int] | None, now: datetime) -> list[Item]:
    kept = loan.items.filter(state=Item.State.RESERVED).select_related("asset__entity", "asset__model", "part")
    items = [item for item in kept.order_by("pk") if only is None or item.pk in only]
    if not items:
        raise Invalid(_("Aucun matériel n’est à remettre."), fields={"items": [_("Cochez ce qui est remis.")]})
    for item in kept:
        if item not in items:
            booking.release(item=item, now=now)
    today = clock.today(now)
    if today < loan.starts_date:
        _begin_sooner(loan, items, now)
    return items


def _begin_sooner(loan: Loan, items: Sequence[Item], now: datetime) -> None:
    """Handed over before its first day: nobody else may have the things on the days gained."""
    today = clock.today(now)
    for item in items:
        PoolAsset.objects.filter(asset_id=item.asset_id).update(turn=F("turn") + 1)  # see `booking`
        others = Item.objects.filter(booking.holding(today, item.ends_date, today), asset_id=item.asset_id)
        if others.exclude(pk=item.pk).exists():
            raise Conflict(
                _("%(asset)s est déjà pris sur ces jours.") % {"asset": item.asset},
                code=booking.TAKEN,
                advice=_("Remettez-le à la date prévue, ou choisissez un autre matériel."),
            )
        Item.objects.filter(pk=item.pk).update(starts_date=today)
        item.starts_date = today
    Loan.objects.filter(pk=loan.pk).update(starts_date=today)
    loan.starts_date = today


def _lend(item: Item, *, actor: User, now: datetime) -> None:
    asset = item.asset
    waits = PoolAsset.objects.filter(asset=asset, needs_wipe=True).exists()
    if waits or asset.state != Asset.State.STOCK:
        raise Conflict(
            _("%(asset)s attend d’être remis en état.") % {"asset": asset}
            if waits
            else _("%(asset)s n’est pas en stock.") % {"asset": asset},
            code="not_ready",
            advice=_("Choisissez un autre matériel sur la page du prêt, ou décochez celui-ci."),
        )
    if not Item.objects.filter(pk=item.pk, state=Item.State.RESERVED).update(state=Item.State.OUT, out_at=now):
        raise Conflict(_("Ce prêt a changé entre-temps."), code="loan_moved")
    item.state, item.out_at = Item.State.OUT, now
    asset_services.assign_agent(actor=actor, asset=asset, agent=item.loan.agent, now=now)
    data = {"loan": item.loan_id, "offer": str(item.loan.offer), "until": item.ends_date.isoformat()}
    asset_services.note(asset, AssetEvent.Kind.LENT, actor=actor, now=now, agent=item.loan.agent, data=data)


def _keep_receipt(loan: Loan, items: Sequence[Item], signature: Signature, *, actor: User, now: datetime) -> None:
    receipt = receipts.build(
        loan, items, signature, authority=settings.PARVIS.authority_name, clerk=str(actor), now=now
    )
    loan.receipt_digest = receipt.digest
    # A name nobody guesses. Where the transaction fails the file goes with it: see `_forget_receipt`.
    loan.receipt.save(f"{secrets.token_hex(16)}.pdf", ContentFile(receipt.content), save=False)
    Loan.objects.filter(pk=loan.pk).update(receipt=loan.receipt.name, receipt_digest=receipt.digest)


def _forget_receipt(loan: Loan) -> None:
    """Nothing was handed over: no signed paper says so. Whoever was faster keeps theirs, under another name."""
    if loan.receipt and not Loan.objects.filter(pk=loan.pk, receipt=loan.receipt.name).exists():
        loan.receipt.delete(save=False)
        loan.receipt_digest = ""
