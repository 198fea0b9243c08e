"""Sources: set up, changed, paused, deleted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict, Invalid
from parvis.portal.sources import permissions, rules
from parvis.portal.sources.models import Source
from parvis.portal.sources.secrets import SHELF

SETTINGS = (
    "name", "is_active", "priority", "every_hours", "night_hour", "threshold_percent", "threshold_floor",
    "grace_runs", "grace_days", "is_complete", "max_records", "settings",
)  # fmt: skip
"""What may change once a source is there; kind and root stay, for its people hang on them."""


@transaction.atomic
def create_source(*, actor: User, now: datetime, **facts: Any) -> Source:
    """A new source. `facts`: `kind`, `root` and `SETTINGS`.

    Raises:
        NotAllowed: see `permissions.can_manage`.
        Invalid: a setting is out of bounds, the name is taken there.
    """
    require(permissions.can_manage(actor, facts["root"]))
    source = Source(**facts)
    _write(source, now)
    audit.record(actor=actor, action="sources.source_created", target=source, now=now, data=_shown(source))
    return source


@transaction.atomic
def change_source(*, actor: User, source: Source, now: datetime, **facts: Any) -> None:
    """Change some of `SETTINGS`. A run that waits for a decision is not applied under other settings.

    Raises:
        NotAllowed: see `permissions.can_manage`.
        Invalid: a setting is out of bounds, the name is taken there.
    """
    require(permissions.can_manage(actor, source.root))
    before = _shown(source)
    for name in SETTINGS:
        if name in facts:
            setattr(source, name, facts[name])
    _write(source, now)
    Source.objects.filter(pk=source.pk).update(revision=F("revision") + 1)
    source.refresh_from_db(fields=["revision"])
    after = _shown(source)
    data = {"before": {name: value for name, value in before.items() if value != after[name]}}
    audit.record(actor=actor, action="sources.source_changed", target=source, now=now, data=data)


@transaction.atomic
def delete_source(*, actor: User, source: Source, now: datetime) -> None:
    """Forget a source: its agents stay in the directory, and nobody speaks for them any more.

    Raises:
        NotAllowed: see `permissions.can_manage`.
        Conflict: one of its runs is under way.
    """
    require(permissions.can_manage(actor, source.root))
    if source.runs.filter(state="applying").exists():
        raise Conflict(_("Une synchronisation est en cours\u202f: attendez qu’elle soit terminée."), code="run_busy")
    audit.record(actor=actor, action="sources.source_deleted", target=source, now=now, data=_shown(source))
    source.delete()


def _write(source: Source, now: datetime) -> None:
    if source.kind == Source.Kind.FILE:
        source.every_hours = None  # a file comes when somebody brings it
    source.next_at = rules.next_run(source.every_hours, source.night_hour, now) if source.is_active else None
    try:
        source.clean_fields()
    except ValidationError as problem:
        raise Invalid(fields={name: list(map(str, each)) for name, each in problem.message_dict.items()}) from None
    try:
        with transaction.atomic():
            source.save()
    except IntegrityError:
        problem_text = _("Une autre source de cette collectivité porte déjà ce nom.")
        raise Invalid(problem_text, fields={"name": [problem_text]}) from None


def _shown(source: Source) -> dict[str, Any]:
    shown = {name: getattr(source, name) for name in SETTINGS if name != "settings"}
    open_settings = {name: value for name, value in source.settings.items() if name != SHELF}
    return {**shown, "kind": source.kind, "root": source.root_id, "settings": open_settings}
