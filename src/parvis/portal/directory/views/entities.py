"""The tree of entities."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from parvis.portal.accounts.models import User
from parvis.portal.directory import entity_services, permissions, queries
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.forms import EntityForm
from parvis.portal.directory.models import Entity, Role, RoleGrant
from parvis.portal.kernel import clock
from parvis.portal.kernel.authz import YES, require
from parvis.portal.kernel.errors import Conflict, Invalid


def tree(request: HttpRequest) -> HttpResponse:
    """The perimeter as a tree."""
    user = signed_in(request)
    require(YES if queries.has_role(user, *queries.VIEWING_ROLES) else permissions.NOT_STAFF)
    context = {"branches": queries.tree_visible_to(user), "manages": queries.has_role(user, Role.HEAD_OF_IT)}
    return render(request, "directory/entities.html", context)


def detail(request: HttpRequest, entity_id: int) -> HttpResponse:
    """One entity: what it is, what is below it, who has a role on it."""
    user, entity = _ask(request, entity_id)
    viewing = queries.has_role(user, *queries.VIEWING_ROLES, entity=entity)
    agents = queries.agents_visible_to(user).filter(entity__path__startswith=entity.path, is_active=True)
    grants = RoleGrant.objects.filter(entity=entity).select_related("user__agent").order_by("role", "user__last_name")
    context = {
        "entity": entity,
        "parents": queries.entities_visible_to(user).filter(pk__in=_ids_above(entity)).order_by("path"),
        "children": queries.entities_visible_to(user).filter(parent=entity).order_by("name"),
        "agent_count": agents.count(),
        "grants": grants if viewing else [],
        "manages": permissions.can_manage_entities(user, entity),
        "viewing": viewing,
    }
    return render(request, "directory/entity.html", context)


def create(request: HttpRequest) -> HttpResponse:
    """A new entity; `?parent=` says where."""
    user = signed_in(request)
    require(YES if queries.has_role(user, Role.HEAD_OF_IT) else permissions.NOT_HEAD_OF_IT)
    form = EntityForm(request.POST or None, initial={"parent": request.GET.get("parent")}, user=user)
    if form.is_valid():
        try:
            entity = entity_services.create_entity(actor=user, now=clock.now(), **form.cleaned_data)
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("«\u202f%(entity)s\u202f» est ajoutée.") % {"entity": entity})
            return redirect("directory:entity", entity_id=entity.pk)
    return render(request, "directory/entity_form.html", {"form": form, "back_url": reverse("directory:entities")})


def edit(request: HttpRequest, entity_id: int) -> HttpResponse:
    """Change its name, kind, SIRET, and where it is put."""
    user, entity = _ask(request, entity_id)
    require(permissions.can_manage_entities(user, entity))
    initial = {"name": entity.name, "kind": entity.kind, "siret": entity.siret, "parent": entity.parent_id}
    form = EntityForm(request.POST or None, initial=initial, user=user, entity=entity)
    back_url = reverse("directory:entity", kwargs={"entity_id": entity.pk})
    if form.is_valid():
        try:
            data = {"parent": None, **form.cleaned_data}  # no field: it stays where it is
            entity_services.change_entity(actor=user, entity=entity, now=clock.now(), **data)
        except Invalid as problem:
            show_problems(form, problem)
        except Conflict as conflict:
            form.add_error("parent", str(conflict.message))
        else:
            messages.success(request, _("Les changements sont enregistrés."))
            return redirect(back_url)
    context = {"form": form, "entity": one(Entity.objects.all(), entity.pk), "back_url": back_url}
    return render(request, "directory/entity_form.html", context)


def _ask(request: HttpRequest, entity_id: int) -> tuple[User, Entity]:
    user = signed_in(request)
    return user, one(queries.entities_visible_to(user).select_related("parent"), entity_id)


def _ids_above(entity: Entity) -> list[int]:
    return [int(step) for step in entity.path.rstrip(".").split(".")[:-1]]
