"""Files given to a file source."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.sources import permissions
from parvis.portal.sources.models import Run, Source, Upload
from parvis.portal.sources.services import runs


@transaction.atomic
def keep(*, actor: User, source: Source, name: str, content: bytes, now: datetime) -> Upload:
    """Keep a file until its run is over (a week at most).

    Raises:
        NotAllowed: see `permissions.can_manage`.
    """
    require(permissions.can_manage(actor, source.root))
    upload = Upload.objects.create(source=source, name=name, content=content, at=now, actor=actor)
    data = {"source": source.pk, "name": name, "bytes": len(content)}
    audit.record(actor=actor, action="sources.file_given", target=source, now=now, data=data)
    return upload


@transaction.atomic
def compare(*, actor: User, source: Source, upload: Upload, columns: Mapping[str, str], now: datetime) -> Run:
    """Remember which column is what, and have the file compared: nothing is applied without a person.

    Raises:
        NotAllowed, Conflict: as for `runs.start_run`.
    """
    require(permissions.can_manage(actor, source.root))
    source.settings = {**source.settings, "columns": dict(columns)}
    source.save(update_fields=["settings"])
    return runs.start_run(actor=actor, source=source, now=now, trial=True, upload=upload)
