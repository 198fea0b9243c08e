"""Scenarios: the list, one with its figures, several side by side."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.forms import BaseFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.models import Entity
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import is_staff
from parvis.portal.equipment import charts, permissions, queries
from parvis.portal.equipment.charts import Series
from parvis.portal.equipment.costing import Costed, Desk
from parvis.portal.equipment.forms import ChangeSet, ScenarioForm
from parvis.portal.equipment.models import Scenario
from parvis.portal.equipment.services import scenarios as services
from parvis.portal.kernel import audit, authz, clock
from parvis.portal.kernel.errors import Invalid
from parvis.portal.parc.models import Asset
from parvis.portal.ui import csv

MOST_COMPARED = 4
COLOURS = ("secondary", "blue", "orange", "green", "purple")


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All of the perimeter, to tick for a comparison."""
    user = signed_in(request)
    authz.require(permissions.can_watch(user))
    scenarios = list(queries.scenarios_visible_to(user).prefetch_related("changes").order_by("entity__path", "name"))
    return render(request, "equipment/scenarios.html", {"scenarios": scenarios, "manages": is_staff(user)})


@require_safe
def show(request: HttpRequest, scenario_id: int) -> HttpResponseBase:
    """One scenario beside the profiles as they are; or the CSV."""
    user = signed_in(request)
    scenario = one(queries.scenarios_visible_to(user), scenario_id)
    costed = _costed(scenario.entity, [scenario])
    if request.GET.get("format") == "csv":
        return _export(user, scenario.entity, costed)
    context = {
        **_comparison(costed),
        "scenario": scenario,
        "changes": _changes(scenario),
        "entity": scenario.entity,
        "manages": bool(permissions.can_manage(user, scenario.entity)),
        "today": clock.today(),
    }
    return render(request, "equipment/scenario.html", context)


@require_safe
def compare(request: HttpRequest) -> HttpResponseBase:
    """Up to four scenarios of one entity side by side; or the CSV."""
    user = signed_in(request)
    authz.require(permissions.can_watch(user))
    keys = [int(each) for each in request.GET.getlist("s")[:MOST_COMPARED] if each.isdecimal() and len(each) < 10]
    chosen = list(queries.scenarios_visible_to(user).filter(pk__in=keys).order_by("name"))
    if not chosen:
        messages.error(request, _("Cochez au moins un scénario."))
        return redirect("equipment:scenarios")
    entity = chosen[0].entity
    costed = _costed(entity, [each for each in chosen if each.entity_id == entity.pk])
    if len(costed) - 1 < len(chosen):
        messages.warning(
            request, _("Seuls les scénarios de «\u202f%(entity)s\u202f» sont comparés.") % {"entity": entity}
        )
    if request.GET.get("format") == "csv":
        return _export(user, entity, costed)
    query = request.GET.copy()
    query["format"] = "csv"
    context = {**_comparison(costed), "entity": entity, "export": f"?{query.urlencode()}", "today": clock.today()}
    return render(request, "equipment/compare.html", context)


def _costed(entity: Entity, scenarios: list[Scenario]) -> list[Costed]:
    """The profiles as they are, then each scenario."""
    desk = Desk.of(entity, clock.today())
    found = [desk.cost(None)]
    for scenario in scenarios:
        found.append(desk.cost(scenario, list(scenario.changes.select_related("department"))))
    return found


def name_of(costed: Costed) -> str:
    """A scenario's, or that of the profiles as they are."""
    return str(costed.scenario) if costed.scenario is not None else _("Profils actuels")


def _comparison(several: list[Costed]) -> dict[str, Any]:
    """The rows of the comparison's tables and its plot."""
    kinds = sorted({kind for each in several for kind in (*each.bill.numbers, *each.bill.reused)})
    most = max(len(each.bill.costs) for each in several)
    first = several[0].first_year
    years = [first + at for at in range(most)]
    entities = {part.entity.pk: part.entity for each in several for part in each.parts}
    plot = charts.grouped(
        years,
        [
            Series(name_of(each), COLOURS[at], [_at(each.bill.costs, year - first) for year in years])
            for at, each in enumerate(several)
        ],
    )
    return {
        "several": [(each, name_of(each)) for each in several],
        "by_kind": [
            (Asset.Kind(kind), [(sum(e.bill.numbers.get(kind, [])), e.bill.reused.get(kind, 0)) for e in several])
            for kind in kinds
        ],
        "by_year": [(year, [_at(each.bill.costs, year - first) for each in several]) for year in years],
        "by_entity": [
            (entity, [next(((p.number, p.cost) for p in each.parts if p.entity.pk == pk), (0, 0)) for each in several])
            for pk, entity in entities.items()
        ],
        "plot": plot,
        "width": charts.WIDTH,
        "height": charts.HEIGHT,
    }


def _at(costs: list[Decimal], at: int) -> Decimal:
    return costs[at] if at < len(costs) else Decimal(0)


def _changes(scenario: Scenario) -> list[str]:
    """Its changes, each a sentence."""
    found = []
    for each in scenario.changes.select_related("profile", "department"):
        what = _("%(n)s × %(kind)s") % {"n": each.quantity, "kind": each.get_kind_display()}
        what = what if each.quantity else _("Plus de %(kind)s") % {"kind": each.get_kind_display()}
        for_whom = [str(each.profile)] if each.profile else []
        for_whom += [str(each.department)] if each.department else []
        for_whom += [f"«\u202f{each.words}\u202f»"] if each.words else []
        for_whom += [each.get_telework_display()] if each.telework != "any" else []
        words = f"{what} · {', '.join(map(str, for_whom)) or _('tous les agents')}"
        if each.replaces_kind:
            words += " · " + _("à la place de %(kind)s") % {"kind": each.get_replaces_kind_display()}
        if each.quantity:
            words += " · " + _("%(price)s € pièce") % {"price": f"{each.unit_price:.0f}"}
        found.append(words)
    return found


def _export(user: User, entity: Entity, several: list[Costed]) -> HttpResponseBase:
    shown = _comparison(several)
    names = [name for _costed, name in shown["several"]]
    rows: list[list[object]] = [
        [_("Coût total (€)"), "", *(each.bill.cost for each in several)],
        [_("À acheter"), "", *(each.bill.number for each in several)],
        [_("Repris du stock"), "", *(sum(each.bill.reused.values()) for each in several)],
    ]
    rows += [[_("Coût par année (€)"), year, *costs] for year, costs in shown["by_year"]]
    rows += [[_("À acheter, par type"), kind.label, *(n for n, _r in cells)] for kind, cells in shown["by_kind"]]
    rows += [
        [_("Coût par service, hors stock (€)"), str(entity), *(cost for _n, cost in cells)]
        for entity, cells in shown["by_entity"]
    ]
    data = {"list": "scenarios", "entity": entity.pk, "rows": len(rows)}
    audit.record(actor=user, action="ui.list_exported", target=entity, now=clock.now(), data=data)
    lines = csv.lines([_("Quoi"), _("Détail"), *names], rows)
    response = StreamingHttpResponse(iter(list(lines)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="scenarios-{clock.today()}.csv"'
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """A new scenario."""
    user = signed_in(request)
    authz.require(authz.YES if is_staff(user) else NOT_STAFF)
    entity = queries.entities_managed_by(user).first()
    return _edit(request, user, Scenario(entity=entity), _("Nouveau scénario"))


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, scenario_id: int) -> HttpResponse:
    """Change a scenario."""
    user = signed_in(request)
    scenario = one(queries.scenarios_visible_to(user), scenario_id)
    authz.require(permissions.can_manage(user, scenario.entity))
    return _edit(request, user, scenario, str(scenario))


def _edit(request: HttpRequest, user: User, scenario: Scenario, title: str) -> HttpResponse:
    form = ScenarioForm(request.POST or None, instance=scenario, user=user)
    changes = _set(request, user, scenario)
    if request.method == "POST" and form.is_valid() and changes.is_valid():
        try:
            saved = services.save_scenario(
                actor=user,
                entity=form.cleaned_data["entity"],
                data=form.data_with(changes),
                now=clock.now(),
                scenario=scenario if scenario.pk else None,
            )
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("Le scénario est enregistré."))
            return redirect("equipment:scenario", scenario_id=saved.pk)
    back = reverse("equipment:scenario", args=[scenario.pk]) if scenario.pk else reverse("equipment:scenarios")
    context = {"form": form, "changes": changes, "title": title, "back_url": back}
    return render(request, "equipment/scenario_form.html", context)


def _set(request: HttpRequest, user: User, scenario: Scenario) -> BaseFormSet[Any]:
    names = ("kind", "quantity", "unit_price", "replaces_kind", "telework", "words")
    told = [
        {**{name: getattr(each, name) for name in names}, "profile": each.profile_id, "department": each.department_id}
        for each in (scenario.changes.all() if scenario.pk else ())
    ]
    return ChangeSet(request.POST or None, initial=told, prefix="changes", form_kwargs={"user": user})


@require_http_methods(["POST"])
def duplicate(request: HttpRequest, scenario_id: int) -> HttpResponse:
    """The same once more, to change."""
    user = signed_in(request)
    scenario = one(queries.scenarios_visible_to(user), scenario_id)
    copy = services.duplicate(actor=user, scenario=scenario, now=clock.now())
    messages.success(request, _("Voici la copie\u202f: donnez-lui un nom, changez ce que vous voulez."))
    return redirect("equipment:edit_scenario", scenario_id=copy.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, scenario_id: int) -> HttpResponse:
    """Ask, then take it away."""
    user = signed_in(request)
    scenario = one(queries.scenarios_visible_to(user), scenario_id)
    authz.require(permissions.can_manage(user, scenario.entity))
    if request.method == "POST":
        services.delete_scenario(actor=user, scenario=scenario, now=clock.now())
        messages.success(request, _("Le scénario est supprimé."))
        return redirect("equipment:scenarios")
    context = {
        "question": _("Supprimer le scénario «\u202f%(name)s\u202f»\u202f?") % {"name": scenario},
        "consequence": _("Rien ne change pour les agents ni pour le parc."),
        "yes": _("Supprimer"),
        "danger": True,
        "back_url": reverse("equipment:scenario", args=[scenario.pk]),
    }
    return render(request, "ui/confirm.html", context)
