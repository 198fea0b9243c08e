"""A person's own data in a file: asked for by themselves, gathered by the worker, kept seven days.

Nobody else may download it: neither the IT team nor an auditor, nor a superuser.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage, storages
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts import tasks as mails
from parvis.portal.accounts.models import User
from parvis.portal.directory.models import Agent
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.errors import Conflict, NotFound
from parvis.portal.privacy import archive, registry, rules
from parvis.portal.privacy.models import DataExport

State = DataExport.State


def folder() -> Path:
    """Where the files are; made on first use, readable by the portal only."""
    path: Path = settings.PARVIS.shared_folder / "exports"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def bucket() -> Storage | None:
    """Object storage, where there is one: who makes a file and who gives it back may then be two machines."""
    return storages["exports"] if "exports" in settings.STORAGES else None


@transaction.atomic
def ask(*, actor: User, now: datetime) -> DataExport:
    """Have one's own data gathered. The caller checked that the second factor is fresh.

    Raises:
        Conflict: one is being prepared, or the account is no agent's.
    """
    from parvis.portal.privacy import tasks

    if not Agent.objects.filter(user=actor).exists():
        raise Conflict(_("Votre compte n’est relié à aucune fiche de l’annuaire."), code="no_agent")
    try:
        with transaction.atomic():
            export = DataExport.objects.create(
                user=actor,
                asked_at=now,
                all_kinds=len(archive.exported_kinds()),
                file_name=f"{secrets.token_hex(32)}.zip",
            )
    except IntegrityError:
        raise Conflict(_("Une copie est déjà en préparation."), code="export_running") from None
    for former in DataExport.objects.filter(user=actor, state=State.READY):
        _delete(former)
    audit.record(actor=actor, action="privacy.export_asked", now=now, target=actor)
    tasks.build_export.enqueue(export_id=export.pk)
    return export


def build(export_id: int, *, address: str) -> None:
    """Gather every kind into the file. Twice is once: the second run finds it ready, or makes the same file again.

    `address` is that of the page to download it from, for the mail.
    """
    export = DataExport.objects.select_related("user").filter(pk=export_id, state=State.ASKED).first()
    if export is None:
        return
    agent = Agent.objects.select_related("entity", "user").filter(user_id=export.user_id).first()
    path = folder() / export.file_name
    if agent is None:
        DataExport.objects.filter(pk=export_id).update(state=State.FAILED)
        return

    def progress(done: int) -> None:
        DataExport.objects.filter(pk=export_id).update(done_kinds=done)

    try:
        truncated = archive.write(path, agent, now=clock.now(), progress=progress)
        size = path.stat().st_size
        _hand_over(path)
    except Exception:
        path.unlink(missing_ok=True)
        DataExport.objects.filter(pk=export_id).update(state=State.FAILED)
        raise
    now = clock.now()
    with transaction.atomic():
        ready = DataExport.objects.filter(pk=export_id, state=State.ASKED).update(
            state=State.READY,
            ready_at=now,
            expires_at=now + rules.EXPORT_STANDS_FOR,
            size=size,
            truncated=truncated,
        )
        if ready:
            audit.record(actor=None, action="privacy.export_made", now=now, target=export.user)
            mails.notify(user=export.user, what="data_export_ready", now=now, detail=address)


def _hand_over(path: Path) -> None:
    """Put a finished file into the bucket, where there is one. Made twice (a worker was killed), the first one stays:
    a bucket holds whole objects only.
    """
    kept = bucket()
    if kept is None:
        return
    try:
        if not kept.exists(path.name):
            with path.open("rb") as file:
                kept.save(path.name, File(file))
    finally:
        path.unlink(missing_ok=True)


def one(actor: User, export_id: int, *, now: datetime) -> tuple[DataExport, BinaryIO]:
    """An export of the actor that can be downloaded now, and its file, opened. Audited.

    Raises:
        NotFound: somebody else's, not ready, or over.
        Unavailable: the bucket does not answer.
    """
    export = DataExport.objects.filter(pk=export_id, user=actor, state=State.READY, expires_at__gt=now).first()
    if export is None:
        raise NotFound
    kept = bucket()
    try:
        file = kept.open(export.file_name) if kept else (folder() / export.file_name).open("rb")
    except FileNotFoundError:
        raise NotFound from None
    audit.record(actor=actor, action="privacy.export_downloaded", now=now, target=actor, data={"bytes": export.size})
    return export, cast(BinaryIO, file)


def expire(now: datetime) -> int:
    """Delete the files whose time is over, and give up exports whose worker died; how many."""
    over = list(DataExport.objects.filter(state=State.READY, expires_at__lte=now).select_related("user")[:500])
    for export in over:
        _delete(export)
        audit.record(actor=None, action="privacy.export_deleted", now=now, target=export.user)
    stuck = DataExport.objects.filter(state=State.ASKED, asked_at__lt=now - rules.EXPORT_GIVEN_UP_AFTER)
    return len(over) + stuck.update(state=State.FAILED)


def kinds_in_it() -> list[registry.Kind]:
    """What a file holds, for the page that offers it."""
    return archive.exported_kinds()


def _delete(export: DataExport) -> None:
    kept = bucket()
    if kept is not None:
        kept.delete(export.file_name)
    (folder() / export.file_name).unlink(missing_ok=True)
    DataExport.objects.filter(pk=export.pk).update(state=State.GONE, size=0)
