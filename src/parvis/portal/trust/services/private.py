"""What a person does with the list of their own devices."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit
from parvis.portal.kernel.errors import NotFound
from parvis.portal.trust.models import PrivateDevice


@transaction.atomic
def rename(*, actor: User, device_id: int, name: str) -> None:
    """Call it something one recognises.

    Raises:
        NotFound: not theirs.
    """
    if not PrivateDevice.objects.filter(user=actor, pk=device_id).update(name=name.strip()[:80]):
        raise NotFound


@transaction.atomic
def forget(*, actor: User, device_id: int, now: datetime) -> None:
    """Take it off the list: next time it is a new device again.

    Raises:
        NotFound: not theirs.
    """
    device = PrivateDevice.objects.filter(user=actor, pk=device_id).first()
    if device is None:
        raise NotFound
    audit.record(actor=actor, action="trust.private_device_forgotten", target=device, now=now)
    device.delete()
