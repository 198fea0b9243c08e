"""Suppliers: list, page, form."""

from __future__ import annotations

from copy import copy

import django_tables2 as tables
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import is_staff
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Invalid
from parvis.portal.parc import permissions, record_queries, record_services
from parvis.portal.parc.models import Supplier
from parvis.portal.parc.record_forms import SupplierForm
from parvis.portal.parc.views.computer_list import watches
from parvis.portal.ui.listing import ListingTable, ListingView


class SupplierTable(ListingTable):
    """One supplier a row."""

    name = tables.Column(linkify=("parc:supplier", {"supplier_id": tables.A("pk")}))
    asset_count = tables.Column(verbose_name=gettext_lazy("Matériels"))
    contract_count = tables.Column(verbose_name=gettext_lazy("Contrats"))

    class Meta(ListingTable.Meta):
        model = Supplier
        fields = ("name", "entity", "asset_count", "contract_count", "email", "phone")
        sequence = fields


class SupplierList(ListingView):
    """The suppliers of the user's perimeter."""

    table_class = SupplierTable
    template_name = "parc/suppliers.html"
    title = gettext_lazy("Fournisseurs")
    lead = gettext_lazy("Qui vend, loue ou répare le matériel.")
    search_fields = ("name", "email", "phone", "entity__name")
    export_name = "fournisseurs"
    empty_icon = "truck-delivery"
    empty_title = gettext_lazy("Aucun fournisseur")
    empty_text = gettext_lazy("Ajoutez-les pour les retrouver sur les fiches et les contrats.")

    def authorize(self) -> authz.Decision:
        """For the IT team and the auditors."""
        return watches(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Supplier]:
        """With how many assets and contracts each has."""
        return record_queries.with_counts(record_queries.suppliers_visible_to(signed_in(self.request)))

    def extra_context(self) -> dict[str, object]:
        """Whether the user may add suppliers."""
        return {"manages": is_staff(signed_in(self.request))}


@require_safe
def detail(request: HttpRequest, supplier_id: int) -> HttpResponse:
    """One supplier, with its contracts and what was bought there."""
    user = signed_in(request)
    supplier = one(record_queries.suppliers_visible_to(user), supplier_id)
    assets = record_queries.watched_assets(user).filter(supplier=supplier)
    context = {
        "supplier": supplier,
        "manages": permissions.can_manage(user, supplier.entity),
        "contracts": record_queries.contracts_visible_to(user).filter(supplier=supplier),
        "counts": record_queries.counts_by_kind(assets),
        "repairs": record_queries.maintenances_visible_to(user).filter(supplier=supplier)[:20],
    }
    return render(request, "parc/supplier.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """A new supplier."""
    authz.require(authz.YES if is_staff(signed_in(request)) else NOT_STAFF)
    return _form(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, supplier_id: int) -> HttpResponse:
    """Change what is known of it."""
    user = signed_in(request)
    supplier = one(record_queries.suppliers_visible_to(user), supplier_id)
    authz.require(permissions.can_manage(user, supplier.entity))
    return _form(request, supplier)


def _form(request: HttpRequest, supplier: Supplier | None) -> HttpResponse:
    user = signed_in(request)
    form = SupplierForm(request.POST or None, instance=copy(supplier) if supplier else None, user=user)
    back_url = reverse("parc:supplier", args=[supplier.pk]) if supplier else reverse("parc:suppliers")
    if form.is_valid():
        try:
            saved = record_services.save_supplier(
                actor=user,
                supplier=supplier,
                data=form.cleaned_data,  # type: ignore[arg-type]
                now=clock.now(),
            )
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("Le fournisseur est enregistré."))
            return redirect("parc:supplier", supplier_id=saved.pk)
    words = {
        "heading": _("Modifier le fournisseur") if supplier else _("Ajouter un fournisseur"),
        "back_words": str(supplier or _("Fournisseurs")),
    }
    return render(request, "parc/record_form.html", {"form": form, "back_url": back_url, **words})


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, supplier_id: int) -> HttpResponse:
    """Ask, then take it off the list."""
    user = signed_in(request)
    supplier = one(record_queries.suppliers_visible_to(user), supplier_id)
    authz.require(permissions.can_manage(user, supplier.entity))
    if request.method == "POST":
        record_services.delete_supplier(actor=user, supplier=supplier, now=clock.now())
        messages.success(request, _("Le fournisseur est retiré de la liste."))
        return redirect("parc:suppliers")
    context = {
        "question": _("Retirer le fournisseur %(name)s\u202f?") % {"name": supplier.name},
        "consequence": _("Un fournisseur que nomment des matériels ou des contrats ne peut pas être retiré."),
        "yes": _("Retirer"),
        "danger": True,
        "back_url": reverse("parc:supplier", args=[supplier.pk]),
    }
    return render(request, "ui/confirm.html", context)
