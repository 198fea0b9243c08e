"""Reports: what came, what became of it."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.access import signed_in
from parvis.portal.inventory import probe_queries
from parvis.portal.inventory.models import Report
from parvis.portal.inventory.probe_tables import ReportFilter, ReportTable
from parvis.portal.kernel import authz
from parvis.portal.ui.listing import ListingView


class ReportList(ListingView):
    """Of the perimeter, the newest first."""

    table_class, filterset_class = ReportTable, ReportFilter
    template_name = "inventory/reports.html"
    title = _("Relevés")
    lead = _("Ce que les sondes ont envoyé, et ce qui en a été fait. La liste est gardée 90 jours.")
    search_fields = ("name", "device_id", "client")
    export_name = "releves"
    empty_icon = "file-text"
    empty_title = _("Aucun relevé")
    empty_text = _("Donnez une adresse à vos sondes\u202f: leurs relevés arriveront ici.")

    def authorize(self) -> authz.Decision:
        """The IT team and auditors."""
        return probe_queries.can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Report]:
        """Those of the perimeter."""
        return probe_queries.reports_visible_to(signed_in(self.request)).order_by("-received_at")
