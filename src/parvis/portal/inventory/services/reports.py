"""A report arrives: kept for the worker, which reads it. The probe has its answer before that."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from parvis.portal.inventory import tasks
from parvis.portal.inventory.models import ProbeToken, Report
from parvis.portal.inventory.services import tokens
from parvis.portal.inventory.wire import limits
from parvis.portal.inventory.wire.body import pack
from parvis.portal.inventory.wire.messages import Message
from parvis.portal.inventory.wire.problems import Unreadable
from parvis.portal.kernel.errors import TooMany, Unavailable

log = structlog.get_logger("parvis.inventory")

PER_HOUR = 30
"""Reports of one device: one that sends without end is told to wait."""
MOST_WAITING = 20_000
"""Reports of one address in the queue: about 500 MB of bodies."""


@transaction.atomic
def receive(*, token: ProbeToken, message: Message, client: str, size: int, now: datetime) -> Report:
    """Keep an inventory that was found sound. Those of the same device that still wait are not needed any more.

    Raises:
        Unreadable: it does not get small enough to be kept (`too_large`).
        TooMany: this device has sent more than `PER_HOUR`.
        Unavailable: too many are waiting; the probe comes again later.
    """
    body = pack(message.text)
    if len(body) > limits.MOST_KEPT:
        raise Unreadable("too_large")
    of_device = Report.objects.filter(token=token, device_id=message.device_id, name=message.name)
    if of_device.filter(received_at__gt=now - timedelta(hours=1)).count() >= PER_HOUR:
        raise TooMany(_("Cette machine envoie trop de relevés."))
    if Report.objects.filter(token=token, state=Report.State.QUEUED)[:MOST_WAITING].count() >= MOST_WAITING:
        log.error("report_queue_full", token_id=token.pk)
        raise Unavailable(_("Trop de relevés attendent. Réessayez plus tard."))
    if not message.partial:
        of_device.filter(state=Report.State.QUEUED, received_at__lte=now).update(
            state=Report.State.DISCARDED, problem="superseded", body=None, handled_at=now
        )
    report = Report.objects.create(
        token=token,
        received_at=now,
        client=client,
        device_id=message.device_id,
        name=message.name,
        body=body,
        size=size,
    )
    tokens.note_use(token, now)
    tasks.ask()
    return report
