"""An offer of the catalogue: made, changed, taken away."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Invalid
from parvis.portal.loans import permissions, queries
from parvis.portal.loans.forms import OfferForm, PartFormSet
from parvis.portal.loans.models import Checklist, Offer
from parvis.portal.loans.services import catalogue
from parvis.portal.parc.models import AssetModel

EXTRA = 2
FIELDS = ("entity", "name", "description", "approval", "max_days", "notice_days", "extensions", "terms", "is_open")


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """A new offer."""
    authz.require(permissions.can_manage(signed_in(request)))
    return _form(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, offer_id: int) -> HttpResponse:
    """See an offer, or change it."""
    user = signed_in(request)
    offer = one(queries.offers_run_by(user), offer_id)
    authz.require(permissions.can_watch(user))
    if request.method == "POST":
        authz.require(permissions.can_manage(user, offer.entity))
    return _form(request, offer)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Ask, then remove."""
    user = signed_in(request)
    offer = one(queries.offers_run_by(user), offer_id)
    authz.require(permissions.can_manage(user, offer.entity))
    if request.method == "POST":
        catalogue.delete_offer(actor=user, offer=offer, now=clock.now())
        messages.success(request, _("L’offre est retirée."))
        return redirect("loans:offers")
    context = {
        "question": _("Retirer l’offre «\u202f%(offer)s\u202f»\u202f?") % {"offer": offer},
        "consequence": _("Une offre qui a déjà servi se ferme plutôt\u202f: elle garde ses prêts."),
        "yes": _("Retirer"),
        "danger": True,
        "back_url": reverse("loans:offer", args=[offer.pk]),
    }
    return render(request, "ui/confirm.html", context)


def _form(request: HttpRequest, offer: Offer | None) -> HttpResponse:
    user = signed_in(request)
    form = OfferForm(request.POST or None, user=user, initial=_initial(offer))
    parts = PartFormSet(
        request.POST or None, initial=_parts(offer), prefix="parts", form_kwargs={"models": _models(offer)}
    )
    problem: Invalid | None = None
    if request.method == "POST" and form.is_valid() and parts.is_valid():
        try:
            return _save(request, user, offer, form, parts)
        except Invalid as found:
            problem = found
            show_problems(form, found)
    editable = offer is None or bool(permissions.can_manage(user, offer.entity))
    context = {"form": form, "parts": parts, "offer": offer, "editable": editable, "problem": problem}
    return render(request, "loans/offer.html", context)


def _save(request: HttpRequest, user: User, offer: Offer | None, form: OfferForm, parts: Any) -> HttpResponse:
    deleted = set(parts.deleted_forms)
    wanted = [each for each in parts if each.has_changed() or each.cleaned_data.get("pk")]
    saved = catalogue.save_offer(
        actor=user,
        offer=offer,
        data=form.data_for(offer),
        parts=[each.part() for each in wanted if each not in deleted and each.cleaned_data.get("label")],
        steps=form.steps,
        now=clock.now(),
    )
    messages.success(request, _("L’offre «\u202f%(offer)s\u202f» est enregistrée.") % {"offer": saved})
    return redirect("loans:offers")


def _initial(offer: Offer | None) -> dict[str, object] | None:
    if offer is None:
        return None
    steps = list(offer.checklist.all())
    return {name: getattr(offer, name) for name in FIELDS} | {
        "prepare": [step.title for step in steps if step.phase == Checklist.Phase.PREPARE],
        "put_back": [step.title for step in steps if step.phase == Checklist.Phase.RETURN],
    }


def _parts(offer: Offer | None) -> list[dict[str, object]]:
    if offer is None:
        return []
    names = ("pk", "label", "kind", "model", "quantity", "is_optional")
    return [{name: getattr(part, name) for name in names} for part in offer.parts.select_related("model")]


def _models(offer: Offer | None) -> Any:
    """Models of what may be lent, and those the offer names already."""
    lent = AssetModel.objects.filter(assets__pool__isnull=False)
    named = AssetModel.objects.filter(pk__in=offer.parts.values("model")) if offer is not None else lent.none()
    return AssetModel.objects.filter(
        pk__in=[*lent.values_list("pk", flat=True)[:500], *named.values_list("pk", flat=True)]
    )
