"""The IT team's pages: gauges and forecast, the hours measured, one gateway."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from parvis.portal.capacity import gauges, outlook, permissions, plots, queries, showing
from parvis.portal.capacity.forms import CapabilityForm
from parvis.portal.capacity.models import Sample
from parvis.portal.capacity.services import capabilities
from parvis.portal.capacity.tables import SampleFilter, SampleTable
from parvis.portal.directory.access import show_problems, signed_in
from parvis.portal.kernel import audit, authz, clock
from parvis.portal.kernel.errors import Invalid
from parvis.portal.remote_desktop.models import Gateway
from parvis.portal.ui import csv
from parvis.portal.ui.listing import ListingView


@require_safe
@never_cache
def overview(request: HttpRequest) -> HttpResponse:
    """Is it enough, now and in the six weeks that come? `?format=csv`: the forecast, hour by hour."""
    user, now = signed_in(request), clock.now()
    authz.require(permissions.can_watch(user))
    seen = outlook.current(now)
    fleet = gauges.fleet(seen.cost, now)
    if request.GET.get("format") == "csv":
        return _csv(request, seen, fleet, now)
    monday = showing.chosen_monday(request.GET.get("semaine"), seen, clock.today(now))
    context = {
        "fleet": fleet,
        "outlook": seen,
        "advice": showing.advice(seen, fleet, clock.today(now)),
        "week": showing.week(seen, fleet, monday, clock.today(now)),
        "waves": showing.waves(seen, fleet),
        "cost": showing.cost(seen.cost),
        "gauges": [showing.gauge(each) for each in fleet.gauges],
    }
    return render(request, "capacity/overview.html", context)


def _csv(request: HttpRequest, seen: outlook.Outlook, fleet: gauges.Fleet, now: datetime) -> HttpResponse:
    heading = [_("Jour"), _("Heure"), _("Bas"), _("Attendu"), _("Haut"), _("Dont vagues à venir"), _("Porté")]
    rows = [
        [each.day.isoformat(), each.hour, each.low, each.likely, each.high, each.arrivals, fleet.carried]
        for each in seen.points
    ]
    audit.record(
        actor=signed_in(request), action="ui.list_exported", now=now, data={"list": "capacite", "rows": len(rows)}
    )
    response = HttpResponse("".join(csv.lines(heading, rows)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="prevision-des-ecrans-{clock.today(now)}.csv"'
    response["Cache-Control"] = "no-store"
    return response


class Samples(ListingView):
    """What gateways did, an hour a row."""

    table_class, filterset_class = SampleTable, SampleFilter
    title = gettext_lazy("Mesures des passerelles")
    lead = gettext_lazy("Heure par heure, sur un an. Aucune personne n’y figure.")
    export_name = "mesures-des-passerelles"
    empty_icon = "gauge"
    empty_title = gettext_lazy("Aucune mesure pour le moment")
    empty_text = gettext_lazy("Elles commencent dans la minute où une passerelle s’annonce.")

    def authorize(self) -> authz.Decision:
        """IT teams and auditors."""
        return permissions.can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Sample]:
        """Newest first."""
        return queries.samples_visible_to(signed_in(self.request)).order_by("-hour_at")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def gateway(request: HttpRequest, gateway_id: int) -> HttpResponse:
    """One gateway: its gauge, its last week, what it is said to carry."""
    user, now = signed_in(request), clock.now()
    authz.require(permissions.can_watch(user))
    found = queries.gateway_visible_to(user, gateway_id)
    if request.method == "POST":
        authz.require(permissions.can_set(user))
    seen = outlook.current(now)
    gauge = next(each for each in gauges.fleet(seen.cost, now).gauges if each.gateway == found)
    known = gauge.capability
    form = CapabilityForm(
        request.POST or None, initial={"sessions": known.sessions, "kbps": known.kbps} if known else None
    )
    if request.method == "POST" and form.is_valid():
        try:
            capabilities.set_capability(actor=user, gateway=found, now=now, **form.cleaned_data)
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("C’est noté\u202f: la prévision en tient compte tout de suite."))
            return redirect("capacity:gateway", gateway_id=found.pk)
    today = clock.today(now)
    context = {
        "gateway": found,
        "gauge": showing.gauge(gauge),
        "form": form,
        "can_set": bool(permissions.can_set(user)),
        "plots": _past(found, today, gauge.limit.sessions),
    }
    return render(request, "capacity/gateway.html", context)


def _past(found: Gateway, today: date, carried: int) -> tuple[plots.Plot, plots.Plot]:
    """The last days, for a desk and for a phone."""
    first = datetime.combine(today - timedelta(days=plots.DAYS - 1), time(), clock.PARIS)
    hours = queries.hours_of(found, first)
    wide, narrow = (
        plots.past_week(hours, today, days=days, carried=carried) for days in (plots.DAYS, plots.DAYS_ON_A_PHONE)
    )
    return wide, narrow
