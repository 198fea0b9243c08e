"""Who is in an announced wave is invited, each once."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from parvis.portal.rollout import wave_queries
from parvis.portal.rollout.models import Campaign, Place, Wave
from parvis.portal.rollout.wave_tasks import send_convocation

BATCH = 100
"""Invitations queued in one transaction: others wait no longer than that for the database."""
TELLING = (Wave.State.PUBLISHED, Wave.State.RUNNING)


def tell_due(*, now: datetime) -> int:
    """Queue the convocations of announced waves that are not yet; how many."""
    untold = Place.objects.filter(
        told_at=None, left_at=None, wave__state__in=TELLING, wave__campaign__state=Campaign.State.RUNNING
    )
    pks = list(untold.order_by("wave__starts_at", "pk").values_list("pk", flat=True))
    return sum(_tell(pks[at : at + BATCH], now) for at in range(0, len(pks), BATCH))


@transaction.atomic
def _tell(pks: list[int], now: datetime) -> int:
    """The mail and its mark stand or fall together; of two workers, one queues it."""
    told = 0
    for pk in pks:
        mine = Place.objects.filter(wave_queries.wave_goes_on(*TELLING), pk=pk, told_at=None, left_at=None)
        if mine.update(told_at=now):
            send_convocation.enqueue(place_id=pk)
            told += 1
    return told
