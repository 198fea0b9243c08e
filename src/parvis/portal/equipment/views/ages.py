"""How old the parc is, when it is to be replaced, and which assets those are."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import one, signed_in
from parvis.portal.directory.models import Entity
from parvis.portal.directory.queries import perimeter, within
from parvis.portal.equipment import ageing, charts, permissions, queries, replacing, rules
from parvis.portal.equipment.ageing import Plan
from parvis.portal.equipment.charts import Series
from parvis.portal.equipment.permissions import WATCHERS
from parvis.portal.equipment.tables import ReplacementFilter, ReplacementTable
from parvis.portal.kernel import audit, authz, clock
from parvis.portal.parc.models import Asset
from parvis.portal.ui import csv
from parvis.portal.ui.listing import ListingView

COLOURS = {
    "office": "blue", "laptop": "orange", "server": "purple", "admin": "indigo", "school": "red", "screen": "yellow",
    "phone": "green", "desk_phone": "lime", "tablet": "teal", "printer": "pink", "network": "cyan",
    "accessory": "secondary",
}  # fmt: skip
"""The same kind has the same colour in every plan."""
SPREADS = {
    "echeance": gettext_lazy("À l’échéance"),
    "lisse": gettext_lazy("Lissé sur trois ans"),
    "budget": gettext_lazy("Dans un budget annuel"),
}
MOST_BUDGET = Decimal(10**9)


@require_safe
def top(request: HttpRequest) -> HttpResponse:
    """To the top of what this person sees."""
    user = signed_in(request)
    authz.require(permissions.can_watch(user))
    first = queries.entities_watched_by(user).first()
    authz.require(authz.YES if first is not None else permissions.NOT_WATCHER)
    return redirect("equipment:ages", entity_id=first.pk if first else 0)


@require_safe
def ages(request: HttpRequest, entity_id: int) -> HttpResponseBase:
    """The age pyramid of an entity with all below it, of all kinds or one; or the CSV."""
    user = signed_in(request)
    seen = queries.entities_watched_by(user)
    entity = one(seen, entity_id)
    today = clock.today()
    kind = _kind(request)
    assets = replacing.alive(entity)
    found = replacing.pyramid(assets.filter(kind=kind) if kind else assets, today)
    if request.GET.get("format") == "csv":
        return _export_ages(user, entity, found)
    labels = [class_label(each) for each in found.classes]
    plot = charts.stacked(
        labels,
        [
            Series(_("Sous garantie"), "green", [found.covered.get(each, 0) for each in found.classes]),
            Series(_("Hors garantie ou non renseignée"), "blue", [found.bare.get(each, 0) for each in found.classes]),
        ],
    )
    lots = replacing.lots(assets, replacing.Zones.load())
    plan_due = ageing.as_due(lots, ageing.first_year(today))
    context = {
        "entity": entity,
        "entities": seen,
        "found": found,
        "plot": plot,
        "labels": labels,
        "table": [
            (label, found.covered.get(each, 0), found.bare.get(each, 0))
            for label, each in zip(labels, found.classes, strict=True)
        ],
        "kinds": _by_kind(found),
        "kind": kind,
        "choices": Asset.Kind.choices,
        "plan": plan_due,
        "plan_plot": _plan_plot(plan_due),
        "sets": bool(permissions.can_set_policy(user, entity)),
        "today": today,
        **_frame(plot),
    }  # fmt: skip
    return render(request, "equipment/ages.html", context)


@require_safe
def plan(request: HttpRequest, entity_id: int) -> HttpResponseBase:
    """The replacement plan over three years: as due, levelled, or within a budget; or the CSV."""
    user = signed_in(request)
    seen = queries.entities_watched_by(user)
    entity = one(seen, entity_id)
    today = clock.today()
    spread = request.GET.get("etalement", "echeance")
    spread = spread if spread in SPREADS else "echeance"
    budget = _budget(request)
    kind = _kind(request)
    assets = replacing.alive(entity)
    assets = assets.filter(kind=kind) if kind else assets
    lots = replacing.lots(assets, replacing.Zones.load())
    found = _planned(lots, spread, budget, ageing.first_year(today))
    if request.GET.get("format") == "csv":
        return _export_plan(user, entity, found)
    kinds = sorted({each for year in found.years for each in year.numbers})
    plot = _plan_plot(found)
    context = {
        "entity": entity,
        "entities": seen,
        "plan": found,
        "plot": plot,
        "rows": [
            (Asset.Kind(each), [(at.numbers.get(each, 0), at.costs.get(each, 0), at.year) for at in found.years])
            for each in kinds
        ],
        "spread": spread,
        "spreads": SPREADS.items(),
        "budget": budget,
        "kind": kind,
        "choices": Asset.Kind.choices,
        "unknown": assets.filter(purchase_date=None, kind__in=list(rules.LIVES)).count(),
        "sets": bool(permissions.can_set_policy(user, entity)),
        "today": today,
        **_frame(plot),
    }  # fmt: skip
    return render(request, "equipment/plan.html", context)


def class_label(number: int) -> str:
    """An age class in words."""
    if number == ageing.UNKNOWN:
        return _("Âge inconnu")
    if number == 0:
        return _("Moins d’un an")
    words = ngettext("%(n)d an", "%(n)d ans", number) % {"n": number}
    return _("%(years)s et plus") % {"years": words} if number == ageing.OLDEST else words


def _by_kind(found: replacing.Pyramid) -> list[tuple[Asset.Kind, list[int], int]]:
    rows = [
        (Asset.Kind(each), [count[at] for at in found.classes], count.total()) for each, count in found.by_kind.items()
    ]
    return sorted(rows, key=lambda row: -row[2])


def _planned(lots: list[ageing.Lot], spread: str, budget: Decimal, first: int) -> Plan:
    if spread == "lisse":
        return ageing.levelled(lots, first)
    if spread == "budget":
        return ageing.within_budget(lots, first, budget)
    return ageing.as_due(lots, first)


def _plan_plot(found: Plan) -> charts.Columns:
    kinds = sorted({each for year in found.years for each in year.costs})
    series = [
        Series(Asset.Kind(each).label, COLOURS.get(each, "azure"), [year.costs.get(each, 0) for year in found.years])
        for each in kinds
    ]
    return charts.stacked([year.year for year in found.years], series)


def _frame(_plot: charts.Columns) -> dict[str, int]:
    return {"width": charts.WIDTH, "height": charts.HEIGHT}


def _kind(request: HttpRequest) -> str:
    kind = request.GET.get("type", "")
    return kind if kind in Asset.Kind.values else ""


def _budget(request: HttpRequest) -> Decimal:
    try:
        typed = "".join(request.GET.get("budget", "").split())  # any space parts thousands
        amount = Decimal(typed.replace(",", ".")[:15] or 0)
        amount = amount if amount.is_finite() else Decimal(0)
    except InvalidOperation:
        return Decimal(0)
    return amount if 0 <= amount <= MOST_BUDGET else Decimal(0)


def _export_ages(user: User, entity: Entity, found: replacing.Pyramid) -> HttpResponseBase:
    head = [_("Type"), *(class_label(each) for each in found.classes), _("Total")]
    rows = [
        [Asset.Kind(kind).label, *(count[each] for each in found.classes), count.total()]
        for kind, count in sorted(found.by_kind.items())
    ]
    return _csv(user, entity, "ages", head, rows)


def _export_plan(user: User, entity: Entity, found: Plan) -> HttpResponseBase:
    head = [_("Année"), _("Type"), _("Nombre"), _("Coût (€)")]
    rows = [
        [year.year, Asset.Kind(kind).label, number, year.costs[kind]]
        for year in found.years
        for kind, number in sorted(year.numbers.items())
    ]
    if found.postponed:
        rows.append([_("Reporté"), "", found.postponed, found.postponed_cost])
    return _csv(user, entity, "plan-de-remplacement", head, rows)


def _csv(
    user: User, entity: Entity, name: str, head: list[object] | list[str], rows: list[list[object]]
) -> HttpResponseBase:
    data = {"list": name, "entity": entity.pk, "rows": len(rows)}
    audit.record(actor=user, action="ui.list_exported", target=entity, now=clock.now(), data=data)
    response = StreamingHttpResponse(iter(list(csv.lines(head, rows))), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}-{clock.today()}.csv"'
    response["Cache-Control"] = "no-store"
    return response


class ReplacementList(ListingView):
    """The assets a plan replaces."""

    table_class, filterset_class = ReplacementTable, ReplacementFilter
    title = gettext_lazy("Matériels à remplacer")
    lead = gettext_lazy("Ceux dont la durée de vie finit dans les trois ans, ou est déjà finie.")
    search_folded_fields = ("search",)
    search_label = gettext_lazy("Nom, modèle, numéro de série")
    export_name = "a-remplacer"
    empty_icon = "devices"
    empty_title = gettext_lazy("Rien à remplacer dans les trois ans")
    empty_text = gettext_lazy("Il faut la date d’achat des matériels pour le savoir.")

    def authorize(self) -> authz.Decision:
        """The IT team and auditors."""
        return permissions.can_watch(signed_in(self.request))

    @cached_property
    def zones(self) -> replacing.Zones:
        """The settings."""
        return replacing.Zones.load()

    @cached_property
    def today(self) -> date:
        """The day ages are counted at."""
        return clock.today()

    def get_queryset(self) -> QuerySet[Asset]:
        """The oldest first."""
        seen = within(perimeter(signed_in(self.request), *WATCHERS))
        assets = Asset.objects.filter(seen, state__in=replacing.ALIVE).select_related("entity", "site", "model")
        asked = self.request.GET.get("year", "")
        year = int(asked) if asked in dict(replacing.year_choices()) else None
        return replacing.of_year(assets, self.zones, year, self.today).order_by("purchase_date", "name")

    def table_kwargs(self) -> dict[str, object]:
        """For the end of each one's life."""
        return {"zones": self.zones, "today": self.today}
