"""Contracts: list, page, form."""

from __future__ import annotations

from copy import copy
from datetime import date
from typing import Any

import django_filters
import django_tables2 as tables
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from parvis.portal.directory.access import one, show_problems, signed_in
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import is_staff
from parvis.portal.kernel import authz, clock
from parvis.portal.kernel.errors import Invalid
from parvis.portal.parc import permissions, record_queries, record_services
from parvis.portal.parc.documents import MAX_DOCUMENT_BYTES
from parvis.portal.parc.models import Contract
from parvis.portal.parc.record_forms import ContractForm
from parvis.portal.parc.views.computer_list import watches
from parvis.portal.ui import formats
from parvis.portal.ui.listing import ListingTable, ListingView
from parvis.portal.ui.templatetags.ui import state_badge

SHOWN_ASSETS = 15


def contract_state(contract: Contract, today: date) -> SafeString | str:
    """Over, to decide on, or running, as a badge; nothing for one without end."""
    if contract.ends_date is None:
        return ""
    if contract.ends_date < today:
        return state_badge(_("Terminé"), "secondary")
    if record_queries.notice_date(contract) <= today:
        return state_badge(_("Préavis dépassé"), "red", "alert-triangle")
    if record_queries.notice_date(contract) <= today + record_queries.SOON:
        return state_badge(_("À décider"), "orange", "hourglass")
    return state_badge(_("En cours"), "green", "check")


class ContractTable(ListingTable):
    """One contract a row."""

    name = tables.Column(linkify=("parc:contract", {"contract_id": tables.A("pk")}))
    ends_date = tables.Column()  # a column of dates would be rendered for a contract without an end too
    standing = tables.Column(
        verbose_name=gettext_lazy("État"), empty_values=(), orderable=False, exclude_from_export=True
    )
    notice = tables.Column(
        verbose_name=gettext_lazy("Décider avant le"), empty_values=(), orderable=False, exclude_from_export=True
    )

    class Meta(ListingTable.Meta):
        model = Contract
        fields = ("name", "kind", "supplier", "ends_date", "notice", "standing", "yearly_cost", "entity", "reference")
        sequence = fields

    def render_standing(self, record: Contract) -> SafeString | str:
        """As a badge."""
        return contract_state(record, clock.today())

    def render_notice(self, record: Contract) -> str:
        """The last day to give notice."""
        return formats.day(record_queries.notice_date(record)) if record.ends_date else ""

    def render_ends_date(self, value: date) -> str:
        """In words."""
        return formats.day(value)

    def value_ends_date(self, value: date) -> date:
        """The day, for the CSV."""
        return value

    def render_yearly_cost(self, value: Any) -> str:
        """Euros."""
        return formats.euros(value)

    def value_yearly_cost(self, value: Any) -> Any:
        """The number, for the CSV."""
        return value


class ContractFilter(django_filters.FilterSet):
    """By what it is for."""

    kind = django_filters.ChoiceFilter(
        choices=Contract.Kind.choices, label=gettext_lazy("Type"), empty_label=gettext_lazy("Tous")
    )

    class Meta:
        model = Contract
        fields = ("kind",)


class ContractList(ListingView):
    """The contracts of the user's perimeter."""

    table_class, filterset_class = ContractTable, ContractFilter
    template_name = "parc/contracts.html"
    title = gettext_lazy("Contrats")
    lead = gettext_lazy("Maintenance, locations, licences, téléphonie\u202f: ce qui court et jusqu’à quand.")
    search_fields = ("name", "reference", "supplier__name", "entity__name")
    export_name = "contrats"
    empty_icon = "signature"
    empty_title = gettext_lazy("Aucun contrat")
    empty_text = gettext_lazy("Ajoutez-les pour être prévenu avant leur préavis.")

    def authorize(self) -> authz.Decision:
        """For the IT team and the auditors."""
        return watches(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Contract]:
        """By name."""
        return record_queries.contracts_visible_to(signed_in(self.request)).order_by("name")

    def extra_context(self) -> dict[str, object]:
        """Whether the user may add contracts."""
        return {"manages": is_staff(signed_in(self.request))}


@require_safe
def detail(request: HttpRequest, contract_id: int) -> HttpResponse:
    """One contract: its assets, documents and costs."""
    user = signed_in(request)
    contract = one(record_queries.contracts_visible_to(user), contract_id)
    assets = record_queries.watched_assets(user).filter(contract=contract)
    counts = record_queries.counts_by_kind(assets)
    context = {
        "contract": contract,
        "state": contract_state(contract, clock.today()),
        "notice": record_queries.notice_date(contract) if contract.ends_date else None,
        "manages": permissions.can_manage(user, contract.entity),
        "counts": counts,
        "count": sum(number for _kind, _label, number in counts),
        "assets": assets.order_by("kind", "name", "pk")[:SHOWN_ASSETS],
        "documents": list(contract.documents.select_related("added_by")),
        "max_megabytes": MAX_DOCUMENT_BYTES // 2**20,
    }
    return render(request, "parc/contract.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """A new contract."""
    authz.require(authz.YES if is_staff(signed_in(request)) else NOT_STAFF)
    return _form(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, contract_id: int) -> HttpResponse:
    """Change what it says."""
    user = signed_in(request)
    contract = one(record_queries.contracts_visible_to(user), contract_id)
    authz.require(permissions.can_manage(user, contract.entity))
    return _form(request, contract)


def _form(request: HttpRequest, contract: Contract | None) -> HttpResponse:
    user = signed_in(request)
    form = ContractForm(request.POST or None, instance=copy(contract) if contract else None, user=user)
    back_url = reverse("parc:contract", args=[contract.pk]) if contract else reverse("parc:contracts")
    if form.is_valid():
        try:
            saved = record_services.save_contract(
                actor=user,
                contract=contract,
                data=form.cleaned_data,  # type: ignore[arg-type]
                now=clock.now(),
            )
        except Invalid as problem:
            show_problems(form, problem)
        else:
            messages.success(request, _("Le contrat est enregistré."))
            return redirect("parc:contract", contract_id=saved.pk)
    words = {
        "heading": _("Modifier le contrat") if contract else _("Ajouter un contrat"),
        "back_words": str(contract or _("Contrats")),
    }
    return render(request, "parc/record_form.html", {"form": form, "back_url": back_url, **words})


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, contract_id: int) -> HttpResponse:
    """Ask, then take it off the list."""
    user = signed_in(request)
    contract = one(record_queries.contracts_visible_to(user), contract_id)
    authz.require(permissions.can_manage(user, contract.entity))
    if request.method == "POST":
        record_services.delete_contract(actor=user, contract=contract, now=clock.now())
        messages.success(request, _("Le contrat est retiré de la liste."))
        return redirect("parc:contracts")
    context = {
        "question": _("Retirer le contrat %(name)s\u202f?") % {"name": contract.name},
        "consequence": _("Ses documents sont effacés\u202f; les matériels restent, sans contrat."),
        "yes": _("Retirer"),
        "danger": True,
        "back_url": reverse("parc:contract", args=[contract.pk]),
    }
    return render(request, "ui/confirm.html", context)
