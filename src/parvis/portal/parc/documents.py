"""Files kept with assets and contracts: invoices, delivery notes, manuals."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import BinaryIO, cast
from uuid import uuid4

from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, files
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Invalid, Unavailable
from parvis.portal.parc import permissions
from parvis.portal.parc.models import Asset, Contract, Document, FloorPlan

DOCUMENT_TYPES = {"application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg"}
"""What may be kept, told by content, and how its file is called."""
MAX_DOCUMENT_BYTES = 10 * 2**20
MAX_DOCUMENTS = 50
"""Of one asset or contract."""


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


def forget_files(documents: list[Document] | list[FloorPlan]) -> None:
    """Delete the files of documents or plans whose rows go away, once that is certain."""
    for document in documents:
        transaction.on_commit(partial(document.file.storage.delete, str(document.file.name)))


def opened(kept: Document | FloorPlan) -> BinaryIO:
    """The file of a document or plan, to be given back.

    Raises:
        Unavailable: it is not on the disk (a backup restored without its files).
    """
    try:
        return cast(BinaryIO, kept.file.open("rb"))
    except FileNotFoundError:
        raise Unavailable(
            _("Ce fichier n’est plus sur le serveur."), advice=_("Prévenez l’équipe informatique.")
        ) from None


def file_name(document: Document) -> str:
    """What a downloaded document is called: its name, with the ending of what it is."""
    ending = DOCUMENT_TYPES[document.media_type]
    return document.name if document.name.lower().endswith(ending) else f"{document.name}{ending}"


def _clean_name(name: str) -> str:
    printable = "".join(each if each.isprintable() else " " for each in name)
    return printable.replace("\\", "/").rpartition("/")[2].strip()[:150]
