"""Silent computers: in service, and no report for two weeks."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.access import signed_in
from parvis.portal.inventory import probe_queries
from parvis.portal.inventory.probe_tables import SilentFilter, SilentTable
from parvis.portal.kernel import authz, clock
from parvis.portal.parc.models import Asset
from parvis.portal.ui.listing import ListingView

NEVER = "jamais"


class SilentList(ListingView):
    """Those whose report is older than `SILENT_AFTER`; `?depuis=jamais`: those that never sent one."""

    table_class, filterset_class = SilentTable, SilentFilter
    template_name = "inventory/silent.html"
    title = _("Ordinateurs muets")
    search_fields = ("name", "serial")
    search_folded_fields = ("search",)
    export_name = "ordinateurs-muets"
    empty_icon = "circle-check"
    empty_title = _("Aucun ordinateur muet")
    empty_text = _("Tous les ordinateurs en service suivis par une sonde ont envoyé un relevé depuis deux semaines.")

    @property
    def lead(self) -> str:  # type: ignore[override]
        """Which of the two it is."""
        if self.never:
            return str(
                _("En service, et aucune sonde n’en a jamais parlé\u202f: installez-en une, ou vérifiez le nom.")
            )
        return str(
            _("En service, et sans relevé depuis plus de 14 jours\u202f: éteint, rangé, volé, ou sonde arrêtée.")
        )

    @property
    def never(self) -> bool:
        """Whether those are asked for that never sent anything."""
        return self.request.GET.get("depuis") == NEVER

    def authorize(self) -> authz.Decision:
        """The IT team and auditors."""
        return probe_queries.can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Asset]:
        """Those of the perimeter, the longest silent first."""
        user = signed_in(self.request)
        if self.never:
            return probe_queries.in_service(user).filter(inventory=None).order_by("name")
        return probe_queries.silent_visible_to(user, clock.now()).order_by("inventory__reported_at")

    def extra_context(self) -> dict[str, object]:
        """Which tab is open."""
        return {"never": self.never}
