"""« Équiper cette personne »: find her, choose for each thing, confirm once, see what was done and what remains."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parvis.portal.accounts.models import User
from parvis.portal.accounts.second_factor import fresh_second_factor
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.models import Agent
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import is_staff, search_agents
from parvis.portal.equipment import permissions, queries, receipt, rules
from parvis.portal.equipment.models import Outfit, Part
from parvis.portal.equipment.offering import Offered
from parvis.portal.equipment.outfit_form import EquipForm
from parvis.portal.equipment.services import outfits as services
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Invalid, NotFound

AGENTS_SHOWN = 20
BADGES = {
    rules.TO_DO: ("blue", "hourglass"),
    rules.DONE: ("green", "circle-check"),
    rules.FAILED: ("red", "alert-triangle"),
    rules.DROPPED: ("secondary", "x"),
}
ICONS = {
    Part.Kind.ACCOUNT: "user-check",
    Part.Kind.ASSIGN: "device-desktop",
    Part.Kind.LOAN: "devices",
    Part.Kind.SCREEN: "key",
    Part.Kind.GUIDE: "mail",
}


@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Who is to be equipped."""
    user = signed_in(request)
    authz.require(authz.YES if is_staff(user) else NOT_STAFF)
    asked = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    agents = queries.agents_read_by(user)
    found = list(search_agents(agents, asked)[:AGENTS_SHOWN]) if asked else []
    context = {
        "asked": asked,
        "found": found,
        "latest": queries.outfits_visible_to(user).exclude(agent__user_id=user.pk)[:10],
    }
    return render(request, "equipment/find.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@fresh_second_factor
def equip(request: HttpRequest, agent_id: int) -> HttpResponse:
    """The choices, then one confirmation, then the deed."""
    user = signed_in(request)
    agent = one(queries.agents_read_by(user), agent_id)
    authz.require(permissions.can_equip(user, agent))
    offered = Offered.to(user, agent, clock.today())
    form = EquipForm(request.POST or None, offered=offered, initial={"token": uuid.uuid4()})
    if request.method == "POST" and form.is_valid():
        if request.POST.get("confirmed") != "1":
            return render(request, "equipment/equip_confirm.html", _confirmation(agent, form))
        done = _start(user, agent, form)
        if done is not None:
            return _carry_out(request, user, done)
    context = {
        "agent": agent,
        "offered": offered,
        "form": form,
        "rows": form.rows(),
        "account": agent.user,
    }
    return render(request, "equipment/equip.html", context)


def _confirmation(agent: Agent, form: EquipForm) -> dict[str, object]:
    sent = [(name, value) for name, values in form.data.lists() for value in values if name != "csrfmiddlewaretoken"]  # type: ignore[attr-defined]
    return {"agent": agent, "said": form.said(), "hidden": sent}


def _start(user: User, agent: Agent, form: EquipForm) -> Outfit | None:
    try:
        return services.start(
            actor=user, agent=agent, wishes=form.wishes(), token=form.cleaned_data["token"], now=clock.now()
        )
    except Invalid as problem:
        show_problems(form, problem)
        return None


def _carry_out(request: HttpRequest, user: User, outfit: Outfit) -> HttpResponse:
    left = services.carry_out(actor=user, outfit=outfit, now=clock.now())
    if left:
        words = ngettext("%(n)d chose n’a pas pu être faite.", "%(n)d choses n’ont pas pu être faites.", left)
        messages.warning(request, words % {"n": left})
    else:
        messages.success(request, _("C’est fait\u202f: %(agent)s est équipé.") % {"agent": outfit.agent})
    return redirect("equipment:outfit", outfit_id=outfit.pk)


@require_safe
def show(request: HttpRequest, outfit_id: int) -> HttpResponse:
    """Part by part: done, or not yet with the reason."""
    user = signed_in(request)
    outfit = one(queries.outfits_visible_to(user), outfit_id)
    parts = list(outfit.parts.select_related("asset", "loan", "offer"))
    manages = bool(permissions.can_equip(user, outfit.agent))
    context = {
        "outfit": outfit,
        "parts": [(part, BADGES[part.state], ICONS[Part.Kind(part.kind)]) for part in parts],
        "left": sum(part.state in {rules.TO_DO, rules.FAILED} for part in parts),
        "manages": manages,
        "has_receipt": bool(receipt.assigned(outfit)),
        "staff": is_staff(user),
        "first_steps_url": reverse("equipment:first_steps"),
    }
    return render(request, "equipment/outfit.html", context)


@never_cache
@require_safe
def receipt_pdf(request: HttpRequest, outfit_id: int) -> HttpResponse:
    """The receipt of what was assigned."""
    outfit = one(queries.outfits_visible_to(signed_in(request)), outfit_id)
    if not receipt.assigned(outfit):
        raise NotFound
    response = HttpResponse(receipt.render(outfit), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="remise-{outfit.pk}.pdf"'
    return response


@require_POST
@fresh_second_factor
def again(request: HttpRequest, outfit_id: int) -> HttpResponse:
    """Try what remains once more."""
    user = signed_in(request)
    outfit = one(queries.outfits_visible_to(user), outfit_id)
    return _carry_out(request, user, outfit)


@require_POST
def drop(request: HttpRequest, outfit_part_id: int) -> HttpResponse:
    """Give up what could not be done."""
    user = signed_in(request)
    parts = Part.objects.filter(outfit__in=queries.outfits_visible_to(user)).select_related("outfit__agent__entity")
    part = one(parts, outfit_part_id)
    services.drop(actor=user, part=part, now=clock.now())
    return redirect("equipment:outfit", outfit_id=part.outfit_id)
