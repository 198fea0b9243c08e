"""« À surveiller »: what ends soon, waits too long or is gone."""

from __future__ import annotations

from datetime import date

import django_tables2 as tables
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from parvis.portal.directory.access import signed_in
from parvis.portal.kernel import authz, clock
from parvis.portal.parc import record_queries
from parvis.portal.parc.models import Asset
from parvis.portal.parc.views.computer_list import watches
from parvis.portal.parc.views.contracts import contract_state
from parvis.portal.parc.views.looks import warranty
from parvis.portal.ui.listing import ListingTable, ListingView

SHOWN = 12
"""Rows of each part; the whole is a list of its own, or the parc's."""


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """All on one page, the most urgent first."""
    user, today = signed_in(request), clock.today()
    authz.require(watches(user))
    found = record_queries.watched(user, today)
    context = {
        "contracts": [
            (each, record_queries.notice_date(each), contract_state(each, today)) for each in found.contracts
        ],
        "warranties": [(asset, warranty(asset.warranty_end_date, today)) for asset in found.warranties[:SHOWN]],
        "warranty_count": found.warranties.count(),
        "repairs": found.repairs[:SHOWN],
        "repair_count": found.repairs.count(),
        "orders": found.orders[:SHOWN],
        "order_count": found.orders.count(),
        "lost": found.lost[:SHOWN],
        "lost_count": found.lost.count(),
    }
    return render(request, "parc/watch.html", context)


class WarrantyTable(ListingTable):
    """One asset a row."""

    name = tables.Column(linkify=("parc:asset", {"asset_id": tables.A("pk")}))

    class Meta(ListingTable.Meta):
        model = Asset
        fields = ("name", "kind", "model", "serial", "warranty_end_date", "site", "entity")
        sequence = fields

    def render_warranty_end_date(self, value: date) -> str:
        """With how long it is still."""
        return warranty(value, clock.today())

    def value_warranty_end_date(self, value: date) -> date:
        """The day, for the CSV."""
        return value


class WarrantyList(ListingView):
    """Warranties that end within three months."""

    table_class = WarrantyTable
    title = gettext_lazy("Garanties qui finissent")
    lead = gettext_lazy("Dans les trois mois. Le dernier moment pour faire réparer sans frais.")
    search_fields = ("name", "serial", "tag", "model__name", "entity__name")
    export_name = "garanties"
    empty_icon = "check"
    empty_title = gettext_lazy("Aucune garantie ne finit dans les trois mois")

    def authorize(self) -> authz.Decision:
        """For the IT team and the auditors."""
        return watches(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Asset]:
        """The first to end first."""
        assets = record_queries.watched_assets(signed_in(self.request))
        return record_queries.ending_warranties(assets, clock.today()).order_by("warranty_end_date", "pk")
