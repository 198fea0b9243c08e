"""What is kept around assets and contracts: documents, maintenance."""

from __future__ import annotations

from copy import copy

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.kernel import clock, files
from parvis.portal.kernel.authz import require
from parvis.portal.kernel.errors import Invalid, NotFound
from parvis.portal.parc import documents, maintenance, permissions, record_queries
from parvis.portal.parc.models import Asset, Contract, Document, Maintenance
from parvis.portal.parc.record_forms import ClosingForm, MaintenanceForm
from parvis.portal.parc.views.assets import ask, back_to


@require_POST
def add_to_asset(request: HttpRequest, asset_id: int) -> HttpResponse:
    """A file for an asset."""
    _user, asset = ask(request, asset_id)
    return _add(request, asset, reverse("parc:asset", args=[asset.pk]))


@require_POST
def add_to_contract(request: HttpRequest, contract_id: int) -> HttpResponse:
    """A file for a contract."""
    contract = one(record_queries.contracts_visible_to(signed_in(request)), contract_id)
    return _add(request, contract, reverse("parc:contract", args=[contract.pk]))


def _add(request: HttpRequest, about: Asset | Contract, back_url: str) -> HttpResponse:
    user = signed_in(request)
    require(permissions.can_manage(user, about.entity))
    file = request.FILES.get("file")
    if file is None:
        messages.error(request, _("Choisissez un fichier."))
        return redirect(back_url)
    try:
        documents.add_document(actor=user, about=about, name=file.name or "", file=file, now=clock.now())
    except Invalid as problem:
        messages.error(request, str(problem.message))
    else:
        messages.success(request, _("Le document est ajouté."))
    return redirect(back_url)


@require_safe
def download(request: HttpRequest, document_id: int) -> HttpResponseBase:
    """The file, saved by the browser and never shown."""
    document = one(record_queries.documents_visible_to(signed_in(request)), document_id)
    return files.download(documents.opened(document), filename=documents.file_name(document))


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, document_id: int) -> HttpResponse:
    """Ask, then forget a document."""
    user = signed_in(request)
    document = one(record_queries.documents_visible_to(user), document_id)
    about, back_url = _about(document)
    require(permissions.can_manage(user, about.entity))
    if request.method == "POST":
        documents.delete_document(actor=user, document=document, now=clock.now())
        messages.success(request, _("Le document est retiré."))
        return redirect(back_url)
    context = {
        "question": _("Retirer le document «\u202f%(name)s\u202f»\u202f?") % {"name": document.name},
        "consequence": _("Le fichier est effacé."),
        "yes": _("Retirer"),
        "danger": True,
        "back_url": back_url,
    }
    return render(request, "ui/confirm.html", context)


def _about(document: Document) -> tuple[Asset | Contract, str]:
    about = document.asset or document.contract
    if about is None:  # the table's constraint: of one thing
        raise NotFound
    return about, reverse("parc:asset" if isinstance(about, Asset) else "parc:contract", args=[about.pk])


@require_http_methods(["GET", "HEAD", "POST"])
def open_intervention(request: HttpRequest, asset_id: int) -> HttpResponse:
    """A new intervention on an asset."""
    user, asset = ask(request, asset_id)
    require(permissions.can_manage(user, asset.entity))
    form = MaintenanceForm(
        request.POST or None,
        user=user,
        may_go_to_repair=maintenance.can_go_to_repair(asset),
        initial={"opened_date": clock.today()},
    )
    if form.is_valid():
        data = dict(form.cleaned_data)
        to_repair = bool(data.pop("to_repair", False))
        try:
            maintenance.open_maintenance(actor=user, asset=asset, data=data, to_repair=to_repair, now=clock.now())  # type: ignore[arg-type]
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("L’intervention est ouverte."))
            return back_to(asset)
    return render(request, "parc/maintenance_form.html", {"form": form, "asset": asset})


@require_http_methods(["GET", "HEAD", "POST"])
def intervention(request: HttpRequest, maintenance_id: int) -> HttpResponse:
    """Read an intervention, or change it."""
    user = signed_in(request)
    found = one(record_queries.maintenances_visible_to(user), maintenance_id)
    manages = permissions.can_manage(user, found.asset.entity)
    if request.method == "POST":
        require(manages)
    form = MaintenanceForm(request.POST or None, instance=copy(found), user=user)
    if form.is_valid():
        try:
            maintenance.update_maintenance(actor=user, maintenance=found, data=form.cleaned_data, now=clock.now())  # type: ignore[arg-type]
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("Les changements sont enregistrés."))
            return back_to(found.asset)
    context = {"form": form, "asset": found.asset, "maintenance": found, "manages": bool(manages)}
    return render(request, "parc/maintenance_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def close_intervention(request: HttpRequest, maintenance_id: int) -> HttpResponse:
    """Say how it ended."""
    user = signed_in(request)
    found = one(record_queries.maintenances_visible_to(user), maintenance_id)
    require(permissions.can_manage(user, found.asset.entity))
    form = ClosingForm(request.POST or None, initial={"closed_date": clock.today(), "cost": found.cost, "back": True})
    if not _in_repair(found):
        del form.fields["back"]
    if form.is_valid():
        asked = form.cleaned_data
        try:
            maintenance.close_maintenance(
                actor=user,
                maintenance=found,
                outcome=asked["outcome"],
                cost=asked["cost"],
                closed_date=asked["closed_date"],
                back=bool(asked.get("back")),
                now=clock.now(),
            )
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("L’intervention est terminée."))
            return back_to(found.asset)
    context = {
        "question": _("Terminer\u202f: %(summary)s") % {"summary": found.summary},
        "form": form,
        "yes": _("Terminer"),
        "back_url": reverse("parc:asset", args=[found.asset_id]),
    }
    return render(request, "ui/confirm.html", context)


def _in_repair(found: Maintenance) -> bool:
    return found.asset.state == Asset.State.REPAIR
