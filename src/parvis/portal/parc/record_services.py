"""What is done to what is kept around assets: suppliers and contracts."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypedDict

from django.db import IntegrityError, transaction
from django.db.models import Model, ProtectedError
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.parc import permissions
from parvis.portal.parc.documents import forget_files
from parvis.portal.parc.models import Contract, Supplier


class SupplierData(TypedDict, total=False):
    """What is known of a supplier."""

    entity: Entity
    name: str
    email: str
    phone: str


class ContractData(TypedDict, total=False):
    """What is known of a contract."""

    entity: Entity
    supplier: Supplier | None
    name: str
    kind: str
    reference: str
    starts_date: date | None
    ends_date: date | None
    notice_days: int
    yearly_cost: Decimal | None


@transaction.atomic
def save_supplier(*, actor: User, supplier: Supplier | None, data: SupplierData, now: datetime) -> Supplier:
    """A new supplier, or what changes of one.

    Raises:
        NotAllowed: not of the IT team of its entity, or of the one it goes to.
        Invalid: no name, or one that is taken in this entity.
    """
    _require_place(actor, supplier, data.get("entity"))
    if "name" in data and not data["name"].strip():
        raise Invalid(fields={"name": [_("Donnez un nom au fournisseur.")]})
    action = "parc.supplier_updated" if supplier is not None else "parc.supplier_created"
    saved = supplier if supplier is not None else Supplier()
    _save(saved, dict(data), _("Un autre fournisseur de cette entité porte déjà ce nom."))
    audit.record(actor=actor, action=action, target=saved, now=now)
    return saved


@transaction.atomic
def delete_supplier(*, actor: User, supplier: Supplier, now: datetime) -> None:
    """Take a supplier off the list.

    Raises:
        NotAllowed: not of the IT team of its entity.
        Conflict: assets, contracts or repairs name it (`supplier_in_use`).
    """
    require(permissions.can_manage(actor, supplier.entity))
    audit.record(actor=actor, action="parc.supplier_deleted", target=supplier, now=now)
    try:
        with transaction.atomic():
            supplier.delete()
    except ProtectedError:
        raise Conflict(
            _("Des matériels, des contrats ou des interventions nomment ce fournisseur."), code="supplier_in_use"
        ) from None


@transaction.atomic
def save_contract(*, actor: User, contract: Contract | None, data: ContractData, now: datetime) -> Contract:
    """A new contract, or what changes of one.

    Raises:
        NotAllowed: not of the IT team of its entity, or of the one it goes to.
        Invalid: no name, one that is taken in this entity, an end before the beginning, a negative cost.
    """
    _require_place(actor, contract, data.get("entity"))
    problems = _contract_problems(data)
    if problems:
        raise Invalid(fields=problems)
    action = "parc.contract_updated" if contract is not None else "parc.contract_created"
    saved = contract if contract is not None else Contract()
    _save(saved, dict(data), _("Un autre contrat de cette entité porte déjà cet intitulé."))
    audit.record(actor=actor, action=action, target=saved, now=now)
    return saved


def _contract_problems(data: ContractData) -> dict[str, list[str]]:
    problems = {}
    if "name" in data and not data["name"].strip():
        problems["name"] = [_("Donnez un intitulé au contrat.")]
    starts, ends = data.get("starts_date"), data.get("ends_date")
    if starts and ends and ends < starts:
        problems["ends_date"] = [_("Un contrat ne peut pas finir avant d’avoir commencé.")]
    if not 0 <= data.get("notice_days", 0) <= 3650:
        problems["notice_days"] = [_("Un préavis est un nombre de jours, dix ans au plus.")]
    cost = data.get("yearly_cost")
    if cost is not None and not 0 <= cost < 10**8:
        problems["yearly_cost"] = [_("Un coût est un montant positif, en euros.")]
    return problems


@transaction.atomic
def delete_contract(*, actor: User, contract: Contract, now: datetime) -> None:
    """Take a contract off the list, with its documents; its assets stay, without contract.

    Raises:
        NotAllowed: not of the IT team of its entity.
    """
    require(permissions.can_manage(actor, contract.entity))
    audit.record(actor=actor, action="parc.contract_deleted", target=contract, now=now)
    forget_files(list(contract.documents.all()))
    contract.delete()


def _require_place(actor: User, existing: Supplier | Contract | None, entity: Entity | None) -> None:
    for place in (existing.entity if existing is not None else None, entity):
        if place is not None:
            require(permissions.can_manage(actor, place))


def _save(row: Model, data: dict[str, Any], taken: str) -> None:
    for name, value in data.items():
        setattr(row, name, value.strip() if isinstance(value, str) else value)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise Invalid(taken, fields={"name": [taken]}) from None
