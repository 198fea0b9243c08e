"""The office PC's certificate: pinned on first trusted use, changed only by the DSI."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, authz
from parvis.portal.kernel.errors import Conflict, NotAllowed
from parvis.portal.remote_desktop import permissions
from parvis.portal.remote_desktop.models import Connection, DisplaySettings


@transaction.atomic
def present_certificate(
    *, connection_id: uuid.UUID, session_id: uuid.UUID, fingerprint: str, subject: str, not_after: str, now: datetime
) -> bool:
    """A PC showed this certificate: is it the trusted one? The first one seen becomes so.

    Another one is kept for the DSI to look at, and refused. Requirement 16.

    Raises:
        NotAllowed: the connection is not open: nobody may pin for it.
    """
    connection = (
        Connection.objects.select_related("session__computer__display", "session__computer")
        .filter(pk=connection_id, session_id=session_id, redeemed_at__isnull=False, ended_at__isnull=True)
        .first()
    )
    if connection is None:
        raise NotAllowed(code="access_revoked")
    computer = connection.session.computer
    display = computer.display
    shown = {"fingerprint": fingerprint, "subject": subject[:200], "not_after": not_after[:40]}
    if DisplaySettings.objects.filter(pk=display.pk, pin="").update(pin=fingerprint, pinned_at=now):
        audit.record(actor=None, action="remote_desktop.certificate_pinned", target=computer, now=now, data=shown)
        return True
    if DisplaySettings.objects.filter(pk=display.pk, pin=fingerprint).exists():
        return True
    DisplaySettings.objects.filter(pk=display.pk).update(presented_pin=fingerprint, presented_at=now)
    audit.record(
        actor=None,
        action="remote_desktop.certificate_refused",
        target=computer,
        now=now,
        data=shown | {"pinned": display.pin},
    )
    return False


@transaction.atomic
def accept_pin(*, actor: User, display: DisplaySettings, fingerprint: str, now: datetime) -> None:
    """Trust the certificate that was presented, after a look at the PC. The caller asked for a fresh second factor.

    Raises:
        NotAllowed: not of the IT team.
        Conflict: another certificate has been presented since the page was read.
    """
    authz.require(permissions.can_manage_display(actor, display.computer))
    accepted = DisplaySettings.objects.filter(pk=display.pk, presented_pin=fingerprint).exclude(presented_pin="")
    if not accepted.update(pin=fingerprint, pinned_at=now, presented_pin="", presented_at=None):
        raise Conflict
    audit.record(
        actor=actor,
        action="remote_desktop.certificate_accepted",
        target=display.computer,
        now=now,
        data={"fingerprint": fingerprint, "before": display.pin},
    )


@transaction.atomic
def forget_pin(*, actor: User, display: DisplaySettings, now: datetime) -> None:
    """Forget the trusted certificate: the next one shown is trusted. For a PC that is about to be reinstalled.

    Raises:
        NotAllowed: not of the IT team.
    """
    authz.require(permissions.can_manage_display(actor, display.computer))
    DisplaySettings.objects.filter(pk=display.pk).update(pin="", pinned_at=None, presented_pin="", presented_at=None)
    audit.record(
        actor=actor,
        action="remote_desktop.certificate_forgotten",
        target=display.computer,
        now=now,
        data={"before": display.pin},
    )
