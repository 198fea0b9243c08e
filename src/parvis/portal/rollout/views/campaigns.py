"""Campaigns: their list, one of them, its settings, what its weeks offer, how it goes on."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import is_staff
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid, NotFound
from parvis.portal.parc.models import Site
from parvis.portal.rollout import known, permissions, queries, results, wording
from parvis.portal.rollout.forms import CampaignForm, LinesForm, OffersForm
from parvis.portal.rollout.models import Campaign, Member
from parvis.portal.rollout.planning.problem import Resource
from parvis.portal.rollout.rules import CAMPAIGN_MOVES
from parvis.portal.rollout.services import campaigns as services
from parvis.portal.rollout.tables import CampaignFilter, CampaignTable, campaign_badge
from parvis.portal.ui.listing import ListingView

PLANS_SHOWN = 6


class CampaignList(ListingView):
    """The campaigns of the user's perimeter."""

    table_class, filterset_class = CampaignTable, CampaignFilter
    template_name = "rollout/campaigns.html"
    title = gettext_lazy("Campagnes de déploiement")
    lead = gettext_lazy("Équiper beaucoup d’agents en peu de temps\u202f: qui, quelle semaine, avec quoi.")
    search_fields = ("name", "entity__name")
    export_name = "campagnes"
    empty_icon = "users"
    empty_title = gettext_lazy("Aucune campagne")
    empty_text = gettext_lazy("Créez-en une\u202f: choisissez les agents, dites ce que vous avez, demandez un plan.")

    def authorize(self) -> authz.Decision:
        """The IT team and auditors."""
        return permissions.can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Campaign]:
        """The latest first."""
        return queries.counts(queries.campaigns_visible_to(signed_in(self.request))).order_by("-starts_date", "-pk")

    def extra_context(self) -> dict[str, object]:
        """Whether the user may make one."""
        return {"manages": is_staff(signed_in(self.request))}


@require_safe
def show(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """A campaign: its people, what it has, its plans."""
    user = signed_in(request)
    campaign = one(queries.campaigns_visible_to(user), campaign_id)
    plans = list(campaign.scenarios.select_related("campaign").order_by("-is_chosen", "-asked_at", "-pk"))
    chosen = plans[0] if plans and plans[0].is_chosen else None
    context: dict[str, Any] = {
        "campaign": campaign,
        "badge": campaign_badge(campaign),
        "manages": bool(permissions.can_manage(user, campaign.entity)),
        "is_open": campaign.state != Campaign.State.CLOSED,
        "moves": _moves(campaign),
        "counted": results.people_now(campaign),
        "aside": _aside(campaign),
        "offers": _offers(campaign),
        "lines": campaign.lines.count(),
        "plans": [(plan, *wording.STATES[plan.state], results.unplaced(plan)) for plan in plans[:PLANS_SHOWN]],
        "more_plans": max(len(plans) - PLANS_SHOWN, 0),
        "comparable": sum(plan.served is not None for plan in plans) > 1,
        "chosen": chosen,
        "weeks": results.weeks_of(chosen) if chosen is not None else [],
        "counted_waves": campaign.waves.count(),
    }
    return render(request, "rollout/campaign.html", context)


def _aside(campaign: Campaign) -> list[tuple[str, int]]:
    """Why members are left out: words and how many, the most first."""
    rows = campaign.members.exclude(left_out="").values("left_out").annotate(n=Count("pk")).order_by("-n", "left_out")
    return [(wording.left_out(row["left_out"]), row["n"]) for row in rows]


def _offers(campaign: Campaign) -> list[tuple[str, str]]:
    """What is limited, and by how much over all weeks, in words."""
    units: dict[str, list[float]] = {}
    for offer in campaign.offers.filter(week__lt=campaign.weeks).order_by("week"):
        units.setdefault(offer.resource, []).append(wording.quantity(offer.resource, offer.units))
    return [
        (str(wording.LABELS[resource]), _in_short(units[resource.value]))
        for resource in Resource
        if resource.value in units
    ]


def _in_short(values: list[float]) -> str:
    if len(set(values)) == 1 and len(values) > 1:
        return _("%(n)s chaque semaine") % {"n": wording.number(values[0])}
    return " · ".join(wording.number(value) for value in values)


def _moves(campaign: Campaign) -> list[tuple[str, str, str]]:
    """Where it may go: state, words on the button, icon."""
    words = {
        "running": (_("Reprendre") if campaign.state == Campaign.State.PAUSED else _("Démarrer"), "player-play"),
        "paused": (_("Arrêter"), "player-stop"),
        "closed": (_("Terminer"), "archive"),
    }
    order = ("running", "paused", "closed")
    return [(to, *words[to]) for to in order if to in CAMPAIGN_MOVES[campaign.state]]


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """A new campaign."""
    user = signed_in(request)
    authz.require(authz.YES if is_staff(user) else NOT_STAFF)
    form = CampaignForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        entity = form.cleaned_data["entity"]
        try:
            campaign = services.create(actor=user, entity=entity, data=form.data_of(), now=clock.now())
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("La campagne est créée. Choisissez maintenant qui équiper."))
            return redirect("rollout:choose", campaign.pk)
    context = {"form": form, "title": _("Nouvelle campagne"), "back_url": reverse("rollout:campaigns")}
    return render(request, "rollout/campaign_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Its words and figures."""
    user, campaign = managed(request, campaign_id)
    form = CampaignForm(request.POST or None, user=user, campaign=campaign)
    if request.method == "POST" and form.is_valid():
        try:
            services.change(actor=user, campaign=campaign, data=form.data_of(), now=clock.now())
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("La campagne est enregistrée."))
            return redirect("rollout:campaign", campaign.pk)
    back = reverse("rollout:campaign", args=[campaign.pk])
    context = {"form": form, "title": campaign.name, "back_url": back, "campaign": campaign}
    return render(request, "rollout/campaign_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def offers(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """What each week has, and what the lines of sites carry."""
    user, campaign = managed(request, campaign_id)
    sites = _sites_with_people(campaign)
    form = OffersForm(request.POST or None, campaign=campaign)
    lines = LinesForm(request.POST or None, campaign=campaign, sites=sites)
    mondays = queries.mondays(campaign)
    if request.method == "POST" and form.is_valid() and lines.is_valid():
        services.set_offers(actor=user, campaign=campaign, offers=form.offers(), now=clock.now())
        services.set_lines(actor=user, campaign=campaign, lines=lines.lines(), now=clock.now())
        messages.success(request, _("C’est enregistré. Demandez un plan pour voir ce que cela donne."))
        return redirect("rollout:campaign", campaign.pk)
    context = {
        "campaign": campaign,
        "form": form,
        "rows": [
            (row, list(zip(mondays, row.cells, strict=True))) for row in form.rows(known.hints(campaign, clock.now()))
        ],
        "lines": lines,
        "mondays": mondays,
        "counted": results.people_now(campaign),
    }
    return render(request, "rollout/offers.html", context)


def _sites_with_people(campaign: Campaign) -> list[Site]:
    """The sites where members' computers are, or with a line already; each with `people`."""
    members = Member.objects.filter(campaign=campaign, left_out="").exclude(site=None)
    people = dict(members.values_list("site").annotate(n=Count("pk")))
    wanted = Q(pk__in=list(people)) | Q(pk__in=campaign.lines.values("site"))
    sites = list(queries.sites_of(campaign).filter(wanted))
    for site in sites:
        site.people = people.get(site.pk, 0)  # type: ignore[attr-defined]
    return sorted(sites, key=lambda site: -people.get(site.pk, 0))


QUESTIONS = {
    "running": (
        gettext_lazy("Démarrer la campagne\u202f?"),
        gettext_lazy("Les vagues annoncées s’ouvriront à leur heure."),
    ),
    "paused": (
        gettext_lazy("Arrêter la campagne\u202f?"),
        gettext_lazy("Plus rien ne s’ouvre ni ne part. Vous pourrez la reprendre."),
    ),
    "closed": (
        gettext_lazy("Terminer la campagne\u202f?"),
        gettext_lazy("Elle ne pourra plus être modifiée. Ce qui est ouvert aux agents le reste."),
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, campaign_id: int, state: str) -> HttpResponse:
    """Start, stop, resume or end it; asked once."""
    user, campaign = managed(request, campaign_id)
    if state not in QUESTIONS:
        raise NotFound
    back = reverse("rollout:campaign", args=[campaign.pk])
    if request.method == "POST":
        try:
            services.move(actor=user, campaign=campaign, to=state, now=clock.now())
        except Conflict as problem:
            messages.error(request, f"{problem.message} {problem.advice}".strip())
        else:
            messages.success(request, _("C’est fait."))
        return redirect(back)
    question, consequence = QUESTIONS[state]
    words = {to: label for to, label, _icon in _moves(campaign)}
    context = {
        "question": question,
        "consequence": consequence,
        "yes": words.get(state, _("Continuer")),
        "danger": state == "closed",
        "back_url": back,
    }
    return render(request, "ui/confirm.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Ask, then take it away."""
    user, campaign = managed(request, campaign_id)
    back = reverse("rollout:campaign", args=[campaign.pk])
    if request.method == "POST":
        try:
            services.delete(actor=user, campaign=campaign, now=clock.now())
        except Conflict as problem:
            messages.error(request, f"{problem.message} {problem.advice}".strip())
            return redirect(back)
        messages.success(request, _("La campagne est supprimée."))
        return redirect("rollout:campaigns")
    context = {
        "question": _("Supprimer la campagne «\u202f%(name)s\u202f»\u202f?") % {"name": campaign},
        "consequence": _("Sa liste d’agents et ses plans sont perdus. Rien ne change pour les agents."),
        "yes": _("Supprimer"),
        "danger": True,
        "back_url": back,
    }
    return render(request, "ui/confirm.html", context)


def managed(request: HttpRequest, campaign_id: int) -> tuple[User, Campaign]:
    """The user, and a campaign they see and run.

    Raises:
        NotFound: outside the perimeter.
        NotAllowed: seen, not run.
    """
    user = signed_in(request)
    campaign = one(queries.campaigns_visible_to(user), campaign_id)
    authz.require(permissions.can_manage(user, campaign.entity))
    return user, campaign
