"""What comes back: looked at item by item, put in order, lendable again."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.loans import letters, permissions
from parvis.portal.loans.models import Checklist, Item, Loan, Photo, PoolAsset
from parvis.portal.loans.services import preparing
from parvis.portal.loans.services.settling import copy_steps, hold, mark_for_wipe, settle, to_put_in_order
from parvis.portal.parc import asset_services
from parvis.portal.parc.models import Asset, AssetEvent

MAX_PHOTOS = 6
"""Of one item."""


@dataclass(frozen=True, slots=True)
class Returned:
    """One item as it came back. `photos`: what `photos.photo` made of them."""

    item_id: int
    outcome: Item.Outcome = Item.Outcome.COMPLETE
    words: str = ""
    repair: bool = False
    photos: Sequence[bytes] = field(default=())


@transaction.atomic
def take_back(*, actor: User, loan: Loan, returned: Sequence[Returned], now: datetime) -> list[Item]:
    """Take back these items; the others stay out. What has steps to be put in order waits for them.

    Raises:
        NotAllowed: not of the IT team that lends.
        Conflict: one of them is back already (`item_back`).
        Invalid: none is chosen; a missing part or damage without words; too many photos.
    """
    require(permissions.can_manage(actor, loan.entity))
    if not returned:
        raise Invalid(_("Aucun matériel n’est choisi."), fields={"items": [_("Cochez ce qui est rendu.")]})
    items = [_take(loan, each, actor=actor, now=now) for each in returned]
    if loan.dropped_at is not None and loan.items.filter(state=Item.State.OUT).exists():
        # What was said to be left somewhere was not all there: the rest is with the agent again.
        Loan.objects.filter(pk=loan.pk).update(dropped_at=None, dropped_place="")
        loan.dropped_at, loan.dropped_place = None, ""
    if to_put_in_order(loan):
        copy_steps(loan, Checklist.Phase.RETURN)
    settle(loan, now)
    late = max(0, (clock.today(now) - loan.ends_date).days)
    data = {"items": [[item.asset_id, item.outcome] for item in items], "late_days": late, "state": loan.state}
    audit.record(actor=actor, action="loans.loan_returned", target=loan, now=now, data=data)
    letters.returned(loan, items)
    return items


def _take(loan: Loan, returned: Returned, *, actor: User, now: datetime) -> Item:
    words = " ".join(returned.words.split())[:300]
    if returned.outcome != Item.Outcome.COMPLETE and not words:
        problem = _("Dites en quelques mots ce qui manque ou ce qui est abîmé.")
        raise Invalid(problem, fields={f"words-{returned.item_id}": [problem]})
    if len(returned.photos) > MAX_PHOTOS:
        raise Invalid(_("%(max)d photos au plus par matériel.") % {"max": MAX_PHOTOS})
    out = Item.objects.filter(pk=returned.item_id, loan=loan, state=Item.State.OUT)
    if not out.update(state=Item.State.BACK, back_at=now, outcome=returned.outcome, condition=words):
        raise Conflict(_("Ce matériel est déjà rendu."), code="item_back")
    item = Item.objects.select_related("asset__entity", "loan__offer", "loan__agent", "part").get(pk=returned.item_id)
    _to_stock(item, actor=actor, now=now, repair=returned.repair)
    for content in returned.photos:
        photo = Photo(item=item, media_type="image/jpeg", taken_at=now)
        photo.file.save(f"{secrets.token_hex(16)}.jpg", ContentFile(content), save=False)
        photo.save()
    data = {"loan": loan.pk, "offer": str(item.loan.offer), "outcome": returned.outcome.value}
    asset_services.note(item.asset, AssetEvent.Kind.RETURNED, actor=actor, now=now, agent=item.loan.agent, data=data)
    return item


def _to_stock(item: Item, *, actor: User, now: datetime, repair: bool = False) -> None:
    asset, reason = item.asset, _("retour de prêt")
    if asset.state == Asset.State.DISPOSED:
        return  # it has left the parc for good: the loan is over all the same
    if asset.state != Asset.State.STOCK:
        asset_services.move_asset(actor=actor, asset=asset, to=Asset.State.STOCK, now=now, reason=reason)
    mark_for_wipe(item)
    if repair:
        asset_services.move_asset(actor=actor, asset=asset, to=Asset.State.REPAIR, now=now, reason=reason)


@transaction.atomic
def leave(*, actor: User, loan: Loan, place: str, now: datetime) -> None:
    """« Rendu sans passage au comptoir » : the agent says where they left everything. Reminders stop; nobody has
    looked yet, so it stays out until the IT team takes it back.

    Raises:
        NotAllowed: neither the agent nor the IT team that lends.
        Conflict: not out (`loan_moved`).
        Invalid: no place.
    """
    require(permissions.can_cancel(actor, loan))
    where = " ".join(place.split())[:120]
    if not where:
        problem = _("Dites où vous l’avez déposé.")
        raise Invalid(problem, fields={"place": [problem]})
    out = Loan.objects.filter(pk=loan.pk, state=Loan.State.OUT)
    if not out.update(dropped_at=now, dropped_place=where):
        raise Conflict(_("Ce prêt n’est pas en cours."), code="loan_moved")
    loan.dropped_at, loan.dropped_place = now, where
    audit.record(actor=actor, action="loans.loan_left", target=loan, now=now, data={"place": where})


@transaction.atomic
def not_there(*, actor: User, loan: Loan, now: datetime) -> None:
    """Nothing is where the agent said they left it: it is with them still, and late if it is late.

    Raises:
        NotAllowed: not of the IT team that lends.
        Conflict: nothing of it is said to be left anywhere (`loan_moved`).
    """
    require(permissions.can_manage(actor, loan.entity))
    left = Loan.objects.filter(pk=loan.pk, state=Loan.State.OUT, dropped_at__isnull=False)
    if not left.update(dropped_at=None, dropped_place=""):
        raise Conflict(_("Ce prêt a changé entre-temps."), code="loan_moved")
    audit.record(actor=actor, action="loans.loan_not_there", target=loan, now=now, data={"place": loan.dropped_place})
    loan.dropped_at, loan.dropped_place = None, ""


@transaction.atomic
def put_in_order(
    *, actor: User, loan: Loan, done: Collection[str], now: datetime, seen: Collection[int] | None = None
) -> int:
    """Tick the steps of putting in order; when all are done, what is back is lendable again. How many are left.

    `seen`: the items (by id) whose steps the clerk ticks.

    Raises:
        NotAllowed: not of the IT team that lends.
        Conflict: something else has come back since the clerk looked (`loan_moved`).
    """
    require(permissions.can_manage(actor, loan.entity))
    hold(loan)
    items = to_put_in_order(loan)
    if seen is not None and any(item.pk not in seen for item in items):
        raise Conflict(
            _("Ce prêt a changé entre-temps."), code="loan_moved", advice=_("Rechargez la page pour voir où il en est.")
        )
    left = preparing.tick(actor=actor, loan=loan, done=done, now=now, phase=Checklist.Phase.RETURN)
    if left or not items:
        return left
    assets = [item.asset_id for item in items]
    PoolAsset.objects.filter(asset_id__in=assets).update(needs_wipe=False)
    settle(loan, now)
    audit.record(actor=actor, action="loans.loan_put_in_order", target=loan, now=now, data={"assets": assets})
    return 0
