"""What is done to what is kept around assets: suppliers, contracts, documents, maintenance."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypedDict
from uuid import uuid4

from django.core.files import File
from django.db import IntegrityError, transaction
from django.db.models import Model, ProtectedError
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Entity
from parvis.portal.kernel import audit, files
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.parc import permissions
from parvis.portal.parc.models import Asset, Contract, Document, Supplier

DOCUMENT_TYPES = {"application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg"}
"""What may be kept, told by content, and how its file is called."""
MAX_DOCUMENT_BYTES = 10 * 2**20
MAX_DOCUMENTS = 50
"""Of one asset or contract."""


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
    saved, action = (supplier, "updated") if supplier is not None else (Supplier(), "created")
    _save(saved, dict(data), _("Un autre fournisseur de cette entité porte déjà ce nom."))
    audit.record(actor=actor, action=f"parc.supplier_{action}", target=saved, now=now)
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
    saved, action = (contract, "updated") if contract is not None else (Contract(), "created")
    _save(saved, dict(data), _("Un autre contrat de cette entité porte déjà cet intitulé."))
    audit.record(actor=actor, action=f"parc.contract_{action}", target=saved, now=now)
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


@transaction.atomic
def add_document(*, actor: User, about: Asset | Contract, name: str, file: File[bytes], now: datetime) -> Document:
    """Keep a file with an asset or a contract.

    Raises:
        NotAllowed: not of the IT team of its entity.
        Invalid: neither PDF, PNG nor JPEG by content; larger than `MAX_DOCUMENT_BYTES`; too many already.
    """
    require(permissions.can_manage(actor, about.entity))
    if about.documents.count() >= MAX_DOCUMENTS:
        raise Invalid(_("Il y a déjà %(max)s documents ici\u202f: retirez-en d’abord.") % {"max": MAX_DOCUMENTS})
    size = file.size or 0
    media_type = files.check_upload(file, size=size, allowed=set(DOCUMENT_TYPES), max_bytes=MAX_DOCUMENT_BYTES)  # type: ignore[arg-type]
    document = Document(
        asset=about if isinstance(about, Asset) else None,
        contract=about if isinstance(about, Contract) else None,
        name=_clean_name(name) or _("Document"),
        media_type=media_type,
        size=size,
        added_at=now,
        added_by=actor,
    )
    # The name on disk is ours: nothing of what was sent is in a path.
    document.file.save(f"{uuid4().hex}{DOCUMENT_TYPES[media_type]}", file, save=False)
    document.save()
    audit.record(actor=actor, action="parc.document_added", target=about, now=now, data={"size": size})
    return document


@transaction.atomic
def delete_document(*, actor: User, document: Document, now: datetime) -> None:
    """Forget a document and its file.

    Raises:
        NotAllowed: not of the IT team of the entity of what it is about.
    """
    about = document.asset or document.contract
    if about is None:
        return
    require(permissions.can_manage(actor, about.entity))
    audit.record(actor=actor, action="parc.document_deleted", target=about, now=now)
    forget_files([document])
    document.delete()


def forget_files(documents: list[Document]) -> None:
    """Delete the files of documents whose rows go away, once that is certain."""
    for document in documents:
        name, storage = document.file.name, document.file.storage
        transaction.on_commit(lambda name=name, storage=storage: storage.delete(name))  # type: ignore[misc]


def file_name(document: Document) -> str:
    """What a downloaded document is called: its name, with the ending of what it is."""
    ending = DOCUMENT_TYPES[document.media_type]
    return document.name if document.name.lower().endswith(ending) else f"{document.name}{ending}"


def _clean_name(name: str) -> str:
    printable = "".join(each if each.isprintable() else " " for each in name)
    return printable.replace("\\", "/").rpartition("/")[2].strip()[:150]


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
