"""How many are where: a day, by department, and over time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from parvis.portal.directory.access import one, signed_in
from parvis.portal.directory.models import Entity
from parvis.portal.kernel import audit, clock
from parvis.portal.kernel.errors import NotAllowed
from parvis.portal.presence import curves, queries, rules, staffing
from parvis.portal.presence.curves import Totals
from parvis.portal.presence.models import DayCount
from parvis.portal.presence.permissions import NOT_HEAD
from parvis.portal.presence.rules import Half
from parvis.portal.presence.views.department import asked_day
from parvis.portal.ui import csv


@require_safe
def everybody(request: HttpRequest) -> HttpResponse:
    """To the counts of the top of what this person sees."""
    first = queries.departments_in_detail(signed_in(request)).first()
    if first is None:
        raise NotAllowed(NOT_HEAD.reason, code=NOT_HEAD.code, advice=NOT_HEAD.advice)
    return redirect("presence:counts", entity_id=first.pk)


@require_safe
def counts(request: HttpRequest, entity_id: int) -> HttpResponseBase:
    """The page of an entity with all below it, or the CSV of the curve."""
    user = signed_in(request)
    seen = queries.departments_in_detail(user)
    entity = one(seen, entity_id)
    statuses = queries.statuses()
    period = request.GET.get("periode", "mois")
    period = period if period in curves.PERIODS else "mois"
    chosen = request.GET.get("statut", "")
    chosen = chosen if chosen in statuses else ""
    today, day = clock.today(), _day(request)
    starts, ends = curves.span(period, today)
    counted = list(queries.counts(entity, starts, ends))
    if request.GET.get("format") == "csv":
        data = {"list": "effectifs", "entity": entity.pk, "from": starts, "to": ends, "rows": len(counted)}
        audit.record(actor=user, action="ui.list_exported", target=entity, now=clock.now(), data=data)
        return _export(counted, statuses, starts, ends)
    context = {
        "entity": entity,
        "above": seen.filter(pk__in=queries.ancestor_ids(entity.path)).exclude(pk=entity.pk),
        "day": day,
        "today": today,
        "previous": day - timedelta(days=1),
        "next": day + timedelta(days=1),
        "overview": _overview(_totals(entity, day), statuses),
        "below": _below(entity, day, statuses),
        "places": [(place.value, label) for place, (label, _colour) in curves.PLACES.items()],
        "curve": curves.build(counted, statuses, chosen),
        "width": curves.WIDTH,
        "height": curves.HEIGHT,
        "period": period,
        "periods": curves.PERIODS.items(),
        "chosen": chosen,
        "statuses": statuses.values(),
        "short": staffing.shortages([entity], day, day),
    }
    return render(request, "presence/team/counts.html", context)


def _day(request: HttpRequest) -> date:
    """The day asked for; else today, or the Monday that comes when it is a weekend."""
    day = asked_day(request, "jour")
    if "jour" in request.GET or day.weekday() < 5:
        return day
    return day + timedelta(days=7 - day.weekday())


def _totals(entity: Entity, day: date) -> Totals:
    found = DayCount.objects.filter(entity=entity, date=day).values_list("total", flat=True).first()
    return found or {}


def _overview(totals: Totals, statuses: dict[str, rules.Status]) -> dict[str, object]:
    """Agents by status, the most first; those without; what is asked of them in percent."""
    known = [(statuses[code], both) for code, both in totals.items() if code in statuses and any(both)]
    expected = max((sum(both[half] for _status, both in known) for half in (0, 1)), default=0)
    everyone = max((sum(both[half] for both in totals.values()) for half in (0, 1)), default=0)
    tiles = [
        {"status": status, "am": both[0], "pm": both[1], "percent": round(100 * sum(both) / max(2 * expected, 1))}
        for status, both in sorted(known, key=lambda pair: -sum(pair[1]))
    ]
    unknown, closed = totals.get(rules.UNKNOWN, (0, 0)), totals.get(rules.CLOSED, (0, 0))
    return {
        "tiles": tiles,
        "everyone": everyone,
        "unknown": max(unknown),
        "off": max(totals.get(rules.OFF, (0, 0))),
        "closed": max(closed),
    }


def _below(entity: Entity, day: date, statuses: dict[str, rules.Status]) -> list[dict[str, object]]:
    """A row for each entity right below, most agents first; and the agents of the entity itself. Two queries."""
    children: QuerySet[Entity] = Entity.objects.filter(parent=entity)
    rows = DayCount.objects.filter(entity__in=children, date=day).values_list("entity_id", "total")
    totals = dict(rows)
    found = [_line(child, totals.get(child.pk, {}), statuses) for child in children]
    own = DayCount.objects.filter(entity=entity, date=day).values_list("direct", flat=True).first() or {}
    found = sorted((line for line in found if line["everyone"]), key=lambda line: str(line["entity"]))
    if own and found:
        found.append({**_line(entity, own, statuses), "own": True})
    return found


def _line(entity: Entity, totals: Totals, statuses: dict[str, rules.Status]) -> dict[str, object]:
    places = [
        (label, *(staffing.of_place(totals, statuses, half, place) for half in Half))
        for place, (label, _colour) in curves.PLACES.items()
    ]
    everyone = max((sum(both[half] for both in totals.values()) for half in (0, 1)), default=0)
    return {"entity": entity, "places": places, "everyone": everyone, "unknown": max(totals.get(rules.UNKNOWN, (0, 0)))}


def _export(
    counted: list[tuple[date, dict[str, list[int]]]], statuses: dict[str, rules.Status], starts: date, ends: date
) -> StreamingHttpResponse:
    codes = [code for code in statuses if any(code in totals for _day, totals in counted)]
    head: list[object] = [_("Jour")]
    for code in codes:
        head += [f"{statuses[code].label} ({moment})" for moment in (_("matin"), _("après-midi"))]
    lines = csv.lines(head, _rows(counted, codes))
    # Made at once: two years are 731 short lines, and the language is this request's.
    response = StreamingHttpResponse(iter(list(lines)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="effectifs-{starts}-{ends}.csv"'
    response["Cache-Control"] = "no-store"
    return response


def _rows(counted: list[tuple[date, dict[str, list[int]]]], codes: list[str]) -> Iterator[list[object]]:
    for day, totals in counted:
        yield [day, *(number for code in codes for number in totals.get(code, (0, 0)))]
