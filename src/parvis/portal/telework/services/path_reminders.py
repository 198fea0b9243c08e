"""Reminders to finish the enrolment path: by themselves a few times, or asked for by who looks after the agents."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from parvis.portal.accounts.models import User
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.authz import require
from parvis.portal.telework import enrolment_queries, path_letters, path_permissions
from parvis.portal.telework.models import Enrolment

BATCH = 500


def remind_due(*, now: datetime) -> int:
    """Write to those whose turn it is; how many. Twice is once."""
    return sum(_remind_once(enrolment, now) for enrolment in enrolment_queries.to_remind(now)[:BATCH])


@transaction.atomic
def _remind_once(enrolment: Enrolment, now: datetime) -> bool:
    waiting = Enrolment.objects.filter(
        pk=enrolment.pk, reminders=enrolment.reminders, reminded_at=enrolment.reminded_at, finished_at__isnull=True
    )
    if not waiting.update(reminders=F("reminders") + 1, reminded_at=now):
        return False
    path_letters.remind(enrolment)
    return True


@transaction.atomic
def remind_now(*, actor: User, enrolments: Iterable[Enrolment], now: datetime) -> int:
    """Write to these, out of turn; how many. Once a day each, whoever asks; who has finished hears nothing.

    Raises:
        NotAllowed: one of them is not of the actor's agents.
    """
    midnight = now.astimezone(clock.PARIS).replace(hour=0, minute=0, second=0, microsecond=0)
    not_today = Q(reminded_at__isnull=True) | Q(reminded_at__lt=midnight)
    told = []
    for enrolment in enrolments:
        require(path_permissions.can_remind(actor, enrolment))
        mine = enrolment_queries.unfinished(Enrolment.objects.filter(not_today, pk=enrolment.pk))
        # The reminders that leave by themselves wait for this one too, and are as many as before.
        if Enrolment.objects.filter(pk__in=mine.values("pk")).update(reminded_at=now) and path_letters.remind(
            enrolment
        ):
            told.append((enrolment, {"stage": enrolment.stage}))
    if told:
        audit.record_many(actor=actor, action="telework.reminder_sent", targets=told, now=now)
    return len(told)
