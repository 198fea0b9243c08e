"""Pools and resources made and changed by the IT team."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from parvis.portal.booking import permissions, phones, queries
from parvis.portal.booking.forms import PasteForm, PoolForm, ResourceForm
from parvis.portal.booking.models import Pool, Resource
from parvis.portal.booking.services import outages, pools
from parvis.portal.booking.services.pools import PoolData, ResourceData
from parvis.portal.booking.views.asking import can_watch, show_problems
from parvis.portal.directory.access import one, signed_in
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Conflict, Invalid


@require_http_methods(["GET", "HEAD", "POST"])
def create_pool(request: HttpRequest) -> HttpResponse:
    """A new pool."""
    authz.require(permissions.can_manage(signed_in(request)))
    return _pool_form(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def change_pool(request: HttpRequest, pool_id: int) -> HttpResponse:
    """Change a pool."""
    user = signed_in(request)
    pool = one(queries.pools_run_by(user), pool_id)
    authz.require(permissions.can_manage(user, pool.entity))
    return _pool_form(request, pool)


def _pool_form(request: HttpRequest, pool: Pool | None) -> HttpResponse:
    user = signed_in(request)
    initial = {name: getattr(pool, name) for name in PoolData.__dataclass_fields__} if pool else None
    form = PoolForm(request.POST or None, user=user, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            saved = pools.save_pool(actor=user, pool=pool, data=form.data_for_service, now=clock.now())
        except Invalid as problem:
            show_problems(form, problem)
        except Conflict as problem:
            form.add_error(None, f"{problem.message} {problem.advice}")
        else:
            messages.success(request, _("Le groupe est enregistré."))
            return redirect("booking:pool", pool_id=saved.pk)
    context = {
        "form": form,
        "heading": pool.name if pool else _("Nouveau groupe de salles"),
        "back_url": reverse("booking:pool", args=[pool.pk]) if pool else reverse("booking:pools"),
        "back_label": pool.name if pool else _("Groupes de salles"),
    }
    return render(request, "booking/form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def delete_pool(request: HttpRequest, pool_id: int) -> HttpResponse:
    """Ask, then take away."""
    user = signed_in(request)
    pool = one(queries.pools_run_by(user), pool_id)
    authz.require(permissions.can_manage(user, pool.entity))
    if request.method == "POST":
        pools.delete_pool(actor=user, pool=pool, now=clock.now())
        messages.success(request, _("Le groupe est supprimé."))
        return redirect("booking:pools")
    context = {
        "question": _("Supprimer le groupe «\u202f%(pool)s\u202f»\u202f?") % {"pool": pool},
        "consequence": _("Ses salles sont supprimées aussi. Un groupe qui a déjà servi se ferme aux agents, plutôt."),
        "yes": _("Supprimer"),
        "danger": True,
        "back_url": reverse("booking:pool", args=[pool.pk]),
    }
    return render(request, "ui/confirm.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def create_resource(request: HttpRequest, pool_id: int) -> HttpResponse:
    """A new resource of a pool."""
    user = signed_in(request)
    pool = one(queries.pools_run_by(user), pool_id)
    authz.require(permissions.can_manage(user, pool.entity))
    return _resource_form(request, pool, None)


@require_http_methods(["GET", "HEAD", "POST"])
def change_resource(request: HttpRequest, resource_id: int) -> HttpResponse:
    """See a resource, or change it."""
    user = signed_in(request)
    resource = one(queries.resources_run_by(user), resource_id)
    authz.require(can_watch(user))
    if request.method == "POST":
        authz.require(permissions.can_manage(user, resource.pool.entity))
    return _resource_form(request, resource.pool, resource)


def _resource_form(request: HttpRequest, pool: Pool, resource: Resource | None) -> HttpResponse:
    user = signed_in(request)
    initial = None
    if resource is not None:
        initial = {name: getattr(resource, name) for name in ResourceData.__dataclass_fields__}
        initial["phone_number"] = phones.shown(resource.phone_number)
    form = ResourceForm(request.POST or None, user=user, pool=pool, initial=initial)
    editable = bool(permissions.can_manage(user, pool.entity))
    if not editable:  # who only watches is told no code: it lets into meetings
        for name in ("pin", "moderator_pin"):
            form.fields.pop(name, None)
    if request.method == "POST" and form.is_valid():
        try:
            pools.save_resource(actor=user, pool=pool, resource=resource, data=form.data_for_service, now=clock.now())
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("La salle est enregistrée."))
            return redirect("booking:pool", pool_id=pool.pk)
    context = {
        "form": form,
        "pool": pool,
        "resource": resource,
        "heading": resource.name if resource else _("Nouvelle salle"),
        "back_url": reverse("booking:pool", args=[pool.pk]),
        "back_label": pool.name,
        "ahead": outages.ahead_of(resource, now=clock.now()) if resource else 0,
        "editable": editable,
    }
    return render(request, "booking/resource.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def paste(request: HttpRequest, pool_id: int) -> HttpResponse:
    """Several resources at once: pasted lines, or a CSV file."""
    user = signed_in(request)
    pool = one(queries.pools_run_by(user), pool_id)
    authz.require(permissions.can_manage(user, pool.entity))
    form = PasteForm(request.POST or None, request.FILES or None, user=user, pool=pool)
    if request.method == "POST" and form.is_valid():
        try:
            made = pools.add_resources(actor=user, pool=pool, lines=form.resources(), now=clock.now())
        except Invalid as problem:
            show_problems(form, problem)
        else:
            said = ngettext("%(n)d salle ajoutée.", "%(n)d salles ajoutées.", len(made)) % {"n": len(made)}
            messages.success(request, said)
            return redirect("booking:pool", pool_id=pool.pk)
    context = {
        "form": form,
        "heading": _("Ajouter plusieurs salles"),
        "back_url": reverse("booking:pool", args=[pool.pk]),
        "back_label": pool.name,
        "sends_file": True,
    }
    return render(request, "booking/form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def delete_resource(request: HttpRequest, resource_id: int) -> HttpResponse:
    """Ask, then take away."""
    user = signed_in(request)
    resource = one(queries.resources_run_by(user), resource_id)
    authz.require(permissions.can_manage(user, resource.pool.entity))
    if request.method == "POST":
        pool_id = resource.pool_id
        pools.delete_resource(actor=user, resource=resource, now=clock.now())
        messages.success(request, _("La salle est supprimée."))
        return redirect("booking:pool", pool_id=pool_id)
    context = {
        "question": _("Supprimer «\u202f%(room)s\u202f»\u202f?") % {"room": resource},
        "consequence": _("Une salle qui a déjà servi se met hors service, plutôt\u202f: elle garde son historique."),
        "yes": _("Supprimer"),
        "danger": True,
        "back_url": reverse("booking:resource", args=[resource.pk]),
    }
    return render(request, "ui/confirm.html", context)
