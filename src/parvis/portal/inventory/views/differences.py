"""Differences between an asset and its probe: kept, or taken over."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from parvis.portal.directory.access import one, signed_in
from parvis.portal.inventory.links import asset_url
from parvis.portal.inventory.services import differences
from parvis.portal.kernel import clock
from parvis.portal.kernel.errors import Invalid
from parvis.portal.parc.queries import assets_visible_to


@require_POST
def keep(request: HttpRequest, asset_id: int) -> HttpResponse:
    """The asset's value is right."""
    return _answer(request, asset_id, differences.keep, _("La valeur de la fiche est gardée."))


@require_POST
def take(request: HttpRequest, asset_id: int) -> HttpResponse:
    """The probe's value is right."""
    return _answer(request, asset_id, differences.take, _("La valeur de la sonde est reprise."))


def _answer(request: HttpRequest, asset_id: int, act: Callable[..., None], said: str) -> HttpResponse:
    user = signed_in(request)
    asset = one(assets_visible_to(user), asset_id)
    try:
        act(actor=user, asset=asset, field=request.POST.get("field", "")[:30], now=clock.now())
    except Invalid as problem:
        faults = [fault for several in problem.fields.values() for fault in several] or [str(problem.message)]
        messages.error(request, " ".join(faults))
    else:
        messages.success(request, said)
    return redirect(asset_url(asset.pk))
