"""The eve of a wave, its people are told again. (Who may begin and has not finished: telework reminds them itself.)"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet

from parvis.portal.kernel import clock
from parvis.portal.rollout import convocations, wave_queries, wave_rules
from parvis.portal.rollout.models import Place, Wave
from parvis.portal.rollout.services.catching_up import GOING_ON

BATCH = 500


def remind_due(*, now: datetime) -> int:
    """Queue the mails of the eve; how many. Twice is once."""
    return sum(remind(place=place, now=now) for place in due(now)[:BATCH])


def due(now: datetime) -> QuerySet[Place]:
    """Who was invited days ago into a wave that opens tomorrow (on a Friday: until Monday).

    Not those who were refused, or suspended, since: it does not open for them.
    """
    places = Place.objects.filter(
        wave_queries.going_on(Wave.State.PUBLISHED),
        told_at__lte=now - wave_rules.TOLD_LONG_AGO,
        wave__starts_at__gt=now,
        wave__starts_at__lt=wave_rules.eve_from(now, clock.PARIS),
        reminders=0,
    )
    coming = Q(member__request=None) | Q(member__request__state__in=GOING_ON)
    return wave_queries.with_people(places.filter(coming)).order_by("pk")


@transaction.atomic
def remind(*, place: Place, now: datetime) -> bool:
    """Write to one person; whether this call did. Of two workers, one does."""
    here = Place.objects.filter(wave_queries.wave_goes_on(Wave.State.PUBLISHED), pk=place.pk, left_at=None, reminders=0)
    if not here.update(reminders=F("reminders") + 1, reminded_at=now):
        return False
    convocations.eve(place)
    return True
