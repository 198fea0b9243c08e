"""The settings of an entity: how long things are kept, what they cost, what too old means."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from parvis.portal.directory.access import one, signed_in
from parvis.portal.equipment import permissions, queries
from parvis.portal.equipment.forms import PolicyForm
from parvis.portal.equipment.models import Policy
from parvis.portal.equipment.services import profiles as services
from parvis.portal.kernel import authz, clock


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, entity_id: int) -> HttpResponse:
    """The form; its head of IT only."""
    user = signed_in(request)
    entity = one(queries.entities_watched_by(user), entity_id)
    authz.require(permissions.can_set_policy(user, entity))
    policy = queries.nearest_policy(entity)
    form = PolicyForm(request.POST or None, policy=policy)
    if form.is_valid():
        services.save_policy(
            actor=user,
            entity=entity,
            old_means=form.cleaned_data["old_means"],
            loans_count=form.cleaned_data["loans_count"],
            months=form.months(),
            prices=form.prices(),
            now=clock.now(),
        )
        messages.success(request, _("Les réglages sont enregistrés."))
        return redirect("equipment:ages", entity_id=entity.pk)
    context = {
        "form": form,
        "entity": entity,
        "inherited": policy if policy is not None and policy.entity_id != entity.pk else None,
        "own": policy is not None and policy.entity_id == entity.pk,
    }
    return render(request, "equipment/policy.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, entity_id: int) -> HttpResponse:
    """Ask, then the settings of the entity above hold again."""
    user = signed_in(request)
    entity = one(queries.entities_watched_by(user), entity_id)
    authz.require(permissions.can_set_policy(user, entity))
    if request.method == "POST":
        services.delete_policy(actor=user, entity=entity, now=clock.now())
        messages.success(request, _("Les réglages de l’entité au-dessus s’appliquent de nouveau."))
        return redirect("equipment:ages", entity_id=entity.pk)
    context = {
        "question": _("Abandonner les réglages de «\u202f%(entity)s\u202f»\u202f?") % {"entity": entity},
        "consequence": _("Ceux de l’entité au-dessus, ou ceux d’origine, s’appliqueront."),
        "yes": _("Abandonner"),
        "danger": Policy.objects.filter(entity=entity).exists(),
        "back_url": reverse("equipment:policy", args=[entity.pk]),
    }
    return render(request, "ui/confirm.html", context)
