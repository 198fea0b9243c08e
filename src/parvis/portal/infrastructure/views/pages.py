"""Pages: a service, a line, what stops when something stops, an outage."""

from __future__ import annotations

from copy import copy
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.models import Entity
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import is_staff
from parvis.portal.infrastructure import queries, services
from parvis.portal.infrastructure.forms import BehindForm, LineForm, OutageForm, ServiceForm
from parvis.portal.infrastructure.models import ITService, Line, Outage, SiteLink, Uplink
from parvis.portal.infrastructure.picture import draw
from parvis.portal.infrastructure.rules import Node
from parvis.portal.kernel import clock
from parvis.portal.kernel.authz import YES, require
from parvis.portal.kernel.errors import Invalid
from parvis.portal.parc.models import Asset, Site
from parvis.portal.parc.permissions import can_manage
from parvis.portal.parc.record_queries import watched_assets


def service(request: HttpRequest, it_service_id: int) -> HttpResponse:
    """A service: what it runs on, what it needs, what stops with it."""
    user = signed_in(request)
    found = one(queries.services_visible_to(user), it_service_id)
    context = {
        **_impact(user, ("service", found.pk), str(found)),
        "service": found,
        "hosts": watched_assets(user).filter(it_services=found).order_by("name"),
        "needs": queries.services_visible_to(user).filter(needed_by=found),
        "manages": can_manage(user, found.entity),
        "outage_url": reverse("infrastructure:declare_service_outage", args=[found.pk]),
        "outages": list(queries.running(queries.outages_visible_to(user).filter(it_service=found.pk), clock.now())[:5]),
    }
    return render(request, "infrastructure/service.html", context)


def create_service(request: HttpRequest) -> HttpResponse:
    """A new service."""
    user = signed_in(request)
    require(YES if is_staff(user) else NOT_STAFF)
    return _service_form(request, user, ITService())


def edit_service(request: HttpRequest, it_service_id: int) -> HttpResponse:
    """Change a service."""
    user = signed_in(request)
    found = one(queries.services_visible_to(user), it_service_id)
    require(can_manage(user, found.entity))
    return _service_form(request, user, found)


def _service_form(request: HttpRequest, user: User, found: ITService) -> HttpResponse:
    form = ServiceForm(request.POST or None, instance=copy(found), user=user)
    if form.is_valid():
        data = dict(form.cleaned_data)
        hosts, needs, entity = list(data.pop("hosts")), list(data.pop("needs")), data.pop("entity")
        if found.pk:  # what the user does not see stays as it is
            hosts += found.hosts.exclude(pk__in=queries.assets_of_kinds(user, queries.SERVERS).order_by().values("pk"))
            needs += found.needs.exclude(pk__in=queries.services_visible_to(user).order_by().values("pk"))
        try:
            saved = services.save_service(
                actor=user, service=found, entity=entity, values=data, hosts=hosts, needs=needs, now=clock.now()
            )
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("Le service est enregistré."))
            return redirect("infrastructure:service", it_service_id=saved.pk)
    back_url = reverse("infrastructure:service", args=[found.pk]) if found.pk else reverse("infrastructure:services")
    title = str(found) if found.pk else _("Nouveau service")
    return render(request, "infrastructure/form.html", {"form": form, "back_url": back_url, "title": title})


def delete_service(request: HttpRequest, it_service_id: int) -> HttpResponse:
    """Ask, then forget it."""
    user = signed_in(request)
    found = one(queries.services_visible_to(user), it_service_id)
    require(can_manage(user, found.entity))
    if request.method == "POST":
        services.delete_service(actor=user, service=found, now=clock.now())
        messages.success(request, _("Le service est supprimé."))
        return redirect("infrastructure:services")
    context = {
        "question": _("Supprimer le service %(name)s\u202f?") % {"name": found.name},
        "consequence": _("Ses liens avec les serveurs et les autres services sont oubliés."),
        "yes": _("Supprimer"),
        "danger": True,
        "back_url": reverse("infrastructure:service", args=[found.pk]),
    }
    return render(request, "ui/confirm.html", context)


def asset_impact(request: HttpRequest, asset_id: int) -> HttpResponse:
    """If this asset stops; and behind what it is."""
    user = signed_in(request)
    asset = one(watched_assets(user), asset_id)
    manages = can_manage(user, asset.entity)
    uplink = Uplink.objects.filter(asset=asset).first()
    form = BehindForm(
        request.POST or None, initial={"behind": uplink and uplink.behind_id}, user=user, without=asset.pk
    )
    if request.method == "POST":
        require(manages)
        if form.is_valid():
            try:
                services.put_behind(actor=user, asset=asset, behind=form.cleaned_data["behind"], now=clock.now())
            except Invalid as problem:
                show_problems(form, problem)
            else:
                messages.success(request, _("Le raccordement est enregistré."))
                return redirect("infrastructure:asset_impact", asset_id=asset.pk)
    context = {
        **_impact(user, ("asset", asset.pk), str(asset)),
        "thing": asset,
        "form": form if manages else None,
        "manages": manages,
        **_behind(user, uplink),
        "back_url": reverse("parc:asset", args=[asset.pk]),
        "outage_url": reverse("infrastructure:declare_asset_outage", args=[asset.pk]),
    }
    return render(request, "infrastructure/impact.html", context)


def site_impact(request: HttpRequest, site_id: int) -> HttpResponse:
    """If this site stops; and through what its network passes."""
    user = signed_in(request)
    site = one(queries.sites_watched_by(user), site_id)
    manages = can_manage(user, site.entity)
    link = SiteLink.objects.filter(site=site).first()
    form = BehindForm(request.POST or None, initial={"behind": link and link.behind_id}, user=user)
    if request.method == "POST":
        require(manages)
        if form.is_valid():
            services.link_site(actor=user, site=site, behind=form.cleaned_data["behind"], now=clock.now())
            messages.success(request, _("Le raccordement est enregistré."))
            return redirect("infrastructure:site_impact", site_id=site.pk)
    context = {
        **_impact(user, ("site", site.pk), str(site)),
        "thing": site,
        "form": form if manages else None,
        "manages": manages,
        **_behind(user, link),
        "back_url": reverse("parc:site", args=[site.pk]),
        "outage_url": reverse("infrastructure:declare_site_outage", args=[site.pk]),
    }
    return render(request, "infrastructure/impact.html", context)


def _behind(user: User, link: Uplink | SiteLink | None) -> dict[str, Any]:
    """Behind what it is; outside the user's perimeter that has no name."""
    behind = watched_assets(user).filter(pk=link.behind_id).first() if link is not None else None
    return {"behind": behind, "linked": link is not None}


def _impact(user: User, cause: Node, name: str) -> dict[str, Any]:
    impact = queries.impact_of(user, cause)
    labels: dict[Node, str] = {cause: name}
    labels |= {("service", each.pk): str(each) for each in impact.services}
    labels |= {("site", each.pk): str(each) for each in impact.sites}
    labels |= {("asset", each.pk): str(each) for each in impact.assets}
    return {"impact": impact, "picture": draw(cause, impact.stops, labels)}


def create_line(request: HttpRequest) -> HttpResponse:
    """A new line."""
    user = signed_in(request)
    require(YES if is_staff(user) else NOT_STAFF)
    return _line_form(request, user, Line())


def line(request: HttpRequest, phone_line_id: int) -> HttpResponse:
    """A line: read by who watches, changed by the IT team."""
    user = signed_in(request)
    found = one(queries.lines_visible_to(user), phone_line_id)
    if not can_manage(user, found.entity):
        require(YES if request.method == "GET" else NOT_STAFF)
        return render(request, "infrastructure/line.html", {"line": found})
    return _line_form(request, user, found)


def _line_form(request: HttpRequest, user: User, found: Line) -> HttpResponse:
    form = LineForm(request.POST or None, instance=copy(found), user=user)
    if form.is_valid():
        try:
            services.save_line(actor=user, line=found, values=form.cleaned_data, now=clock.now())
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("La ligne est enregistrée."))
            return redirect("infrastructure:lines")
    title = str(found) if found.pk else _("Nouvelle ligne")
    context = {"form": form, "back_url": reverse("infrastructure:lines"), "title": title}
    return render(request, "infrastructure/form.html", context)


def declare_asset_outage(request: HttpRequest, asset_id: int) -> HttpResponse:
    """Tell that an asset is stopped."""
    user = signed_in(request)
    asset = one(watched_assets(user), asset_id)
    return _outage_form(request, user, asset.entity, asset=asset)


def declare_site_outage(request: HttpRequest, site_id: int) -> HttpResponse:
    """Tell that a site is stopped."""
    user = signed_in(request)
    site = one(queries.sites_watched_by(user), site_id)
    return _outage_form(request, user, site.entity, site=site)


def declare_service_outage(request: HttpRequest, it_service_id: int) -> HttpResponse:
    """Tell that a service is stopped."""
    user = signed_in(request)
    found = one(queries.services_visible_to(user), it_service_id)
    return _outage_form(request, user, found.entity, it_service=found)


def _outage_form(request: HttpRequest, user: User, entity: Entity, **thing: Asset | Site | ITService) -> HttpResponse:
    require(can_manage(user, entity))
    name, stopped = next(iter(thing.items()))
    about: Node = ({"asset": "asset", "site": "site", "it_service": "service"}[name], stopped.pk)
    first = {"title": _("Arrêt de %(name)s") % {"name": stopped}, "starts_at": clock.now()}
    form = OutageForm(request.POST or None, initial=first)
    if form.is_valid():
        outage = Outage(entity=entity, **form.cleaned_data, **thing)
        try:
            services.declare_outage(actor=user, outage=outage, now=clock.now())
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("La coupure est déclarée."))
            return redirect("infrastructure:outage", outage_id=outage.pk)
    context = {
        "form": form,
        "title": _("Déclarer une coupure"),
        "impact": queries.impact_of(user, about),
        "back_url": reverse("infrastructure:outages"),
    }
    return render(request, "infrastructure/form.html", context)


def outage(request: HttpRequest, outage_id: int) -> HttpResponse:
    """An outage: what it stops, whom it hits."""
    user = signed_in(request)
    found, now = one(queries.outages_visible_to(user), outage_id), clock.now()
    running = found.starts_at < now and (found.ends_at is None or found.ends_at > now)
    node: Node = ("asset", found.asset_id or 0)
    if found.site_id is not None:
        node = ("site", found.site_id)
    if found.it_service_id is not None:
        node = ("service", found.it_service_id)
    stopped = found.asset or found.site or found.it_service
    context = {
        **_impact(user, node, str(stopped)),
        "outage": found,
        "stopped": stopped,
        "running": running,
        "manages": can_manage(user, found.entity),
    }
    return render(request, "infrastructure/outage.html", context)


@require_POST
def end_outage(request: HttpRequest, outage_id: int) -> HttpResponse:
    """It works again."""
    user = signed_in(request)
    found = one(queries.outages_visible_to(user), outage_id)
    services.end_outage(actor=user, outage=found, now=clock.now())
    messages.success(request, _("La coupure est terminée."))
    return redirect("infrastructure:outage", outage_id=found.pk)
