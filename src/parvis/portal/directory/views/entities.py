"""The tree of entities."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from parvis.portal.accounts.models import User
from parvis.portal.directory import entity_closing, entity_services, permissions, queries
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.forms import EntityForm, MergeForm
from parvis.portal.directory.models import Entity, Role
from parvis.portal.kernel import clock
from parvis.portal.kernel.authz import YES, require
from parvis.portal.kernel.errors import Conflict, Invalid


def tree(request: HttpRequest) -> HttpResponse:
    """The perimeter as a tree."""
    user = signed_in(request)
    require(YES if queries.has_role(user, *queries.VIEWING_ROLES) else permissions.NOT_STAFF)
    closed = request.GET.get("fermees") == "1"
    context = {
        "branches": queries.tree_visible_to(user, closed=closed),
        "closed": closed,
        "manages": queries.has_role(user, Role.HEAD_OF_IT),
    }
    return render(request, "directory/entities.html", context)


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
    initial = {
        **{name: getattr(entity, name) for name in entity_services.FACTS},
        "sirets": list(entity.sirets.values_list("siret", flat=True)),
        "aliases": list(entity.aliases.values_list("name", flat=True)),
        "parent": entity.parent_id,
    }
    form = EntityForm(request.POST or None, initial=initial, user=user, entity=entity)
    back_url = _page(entity)
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


def close(request: HttpRequest, entity_id: int) -> HttpResponse:
    """Ask, then close it; what is inside is said instead."""
    user, entity = _ask(request, entity_id)
    require(permissions.can_manage_entities(user, entity.parent))
    if request.method == "POST":
        entity_closing.close_entity(actor=user, entity=entity, now=clock.now())
        messages.success(
            request, _("«\u202f%(entity)s\u202f» est fermée. Vous pouvez la rouvrir.") % {"entity": entity}
        )
        return redirect(_page(entity))
    context = {
        "question": _("Fermer «\u202f%(entity)s\u202f»\u202f?") % {"entity": entity},
        "consequence": _("Elle n’apparaît plus dans les listes. Son histoire reste, et vous pourrez la rouvrir."),
        "names": [f"{count} {words}" for words, count in entity_closing.inside(entity)],
        "yes": _("Fermer"),
        "danger": True,
        "back_url": _page(entity),
    }
    return render(request, "directory/close_entity.html", context)


@require_POST
def reopen(request: HttpRequest, entity_id: int) -> HttpResponse:
    """The undoing of `close`."""
    user, entity = _ask(request, entity_id)
    entity_closing.reopen_entity(actor=user, entity=entity, now=clock.now())
    messages.success(request, _("«\u202f%(entity)s\u202f» est rouverte.") % {"entity": entity})
    return redirect(_page(entity))


def merge(request: HttpRequest, entity_id: int) -> HttpResponse:
    """Ask where all goes, show what that is, then do it."""
    user, entity = _ask(request, entity_id)
    require(permissions.can_manage_entities(user, entity.parent))
    form = MergeForm(request.POST or None, user=user, entity=entity)
    if form.is_valid() and request.POST.get("confirmed") == "1":
        into = form.cleaned_data["into"]
        entity_closing.merge_entities(actor=user, entity=entity, into=into, now=clock.now())
        messages.success(
            request,
            _("«\u202f%(entity)s\u202f» fait maintenant partie de «\u202f%(into)s\u202f».")
            % {"entity": entity, "into": into},
        )
        return redirect(_page(into))
    if form.is_valid():
        into = form.cleaned_data["into"]
        context = {
            "question": _("Fusionner «\u202f%(entity)s\u202f» avec «\u202f%(into)s\u202f»\u202f?")
            % {"entity": entity, "into": into},
            "consequence": _(
                "Tout ce qui suit est rattaché à «\u202f%(into)s\u202f». "
                "Les rôles attribués sur «\u202f%(entity)s\u202f» prennent fin. Une fusion ne s’annule pas."
            )
            % {"entity": entity, "into": into},
            "names": [f"{count} {words}" for words, count in entity_closing.inside(entity)],
            "yes": _("Fusionner"),
            "danger": True,
            "back_url": request.path,
            "hidden": [("into", into.pk)],
        }
        return render(request, "ui/confirm.html", context)
    context = {"form": form, "entity": entity, "back_url": _page(entity)}
    return render(request, "directory/merge_entity.html", context)


def _ask(request: HttpRequest, entity_id: int) -> tuple[User, Entity]:
    user = signed_in(request)
    return user, one(queries.entities_visible_to(user).select_related("parent", "merged_into"), entity_id)


def _page(entity: Entity) -> str:
    return reverse("directory:entity", kwargs={"entity_id": entity.pk})
