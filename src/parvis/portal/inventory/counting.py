"""On how many computers each program is, entity by entity: counted now and then, so that lists do not count."""

from __future__ import annotations

from datetime import datetime

from django.core.cache import cache
from django.db.models import Count

from parvis.portal.inventory.models import Installation, SoftwareCount
from parvis.portal.inventory.software_models import LEFT
from parvis.portal.kernel import clock
from parvis.portal.kernel.tasks import task

EVERY_SECONDS = 600
BATCH = 1000
COUNTED_AT = "inventory:software_counted_at"


@task()
def recount() -> None:
    """Count all programs again. Twice is once."""
    count_all()


def count_all() -> int:
    """Bring the counts up to date; how many changed. One pass over the installations, and only the changes written.

    Read outside a transaction, written in short ones: at 370,000 installations reading takes a second, during which
    nobody else could write on SQLite.
    """
    rows = Installation.objects.exclude(asset__state__in=LEFT).order_by().values_list("software_id", "asset__entity_id")
    now = {(software, entity): count for software, entity, count in rows.annotate(count=Count("asset", distinct=True))}
    before = {
        (software, entity): (pk, count)
        for pk, software, entity, count in SoftwareCount.objects.values_list(
            "pk", "software_id", "entity_id", "computers"
        )
    }
    changed = [
        SoftwareCount(software_id=software, entity_id=entity, computers=count)
        for (software, entity), count in now.items()
        if before.get((software, entity), (0, 0))[1] != count
    ]
    gone = [pk for key, (pk, _count) in before.items() if key not in now]
    for start in range(0, len(gone), BATCH):
        SoftwareCount.objects.filter(pk__in=gone[start : start + BATCH]).delete()
    for start in range(0, len(changed), BATCH):
        SoftwareCount.objects.bulk_create(
            changed[start : start + BATCH],
            update_conflicts=True,
            unique_fields=["software", "entity"],
            update_fields=["computers"],
        )
    cache.set(COUNTED_AT, clock.now(), timeout=None)
    return len(changed) + len(gone)


def counted_at() -> datetime | None:
    """When it was last counted; None: not known."""
    found: datetime | None = cache.get(COUNTED_AT)
    return found
