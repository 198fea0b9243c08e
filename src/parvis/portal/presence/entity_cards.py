"""This room's section of the entity page: where its agents are today, for who may know."""

from __future__ import annotations

from django.http import HttpRequest

from parvis.portal.directory.access import signed_in
from parvis.portal.directory.models import Entity
from parvis.portal.kernel import clock
from parvis.portal.presence import queries, staffing
from parvis.portal.presence.models import DayCount

TEMPLATE = "presence/team/entity_card.html"


def presence(request: HttpRequest, entity: Entity) -> dict[str, object]:
    """Agents by status today, shortages to come; nothing for who does not see the entity in detail."""
    prefixes = queries.detail_perimeter(signed_in(request))
    if not any(entity.path.startswith(prefix) for prefix in prefixes):
        return {}
    today, statuses = clock.today(), queries.statuses()
    totals = DayCount.objects.filter(entity=entity, date=today).values_list("total", flat=True).first() or {}
    tiles = [
        {"status": statuses[code], "am": both[0], "pm": both[1]}
        for code, both in sorted(totals.items(), key=lambda pair: -sum(pair[1]))
        if code in statuses and any(both)
    ]
    return {"tiles": tiles, "shortages": len(staffing.shortages([entity], today, today + staffing.AHEAD))}
