"""The catalogue: what is lent, of which parts, how, with which steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.loans import permissions
from parvis.portal.loans.models import Checklist, Loan, Offer, Part
from parvis.portal.parc.models import AssetModel


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferData:
    """What an offer says of itself."""

    entity: Entity
    name: str
    description: str = ""
    icon: str = "device-laptop"
    max_days: int = 30
    notice_days: int = 1
    extensions: int = 1
    approval: str = Offer.Approval.HEAD
    terms: str = ""
    is_open: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PartData:
    """One part; `pk` of one that is there already."""

    kind: str
    label: str
    quantity: int = 1
    model: AssetModel | None = None
    is_optional: bool = False
    pk: int | None = None


Steps = Mapping[str, Sequence[str]]
"""Titles in their order, by `Checklist.Phase`."""


@transaction.atomic
def save_offer(
    *,
    actor: User,
    offer: Offer | None,
    data: OfferData,
    parts: Sequence[PartData],
    steps: Steps,
    now: datetime,
) -> Offer:
    """Make an offer (None) or change one. Parts left out are taken away; loans already granted keep what they have.

    Raises:
        NotAllowed: not of the IT team of its entity, or of the one it goes to.
        Invalid: no part that is always lent; a name taken in this entity.
        Conflict: an offer with loans goes to another entity (`offer_has_loans`).
    """
    require(permissions.can_manage(actor, data.entity))
    if offer is not None:
        require(permissions.can_manage(actor, offer.entity))
        if offer.entity_id != data.entity.pk and offer.loans.exists():
            raise Conflict(
                _("Cette offre a des prêts\u202f: elle reste à son entité."),
                code="offer_has_loans",
                advice=_("Fermez-la, et créez-en une autre."),
            )
    if not any(not part.is_optional for part in parts):
        raise Invalid(_("Ajoutez au moins un élément qui n’est pas facultatif."), code="no_part")
    made = offer is None
    offer = offer or Offer()
    for name in OfferData.__dataclass_fields__:
        setattr(offer, name, getattr(data, name))
    try:
        with transaction.atomic():
            offer.save()
    except IntegrityError:
        problem = _("Une offre de cette entité porte déjà ce nom.")
        raise Invalid(problem, fields={"name": [problem]}) from None
    _save_parts(offer, parts)
    _save_steps(offer, steps)
    facts = {"parts": len(parts), "open": offer.is_open, "approval": str(offer.approval), "max_days": offer.max_days}
    audit.record(
        actor=actor, action="loans.offer_created" if made else "loans.offer_updated", target=offer, now=now, data=facts
    )
    return offer


def _save_parts(offer: Offer, parts: Sequence[PartData]) -> None:
    there = {part.pk: part for part in offer.parts.all()}
    kept = []
    for data in parts:
        part = there.get(data.pk or 0) or Part(offer=offer)
        part.kind, part.label, part.quantity = data.kind, data.label.strip(), data.quantity
        part.model, part.is_optional = data.model, data.is_optional
        part.save()
        kept.append(part.pk)
    offer.parts.exclude(pk__in=kept).delete()


def _save_steps(offer: Offer, steps: Steps) -> None:
    offer.checklist.all().delete()
    Checklist.objects.bulk_create(
        Checklist(offer=offer, phase=phase, title=title, rank=rank)
        for phase, titles in steps.items()
        for rank, title in enumerate(titles)
    )


@transaction.atomic
def delete_offer(*, actor: User, offer: Offer, now: datetime) -> None:
    """Take an offer off the catalogue.

    Raises:
        NotAllowed: not of the IT team of its entity.
        Conflict: it was lent, and its loans are kept: close it instead (`offer_has_loans`).
    """
    require(permissions.can_manage(actor, offer.entity))
    if Loan.objects.filter(offer=offer).exists():
        raise Conflict(
            _("Cette offre a des prêts, qui doivent être conservés."),
            code="offer_has_loans",
            advice=_("Ne la proposez plus aux agents\u202f: elle quitte le catalogue et garde ses prêts."),
        )
    audit.record(actor=actor, action="loans.offer_deleted", target=offer, now=now)
    offer.delete()


@transaction.atomic
def set_open(*, actor: User, offers: Sequence[Offer], is_open: bool, now: datetime) -> int:
    """Propose offers to agents, or no longer; how many changed.

    Raises:
        NotAllowed: not of the IT team of one of them; then none changes.
    """
    for offer in offers:
        require(permissions.can_manage(actor, offer.entity))
    changed = [offer for offer in offers if offer.is_open != is_open]
    Offer.objects.filter(pk__in=[offer.pk for offer in changed]).update(is_open=is_open)
    if changed:
        lines = [(offer, {"open": is_open}) for offer in changed]
        audit.record_many(actor=actor, action="loans.offer_updated", targets=lines, now=now)
    return len(changed)
