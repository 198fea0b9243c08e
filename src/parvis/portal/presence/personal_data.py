"""What is kept of an agent's presence, how it is exported, how it is purged. See `privacy.registry`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from parvis.portal.directory.models import Agent
from parvis.portal.kernel import clock
from parvis.portal.presence import queries
from parvis.portal.presence.models import Change, Day, DayCount, Operation, Pattern, State
from parvis.portal.presence.showing import label_of

RETENTION_MONTHS = 24
BATCH = 500


def export(agent: Agent) -> Iterator[dict[str, object]]:
    """Declared days, then the usual weeks, then the history, newest first."""
    statuses = queries.statuses()
    for day in Day.objects.filter(agent=agent).order_by("-date").iterator(BATCH):
        yield {
            "Sorte": "Jour déclaré",
            "Jour": day.date,
            "Matin": label_of(statuses, day.am),
            "Après-midi": label_of(statuses, day.pm),
            "État": day.get_state_display(),
        }
    for pattern in Pattern.objects.filter(agent=agent).order_by("-starts_date").iterator(BATCH):
        yield {
            "Sorte": "Semaine habituelle",
            "Du": pattern.starts_date,
            "Au": pattern.ends_date,
            "Demi-journées": pattern.halves.split(","),
            "État": pattern.get_state_display(),
        }
    for change in queries.changes_of(agent).iterator(BATCH):
        yield {
            "Sorte": "Changement",
            "Quand": change.operation.at,
            "Par": change.operation.actor_label,
            "Jour": change.date,
            "Avant": [change.before_am, change.before_pm, State(change.before_state).label]
            if change.before_state
            else None,
            "Après": [change.after_am, change.after_pm, State(change.after_state).label]
            if change.after_state
            else None,
        }


def purge(before: datetime) -> int:
    """Delete days, history, ended patterns and counts older than `before`: at most a batch a call; how many.

    Counts go too: those of a service of one are somebody's days.
    """
    oldest = clock.today(before)
    for rows in (
        Change.objects.filter(date__lt=oldest),
        Operation.objects.filter(ends_date__lt=oldest, changes=None),
        Day.objects.filter(date__lt=oldest),
        Pattern.objects.filter(ends_date__lt=oldest),
        DayCount.objects.filter(date__lt=oldest),
    ):
        with transaction.atomic():
            keys = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
            if keys:
                rows.model.objects.filter(pk__in=keys).delete()
                return len(keys)
    return 0
