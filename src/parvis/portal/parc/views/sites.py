"""Sites: list, page, form."""

from __future__ import annotations

from copy import copy

import django_tables2 as tables
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import agents_visible_to, is_staff
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Invalid
from parvis.portal.parc import permissions, queries, record_queries, site_services
from parvis.portal.parc.forms import SiteForm
from parvis.portal.parc.models import Asset, Site
from parvis.portal.parc.sections import site_sections
from parvis.portal.parc.views.computer_list import watches
from parvis.portal.ui.listing import ListingTable, ListingView


class SiteTable(ListingTable):
    """One site a row."""

    name = tables.Column(linkify=("parc:site", {"site_id": tables.A("pk")}), verbose_name=gettext_lazy("Nom"))
    asset_count = tables.Column(verbose_name=gettext_lazy("Matériels"))
    computer_count = tables.Column(verbose_name=gettext_lazy("Ordinateurs"))

    class Meta(ListingTable.Meta):
        model = Site
        fields = ("name", "entity", "asset_count", "computer_count", "address", "wake_by")
        sequence = fields


class SiteList(ListingView):
    """The sites of the user's perimeter."""

    table_class = SiteTable
    template_name = "parc/sites.html"
    title = gettext_lazy("Sites")
    lead = gettext_lazy("Les bâtiments\u202f: le matériel qui s’y trouve, et comment les ordinateurs sont réveillés.")
    search_fields = ("name", "address", "entity__name")
    export_name = "sites"
    empty_icon = "building"
    empty_title = gettext_lazy("Aucun site")
    empty_text = gettext_lazy("Ajoutez vos bâtiments pour y rattacher le matériel.")

    def authorize(self) -> authz.Decision:
        """For the IT team and the auditors."""
        return watches(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Site]:
        """With how many assets and computers are there."""
        return record_queries.sites_with_counts(queries.sites_visible_to(signed_in(self.request)))

    def extra_context(self) -> dict[str, object]:
        """Whether the user may add sites."""
        return {"manages": is_staff(signed_in(self.request))}


def detail(request: HttpRequest, site_id: int) -> HttpResponse:
    """One site: its equipment by kind and state, its rooms and plans, who works there."""
    user, site = _ask(request, site_id)
    assets = record_queries.watched_assets(user).filter(site=site)
    states, rows = record_queries.counts_by_kind_and_state(assets)
    on = queries.computers_visible_to(user).filter(site=site, reachability="on").order_by()
    agents = agents_visible_to(user).filter(assets__site=site, is_active=True).distinct()
    context = {
        "site": site,
        "manages": permissions.can_manage(user, site.entity),
        "states": [(state, Asset.State(state).label) for state in states],
        "rows": rows,
        "count": sum(row.total for row in rows),
        "on": on.count(),
        "rooms": record_queries.room_counts(user, site)[:SHOWN_ROOMS],
        "plans": site.plans.all(),
        "agents": agents.order_by("last_name", "first_name", "pk")[:SHOWN_AGENTS],
        "agent_count": agents.count(),
        "map_url": map_url(site),
        "sections": site_sections(request, site),
    }
    return render(request, "parc/site.html", context)


SHOWN_AGENTS = 12
SHOWN_ROOMS = 300


def map_url(site: Site) -> str:
    """A page of OpenStreetMap about this place, for a person to follow; empty where the place is not known."""
    if site.latitude is None or site.longitude is None:
        return ""
    place = f"{site.latitude}/{site.longitude}"
    return f"https://www.openstreetmap.org/?mlat={site.latitude}&mlon={site.longitude}#map=17/{place}"


def create(request: HttpRequest) -> HttpResponse:
    """A new site."""
    user = signed_in(request)
    authz.require(authz.YES if is_staff(user) else NOT_STAFF)
    form = SiteForm(request.POST or None, user=user)
    if form.is_valid():
        try:
            site = site_services.create_site(actor=user, data=form.cleaned_data, now=clock.now())  # type: ignore[arg-type]
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("Le site est ajouté."))
            return redirect("parc:site", site_id=site.pk)
    return render(request, "parc/site_form.html", {"form": form, "back_url": reverse("parc:sites")})


def edit(request: HttpRequest, site_id: int) -> HttpResponse:
    """Change what is known of it."""
    user, site = _ask(request, site_id)
    authz.require(permissions.can_manage(user, site.entity))
    form = SiteForm(request.POST or None, instance=copy(site), user=user)
    back_url = reverse("parc:site", kwargs={"site_id": site.pk})
    if form.is_valid():
        try:
            site_services.update_site(actor=user, site=site, data=form.cleaned_data, now=clock.now())  # type: ignore[arg-type]
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("Les changements sont enregistrés."))
            return redirect(back_url)
    return render(request, "parc/site_form.html", {"form": form, "site": site, "back_url": back_url})


def delete(request: HttpRequest, site_id: int) -> HttpResponse:
    """Ask, then take it off the list."""
    user, site = _ask(request, site_id)
    authz.require(permissions.can_manage(user, site.entity))
    if request.method == "POST":
        site_services.delete_site(actor=user, site=site, now=clock.now())
        messages.success(request, _("Le site est retiré de la liste."))
        return redirect("parc:sites")
    context = {
        "question": _("Retirer le site %(name)s\u202f?") % {"name": site.name},
        "consequence": _("Un site où il reste du matériel ne peut pas être retiré."),
        "yes": _("Retirer"),
        "danger": True,
        "back_url": reverse("parc:site", kwargs={"site_id": site.pk}),
    }
    return render(request, "ui/confirm.html", context)


def _ask(request: HttpRequest, site_id: int) -> tuple[User, Site]:
    user = signed_in(request)
    return user, one(queries.sites_visible_to(user), site_id)
