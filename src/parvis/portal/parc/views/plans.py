"""Floor plans: a picture, its rooms, what is in them."""

from __future__ import annotations

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.kernel import clock
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Invalid
from parvis.portal.parc import documents, permissions, plans, queries, record_queries
from parvis.portal.parc.models import FloorPlan
from parvis.portal.parc.record_forms import PlanForm, RoomForm

PLACING_WIDTH = 900
"""Pixels: while a room is placed the picture has this width, so that the click's place is known without a script."""


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, site_id: int) -> HttpResponse:
    """A new plan of a site."""
    user = signed_in(request)
    site = one(queries.sites_visible_to(user), site_id)
    require(permissions.can_manage(user, site.entity))
    form = PlanForm(request.POST or None, request.FILES or None)
    back_url = reverse("parc:site", args=[site.pk])
    if form.is_valid():
        asked = form.cleaned_data
        try:
            plan = plans.add_plan(actor=user, site=site, name=asked["name"], file=asked["file"], now=clock.now())
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("Le plan est ajouté. Placez maintenant les locaux."))
            return redirect("parc:plan", plan_id=plan.pk)
    context = {"form": form, "back_url": back_url, "back_words": str(site), "heading": _("Ajouter un plan")}
    return render(request, "parc/record_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: HttpRequest, plan_id: int) -> HttpResponse:
    """The plan with its rooms, and how many assets each has. Posted: where a room is."""
    user = signed_in(request)
    plan = one(record_queries.plans_visible_to(user), plan_id)
    manages = permissions.can_manage(user, plan.site.entity)
    if request.method == "POST":
        require(manages)
        return _place(request, plan)
    room = request.GET.get("local", "").replace("\x00", "")[:60]
    rooms = record_queries.rooms_of_plan(user, plan)
    known = {each.room.room for each in rooms}
    context = {
        "plan": plan,
        "manages": bool(manages),
        "rooms": rooms,
        "placing": room if manages else "",
        "unplaced": [each for each in record_queries.rooms_of_site(user, plan.site) if each not in known],
        "width": PLACING_WIDTH,
        "height": round(plan.height * PLACING_WIDTH / plan.width),
        # In the picture's own pixels: a fiftieth of its longer side.
        "mark": round(max(plan.width, plan.height) / 50),
        "stroke": round(max(plan.width, plan.height) / 250),
        "below": round(max(plan.width, plan.height) / 28),
    }
    return render(request, "parc/plan.html", context)


def _place(request: HttpRequest, plan: FloorPlan) -> HttpResponse:
    form, here = RoomForm(request.POST), redirect("parc:plan", plan_id=plan.pk)
    if not form.is_valid():
        messages.error(request, _("Donnez le nom du local, et cliquez sur le plan."))
        return here
    asked = form.cleaned_data
    x, y = asked["across"], asked["down"]
    if x is None or y is None:
        x = _clicked(request.POST.get("at.x", ""), PLACING_WIDTH)
        y = _clicked(request.POST.get("at.y", ""), plan.height * PLACING_WIDTH / plan.width)
    if x is None or y is None:
        messages.error(request, _("Cliquez sur le plan, ou donnez les deux distances."))
        return here
    try:
        plans.place_room(actor=signed_in(request), plan=plan, room=asked["room"], x=x / 100, y=y / 100, now=clock.now())
    except Invalid as problem:
        messages.error(request, " ".join(fault for faults in problem.fields.values() for fault in faults))
    else:
        messages.success(request, _("Le local est placé."))
    return here


def _clicked(text: str, length: float) -> float | None:
    """A click's place on the picture, in percent of its side."""
    return min(max(int(text) * 100 / length, 0), 100) if text.isdecimal() and len(text) < 6 and length else None


@require_safe
def image(request: HttpRequest, plan_id: int) -> HttpResponseBase:
    """The picture. It was drawn by us (`plans.add_plan`), so it may be shown and not only saved."""
    plan = one(record_queries.plans_visible_to(signed_in(request)), plan_id)
    response = FileResponse(documents.opened(plan), content_type="image/png")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=3600"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Ask, then forget it."""
    user = signed_in(request)
    plan = one(record_queries.plans_visible_to(user), plan_id)
    require(permissions.can_manage(user, plan.site.entity))
    if request.method == "POST":
        plans.delete_plan(actor=user, plan=plan, now=clock.now())
        messages.success(request, _("Le plan est retiré."))
        return redirect("parc:site", site_id=plan.site_id)
    context = {
        "question": _("Retirer le plan «\u202f%(name)s\u202f»\u202f?") % {"name": plan.name},
        "consequence": _("L’image et les places des locaux sont effacées\u202f; le matériel reste."),
        "yes": _("Retirer"),
        "danger": True,
        "back_url": reverse("parc:plan", args=[plan.pk]),
    }
    return render(request, "ui/confirm.html", context)


@require_POST
def remove_room(request: HttpRequest, plan_room_id: int) -> HttpResponse:
    """Take a room off its plan."""
    user = signed_in(request)
    placed = one(record_queries.plan_rooms_visible_to(user), plan_room_id)
    require(permissions.can_manage(user, placed.plan.site.entity))
    plan_id = placed.plan_id
    plans.remove_room(actor=user, placed=placed, now=clock.now())
    messages.success(request, _("Le local n’est plus sur le plan."))
    return redirect("parc:plan", plan_id=plan_id)
