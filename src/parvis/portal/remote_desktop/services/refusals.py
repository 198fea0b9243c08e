"""Refusals are kept: who was refused which screen, and why."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, context
from parvis.portal.parc.models import Computer
from parvis.portal.remote_desktop.models import Refusal, RemoteSession


@transaction.atomic(savepoint=False)  # its line of the trail comes in its turn (`audit.together`)
def record(
    *,
    reason: str,
    now: datetime,
    user: User | None = None,
    computer: Computer | None = None,
    session: RemoteSession | None = None,
    source: str = "portal",
    detail: str = "",
    client_address: str | None = None,
) -> Refusal:
    """Keep a refusal, in the list the DSI reads and in the audit trail."""
    refusal = Refusal.objects.create(
        at=now,
        user=user,
        computer=computer,
        session=session,
        source=source,
        reason=reason[:30],
        detail=detail[:300],
        client_address=client_address or context.client_address.get() or None,
    )
    audit.record(
        actor=user,
        action="remote_desktop.connection_refused",
        target=computer,
        now=now,
        data={"reason": reason, "source": source, "detail": refusal.detail},
    )
    return refusal
