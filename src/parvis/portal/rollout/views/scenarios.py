"""Plans: asked for, followed while they are looked for, read, compared, chosen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.kernel import audit, authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid, ParvisError, TooMany
from parvis.portal.rollout import permissions, queries, results, wording
from parvis.portal.rollout.models import Campaign, Scenario
from parvis.portal.rollout.plan_forms import ChangeSet, PlanForm, asked_of
from parvis.portal.rollout.planning.problem import Resource
from parvis.portal.rollout.rules import PLAN_BUSY, PLAN_USABLE
from parvis.portal.rollout.services import scenarios as services
from parvis.portal.rollout.tables import needs_of
from parvis.portal.rollout.views.campaigns import managed
from parvis.portal.ui import csv

MOST_COMPARED = 4


@require_safe
def index(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """All plans of a campaign, to tick for a comparison."""
    user = signed_in(request)
    campaign = one(queries.campaigns_visible_to(user), campaign_id)
    plans = list(campaign.scenarios.select_related("campaign", "asked_by").order_by("-asked_at", "-pk"))
    context = {
        "campaign": campaign,
        "plans": [(plan, *wording.STATES[plan.state], results.unplaced(plan)) for plan in plans],
        "comparable": sum(plan.served is not None for plan in plans) > 1,
        "manages": _manages(user, campaign),
    }
    return render(request, "rollout/plans.html", context)


def _manages(user: User, campaign: Campaign) -> bool:
    return bool(permissions.can_manage(user, campaign.entity)) and campaign.state != Campaign.State.CLOSED


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """A plan, with other figures than the campaign's if one likes."""
    user, campaign = managed(request, campaign_id)
    follows = queries.chosen_plan(campaign) is not None
    limited = [each for each in Resource if campaign.offers.filter(resource=each.value).exists()]
    form = PlanForm(request.POST or None, follows=follows)
    changes = ChangeSet(
        request.POST or None,
        prefix="changes",
        initial=_tried(request),
        form_kwargs={"campaign": campaign, "limited": limited},
    )
    if request.method == "POST" and form.is_valid() and changes.is_valid():
        try:
            plan = services.ask(actor=user, campaign=campaign, asked=asked_of(form, changes), now=clock.now())
        except Invalid as problem:
            show_problems(form, problem)
        except TooMany as refusal:
            form.add_error(None, str(refusal.message))
        else:
            return redirect("rollout:plan", plan.pk)
    context = {
        "campaign": campaign,
        "form": form,
        "changes": changes,
        "limited": limited,
        "counted": results.people_now(campaign),
    }
    return render(request, "rollout/ask.html", context)


def _tried(request: HttpRequest) -> list[dict[str, str]]:
    """The change a page about another plan proposes to try."""
    asked = {name: request.GET.get(name, "")[:12] for name in ("resource", "week", "units")}
    return [asked] if asked["resource"] and request.method != "POST" else []


@require_safe
def show(request: HttpRequest, rollout_plan_id: int) -> HttpResponseBase:
    """A plan: how far the search is, then its weeks and what holds it back; or who goes when, as CSV."""
    user = signed_in(request)
    plan = one(queries.scenarios_visible_to(user), rollout_plan_id)
    if request.GET.get("format") == "csv":
        return _export(user, plan)
    return render(request, "rollout/plan.html", {**_about(user, plan), **_result(plan)})


def _about(user: User, plan: Scenario) -> dict[str, Any]:
    busy = plan.state in PLAN_BUSY
    since = plan.started_at or plan.asked_at
    so_far = wording.distance(plan.progress_gap) if busy else ""
    return {
        "plan": plan,
        "campaign": plan.campaign,
        "badge": (plan.get_state_display(), *wording.STATES[plan.state]),
        "busy": busy,
        "elapsed": max(int((clock.now() - since).total_seconds()), 0) if busy else 0,
        "most_seconds": round(services.SECONDS),
        "so_far": so_far,
        "said": _said(plan, so_far) if busy else "",
        "said_key": f"{plan.state}-{int(plan.stop_asked)}-{so_far}",
        "manages": _manages(user, plan.campaign),
        "changes": wording.changes(plan),
    }


def _said(plan: Scenario, so_far: str) -> str:
    """How far the search is, in a sentence."""
    if plan.state == Scenario.State.WAITING:
        return _("Le calcul va commencer.")
    if plan.stop_asked:
        return _("Le calcul s’arrête.")
    if so_far:
        return _("Un plan est trouvé, %(so_far)s. La recherche continue.") % {"so_far": so_far}
    return _("Le calcul cherche un premier plan.")


def _result(plan: Scenario) -> dict[str, Any]:
    """What came of the search."""
    sites = results.site_names([plan])
    context: dict[str, Any] = {"lacks": results.lacks_of(plan, sites)}
    if plan.served is None:
        return context
    weeks, mondays = results.weeks_of(plan), queries.mondays(plan.campaign)
    uses, lines = results.uses_of(plan, sites)
    chosen = None if plan.is_chosen else queries.chosen_plan(plan.campaign)
    return {
        **context,
        "has_plan": True,
        "weeks": weeks,
        "plots": results.plot_of(weeks),
        "mondays": mondays,
        "uses": [(row.label, list(zip(mondays, row.cells, strict=True))) for row in uses],
        "lines": lines,
        "binds": results.binds(plan, sites),
        "bought": results.bought_of(plan, sites),
        "unplaced": results.unplaced(plan),
        "never": plan.findings.get("never", 0),
        "distance": wording.distance(plan.gap),
        "usable": plan.state in PLAN_USABLE and bool(plan.served),
        "chosen": chosen,
        "differ": results.moved_members(plan, chosen) if chosen is not None else 0,
    }


def _export(user: User, plan: Scenario) -> HttpResponseBase:
    data = {"list": "plan", "plan": plan.pk, "rows": plan.people}
    audit.record(actor=user, action="ui.list_exported", target=plan.campaign, now=clock.now(), data=data)
    header = [_("Semaine"), _("Nom"), _("Prénom"), _("Courriel"), _("Service"), _("Site"), _("Priorité"), _("Besoins")]
    response = StreamingHttpResponse(csv.lines(header, _rows(plan)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="plan-{plan.pk}-{clock.today()}.csv"'
    response["Cache-Control"] = "no-store"
    return response


def _rows(plan: Scenario) -> Iterator[list[object]]:
    members = queries.planned_members(plan.campaign).select_related("agent", "team", "site", "campaign")
    weeks = dict(plan.planned.values_list("member_id", "week"))
    last = plan.campaign.weeks
    for member in sorted(members, key=lambda each: (weeks.get(each.pk, last), each.priority)):
        week, agent = weeks.get(member.pk), member.agent
        yield [
            wording.monday(plan.campaign, week) if week is not None else "",
            agent.last_name,
            agent.first_name,
            agent.email,
            str(member.team or ""),
            str(member.site or ""),
            str(member.get_priority_display()),
            needs_of(member),
        ]


@require_safe
@never_cache
def progress(request: HttpRequest, rollout_plan_id: int) -> HttpResponse:
    """How far the search is, for htmx; the whole page again once it has come to an end."""
    user = signed_in(request)
    plan = one(queries.scenarios_visible_to(user), rollout_plan_id)
    context = _about(user, plan)
    # Asked every two seconds: a screen reader is told only what is new.
    context["speaks"] = bool(context["busy"]) and request.GET.get("vu") != context["said_key"]
    response = render(request, "rollout/plan_progress.html", context)
    if plan.state not in PLAN_BUSY:
        response["HX-Refresh"] = "true"
    return response


@require_POST
def stop(request: HttpRequest, rollout_plan_id: int) -> HttpResponse:
    """Search no more."""
    user = signed_in(request)
    plan = one(queries.scenarios_visible_to(user), rollout_plan_id)
    try:
        services.stop(actor=user, scenario=plan, now=clock.now())
    except Conflict as problem:
        messages.error(request, str(problem.message))
    else:
        messages.success(request, _("Le calcul s’arrête\u202f: le meilleur plan trouvé est gardé."))
    return redirect("rollout:plan", plan.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest, rollout_plan_id: int) -> HttpResponse:
    """The campaign follows it; asked once, with what changes."""
    user = signed_in(request)
    plan = one(queries.scenarios_visible_to(user), rollout_plan_id)
    authz.require(permissions.can_manage(user, plan.campaign.entity))
    if request.method == "POST":
        return _try(
            request,
            lambda: services.choose(actor=user, scenario=plan, now=clock.now()),
            _("La campagne suit ce plan."),
            plan,
            "rollout:campaign",
        )
    chosen = queries.chosen_plan(plan.campaign)
    moved = results.moved_members(plan, chosen) if chosen is not None and chosen.pk != plan.pk else 0
    consequence = _("Aucun agent n’est prévenu tant que vous n’annoncez pas les vagues.")
    if moved:
        said = _("%(n)s participants changent de semaine par rapport au plan suivi jusqu’ici.") % {"n": moved}
        consequence = f"{said} {consequence}"
    context = {
        "question": _("Suivre le plan «\u202f%(name)s\u202f»\u202f?") % {"name": plan},
        "consequence": consequence,
        "yes": _("Suivre ce plan"),
        "back_url": reverse("rollout:plan", args=[plan.pk]),
    }
    return render(request, "ui/confirm.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, rollout_plan_id: int) -> HttpResponse:
    """Ask, then throw it away."""
    user = signed_in(request)
    plan = one(queries.scenarios_visible_to(user), rollout_plan_id)
    authz.require(permissions.can_manage(user, plan.campaign.entity))
    if request.method == "POST":
        return _try(
            request,
            lambda: services.delete(actor=user, scenario=plan, now=clock.now()),
            _("Le plan est supprimé."),
            plan,
            "rollout:plans",
        )
    context = {
        "question": _("Supprimer le plan «\u202f%(name)s\u202f»\u202f?") % {"name": plan},
        "consequence": _("Rien ne change pour les agents."),
        "yes": _("Supprimer"),
        "danger": True,
        "back_url": reverse("rollout:plan", args=[plan.pk]),
    }
    return render(request, "ui/confirm.html", context)


def _try(request: HttpRequest, act: Any, said: str, plan: Scenario, then: str) -> HttpResponse:
    """Do it and go on to the campaign's page; what stands against it is said on the plan's."""
    campaign = plan.campaign_id
    try:
        act()
    except Conflict as problem:
        messages.error(request, _sentence(problem))
        return redirect("rollout:plan", plan.pk)
    messages.success(request, said)
    return redirect(then, campaign)


def _sentence(problem: ParvisError) -> str:
    return f"{problem.message} {problem.advice}".strip()


@require_safe
def compare(request: HttpRequest, campaign_id: int) -> HttpResponseBase:
    """Up to four plans of a campaign side by side; or the CSV."""
    user = signed_in(request)
    campaign = one(queries.campaigns_visible_to(user), campaign_id)
    keys = [int(each) for each in request.GET.getlist("s")[:MOST_COMPARED] if each.isdecimal() and len(each) < 10]
    plans = campaign.scenarios.filter(pk__in=keys, served__isnull=False).select_related("campaign")
    several = results.compare(list(plans.order_by("asked_at", "pk")))
    if not several:
        messages.error(request, _("Cochez au moins un plan calculé."))
        return redirect("rollout:plans", campaign.pk)
    if request.GET.get("format") == "csv":
        return _export_compared(user, campaign, several)
    query = request.GET.copy()
    query["format"] = "csv"
    mondays = queries.mondays(campaign)
    context = {
        "campaign": campaign,
        "several": several,
        "table": [(monday, [(each.scenario, each.weeks[at]) for each in several]) for at, monday in enumerate(mondays)],
        "by_week": results.plot_by_week(campaign, several),
        "in_all": results.plot_in_all(campaign, several),
        "export": f"?{query.urlencode()}",
    }
    return render(request, "rollout/compare.html", context)


def _export_compared(user: User, campaign: Campaign, several: list[results.Compared]) -> HttpResponseBase:
    rows: list[list[object]] = [
        [_("Équipés"), *(each.scenario.served for each in several)],
        [_("Sans semaine"), *(each.unplaced for each in several)],
        [_("Semaines de télétravail gagnées"), *(each.scenario.weeks_won for each in several)],
        [_("Services équipés en plusieurs fois"), *(each.scenario.teams_split for each in several)],
        [_("Déplacés par rapport au plan suivi"), *(each.scenario.moved for each in several)],
        [_("Ce qui change"), *(" ; ".join(each.changes) for each in several)],
        [_("Ce qui bloque"), *(" ; ".join(each.binds) for each in several)],
        [_("Ce qui manque"), *(" ; ".join(each.lacks) for each in several)],
    ]
    rows += [
        [monday, *(each.weeks[at].people for each in several)] for at, monday in enumerate(queries.mondays(campaign))
    ]
    data = {"list": "plans", "rows": len(rows)}
    audit.record(actor=user, action="ui.list_exported", target=campaign, now=clock.now(), data=data)
    lines = csv.lines(["", *(each.scenario.name for each in several)], rows)
    response = StreamingHttpResponse(iter(list(lines)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="comparaison-plans-{clock.today()}.csv"'
    response["Cache-Control"] = "no-store"
    return response
