"""The gauge: what pools are used for, what they refuse, how many rooms it takes."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from parvis.portal.booking import gauge_plots, gauge_reading, gauge_words, queries
from parvis.portal.booking.gauge_reading import Measured
from parvis.portal.booking.views.asking import can_watch
from parvis.portal.directory.access import one, signed_in
from parvis.portal.kernel import audit, authz, clock
from parvis.portal.ui import csv

MOST = 50


@require_safe
def gauges(request: HttpRequest) -> HttpResponse:
    """Every pool in one line, with what to do."""
    user, now = signed_in(request), clock.now()
    authz.require(can_watch(user))
    weeks = _weeks(request)
    pools = list(queries.pools_run_by(user).order_by("kind", "name", "pk")[:MOST])
    measured = gauge_reading.measure(pools, now=now, weeks=weeks)
    if request.GET.get("format") == "csv":
        return _csv_of_pools(request, measured)
    context = {
        "lines": [
            {"it": each, "advice": gauge_words.advice(each), "loss": gauge_words.percent(each.gauge.loss)}
            for each in measured
        ],
        "merging": gauge_words.merging(measured),
        "weeks": weeks,
        "choices": gauge_reading.WEEKS,
    }
    return render(request, "booking/gauges.html", context)


@require_safe
def gauge(request: HttpRequest, pool_id: int) -> HttpResponse:
    """One pool: weeks, hours of the week, forecast, advice and where it comes from."""
    user, now = signed_in(request), clock.now()
    pool = one(queries.pools_run_by(user), pool_id)
    weeks = _weeks(request)
    (measured,) = gauge_reading.measure([pool], now=now, weeks=weeks)
    if request.GET.get("format") == "csv":
        return _csv_of_weeks(request, measured)
    found = measured.gauge
    monday = date(2026, 1, 5)
    context = {
        "pool": pool,
        "gauge": found,
        "advice": gauge_words.advice(measured),
        "reasons": gauge_words.reasons(measured),
        "loss": gauge_words.percent(found.loss),
        "plot": gauge_plots.weeks(found),
        "grid": [(monday + timedelta(days=at), cells) for at, cells in enumerate(gauge_plots.grid(found))],
        "hours": list(gauge_plots.HOURS),
        "weeks": weeks,
        "choices": gauge_reading.WEEKS,
    }
    return render(request, "booking/gauge.html", context)


def _weeks(request: HttpRequest) -> int:
    asked = request.GET.get("semaines", "")
    return next((each for each in gauge_reading.WEEKS if str(each) == asked), gauge_reading.USUAL)


def _csv_of_pools(request: HttpRequest, measured: list[Measured]) -> HttpResponse:
    heading = [_("Groupe"), _("Type"), _("Salles"), _("Réservations"), _("Refus"), _("Au plus en même temps"),
               _("À ajouter"), _("À rendre"), _("Conseil")]  # fmt: skip
    rows = [
        [str(each.pool), each.pool.get_kind_display(), each.gauge.rooms, each.gauge.booked, each.gauge.refused,
         each.gauge.most, each.gauge.missing, each.gauge.spare, gauge_words.advice(each)[0]]
        for each in measured
    ]  # fmt: skip
    return _file(request, "jauge-des-salles", heading, rows)


def _csv_of_weeks(request: HttpRequest, measured: Measured) -> HttpResponse:
    heading = [_("Semaine du"), _("Réservations"), _("Refus"), _("Heures prises"), _("Au plus en même temps"),
               _("Prévu"), _("Prévu, bas"), _("Prévu, haut")]  # fmt: skip
    rows: list[list[object]] = [
        [week.monday, week.booked, week.refused, round(week.hours, 1), week.most, "", "", ""]
        for week in measured.gauge.weeks
    ]
    rows += [
        [each.monday, "", "", "", "", round(each.likely, 1), round(each.low, 1), round(each.high, 1)]
        for each in measured.gauge.foreseen
    ]
    return _file(request, "jauge", heading, rows)


def _file(request: HttpRequest, name: str, heading: list[str], rows: list[list[object]]) -> HttpResponse:
    now = clock.now()
    facts = {"list": name, "rows": len(rows)}
    audit.record(actor=signed_in(request), action="ui.list_exported", now=now, data=facts)
    response = HttpResponse("".join(csv.lines(heading, rows)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}-{clock.today(now)}.csv"'
    response["Cache-Control"] = "no-store"
    return response
