"""What does not come back: lost or stolen, declared by the agent or the IT team; and found again."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, clock, events
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.loans import letters, permissions
from parvis.portal.loans.events import LoanItemLost
from parvis.portal.loans.models import Checklist, Item, Loss
from parvis.portal.loans.services.settling import copy_steps, mark_for_wipe, settle
from parvis.portal.parc import asset_services
from parvis.portal.parc.models import Asset, AssetEvent

LOST_STATES = {Item.State.LOST.value, Item.State.STOLEN.value}


@transaction.atomic
def declare(
    *, actor: User, item: Item, kind: str, happened: date, place: str, now: datetime, complaint: str = ""
) -> Loss:
    """Lost or stolen: the asset is nobody's, a computer is not recognised any more (see `LoanItemLost`).

    Raises:
        NotAllowed: neither the agent, their head, nor the IT team that lends.
        Conflict: not out (`item_back`).
        Invalid: unknown kind, a day to come, no place.
    """
    loan, asset = item.loan, item.asset
    require(permissions.can_cancel(actor, loan))
    where = " ".join(place.split())[:150]
    _check(kind, happened, where, clock.today(now))
    if not Item.objects.filter(pk=item.pk, state=Item.State.OUT).update(state=kind):
        raise Conflict(_("Ce matériel n’est pas chez cet agent."), code="item_back")
    item.state = Item.State(kind)
    loss = Loss.objects.create(
        item=item, kind=kind, happened_date=happened, place=where, complaint=complaint.strip()[:60],
        declared_at=now, declared_by=actor,
    )  # fmt: skip
    reason = _("volé pendant un prêt") if kind == Item.State.STOLEN else _("perdu pendant un prêt")
    if asset.state not in (Asset.State.LOST, Asset.State.DISPOSED):
        # The actor may be the agent: this room has asked, so the portal itself moves the asset.
        asset_services.move_asset(actor=None, asset=asset, to=Asset.State.LOST, now=now, reason=reason)
    settle(loan, now)
    audit.record(actor=actor, action="loans.item_lost", target=loan, now=now, data={"asset": asset.pk, "kind": kind})
    events.publish(LoanItemLost(item_id=item.pk, asset_id=asset.pk, agent_id=loan.agent_id, kind=kind, at=now))
    letters.lost(loss)
    return loss


def _check(kind: str, happened: date, where: str, today: date) -> None:
    if kind not in LOST_STATES:
        raise Invalid(fields={"kind": [_("Dites s’il est perdu ou volé.")]})
    if happened > today:
        raise Invalid(fields={"happened_date": [_("Ce jour n’est pas encore venu.")]})
    if not where:
        raise Invalid(fields={"place": [_("Dites où cela s’est passé.")]})


@transaction.atomic
def add_complaint(*, actor: User, loss: Loss, complaint: str, now: datetime) -> None:
    """The number of the police report, when there is one.

    Raises:
        NotAllowed: neither the agent, their head, nor the IT team that lends.
        Invalid: nothing is written.
    """
    require(permissions.can_cancel(actor, loss.item.loan))
    number = " ".join(complaint.split())[:60]
    if not number:
        raise Invalid(fields={"complaint": [_("Écrivez le numéro de la plainte.")]})
    Loss.objects.filter(pk=loss.pk).update(complaint=number)
    loss.complaint = number
    audit.record(actor=actor, action="loans.complaint_added", target=loss.item.loan, now=now)


@transaction.atomic
def found(*, actor: User, loss: Loss, now: datetime) -> None:
    """It is there again: back in stock, to be put in order first. Trust in a computer does not come back by itself.

    Raises:
        NotAllowed: not of the IT team that lends.
        Conflict: found already (`item_back`).
    """
    item = loss.item
    require(permissions.can_manage(actor, item.loan.entity))
    if not Loss.objects.filter(pk=loss.pk, found_at__isnull=True).update(found_at=now):
        raise Conflict(_("Ce matériel est déjà retrouvé."), code="item_back")
    loss.found_at = now
    Item.objects.filter(pk=item.pk, state__in=LOST_STATES).update(state=Item.State.BACK, back_at=now)
    item.refresh_from_db(fields=["state", "back_at"])
    if item.asset.state == Asset.State.LOST:
        asset_services.move_asset(actor=actor, asset=item.asset, to=Asset.State.STOCK, now=now, reason=_("retrouvé"))
    mark_for_wipe(item)
    copy_steps(item.loan, Checklist.Phase.RETURN)
    data = {"loan": item.loan_id, "offer": str(item.loan.offer), "found": True}
    asset_services.note(item.asset, AssetEvent.Kind.RETURNED, actor=actor, now=now, data=data)
    audit.record(actor=actor, action="loans.item_found", target=item.loan, now=now, data={"asset": item.asset_id})
