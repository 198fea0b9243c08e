"""Verifications of the audit chain: by a person, or every day; one at a time, with their progress."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Conflict
from parvis.portal.privacy import permissions
from parvis.portal.privacy.models import ChainCheck

STUCK_AFTER = timedelta(hours=1)
"""A check whose worker died is given up then."""
DAILY = timedelta(hours=20)


@transaction.atomic
def ask(*, actor: User | None, now: datetime) -> ChainCheck:
    """Have the whole chain verified by the worker. `actor` None is the daily check.

    Raises:
        NotAllowed: see `permissions.can_check_chain`.
        Conflict: one is under way.
    """
    from parvis.portal.privacy import tasks

    if actor is not None:
        require(permissions.can_check_chain(actor))
    stuck = ChainCheck.objects.filter(is_running=True, asked_at__lt=now - STUCK_AFTER)
    stuck.update(is_running=False, ended_at=now, problem="given up")
    try:
        with transaction.atomic():
            check = ChainCheck.objects.create(asked_by=actor, asked_at=now, total=audit.head().id)
    except IntegrityError:
        raise Conflict(_("Une vérification est déjà en cours."), code="check_running") from None
    tasks.check_chain.enqueue(check_id=check.pk)
    return check


def run(check_id: int) -> None:
    """Walk the chain and keep what was found. A second run of a check that ended does nothing."""
    check = ChainCheck.objects.filter(pk=check_id, is_running=True).first()
    if check is None:
        return

    def progress(done: int, total: int) -> None:
        ChainCheck.objects.filter(pk=check_id).update(done=done, total=total)

    fault, head, now = audit.verify(progress=progress), audit.head(), clock.now()
    with transaction.atomic():
        ended = ChainCheck.objects.filter(pk=check_id, is_running=True).update(
            is_running=False,
            ended_at=now,
            is_sound=fault is None,
            fault_id=fault.id if fault else None,
            problem=fault.problem if fault else "",
            head_id=head.id,
            head_hash=head.hash,
        )
        if ended:
            data = {"sound": fault is None, "head": head.id, "fault": fault.id if fault else None}
            audit.record(actor=check.asked_by, action="privacy.chain_checked", now=now, data=data)


def daily(now: datetime | None = None) -> None:
    """Ask for a check if there was none since yesterday."""
    now = now or clock.now()
    if not ChainCheck.objects.filter(asked_at__gt=now - DAILY).exists():
        ask(actor=None, now=now)


def last() -> ChainCheck | None:
    """The newest one, under way or ended."""
    return ChainCheck.objects.select_related("asked_by").first()
