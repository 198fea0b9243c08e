"""Programs: the list, one of them, the computers that have it."""

from __future__ import annotations

from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.directory.access import one, signed_in
from parvis.portal.inventory import counting, permissions, queries
from parvis.portal.inventory.filters import InstallationFilter
from parvis.portal.inventory.models import Installation, Software
from parvis.portal.inventory.tables import AssetProgramTable, InstallationTable, SoftwareTable
from parvis.portal.kernel import authz
from parvis.portal.parc.models import Asset
from parvis.portal.parc.queries import assets_visible_to
from parvis.portal.ui.listing import ListingView

VERSIONS = 12
"""Bars of the plot; the other versions are one bar."""


class SoftwareList(ListingView):
    """Of the perimeter, the most installed first."""

    table_class = SoftwareTable
    template_name = "inventory/software.html"
    title = gettext_lazy("Logiciels")
    lead = gettext_lazy("Installés sur les ordinateurs de votre périmètre, sous leur nom usuel.")
    search_fields = ("name", "publisher")
    export_name = "logiciels"
    empty_icon = "apps"
    empty_title = gettext_lazy("Aucun logiciel relevé")
    empty_text = gettext_lazy("Les logiciels arrivent avec les relevés des sondes.")

    def authorize(self) -> authz.Decision:
        """The IT team and auditors."""
        return permissions.can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Software]:
        """Those of the perimeter."""
        return queries.software_visible_to(signed_in(self.request)).order_by("-computers", "name")

    def extra_context(self) -> dict[str, object]:
        """When it was counted."""
        return {"counted_at": counting.counted_at()}


class ProgramPage(ListingView):
    """One program: its versions, its licences, and the computers that have it."""

    table_class, filterset_class = InstallationTable, InstallationFilter
    template_name = "inventory/program.html"
    search_fields = ("asset__name", "version")
    export_name = "logiciel"
    empty_icon = "apps"
    empty_title = gettext_lazy("Sur aucun ordinateur")
    software: Software

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        """Found first: outside the perimeter it does not exist."""
        authz.require(permissions.can_watch(signed_in(request)))
        self.software = one(queries.one_software_visible_to(signed_in(request)), int(str(kwargs["software_id"])))
        return super().dispatch(request, *args, **kwargs)

    @property
    def title(self) -> str:  # type: ignore[override]
        """Its name."""
        return self.software.name

    @property
    def lead(self) -> str:  # type: ignore[override]
        """Its publisher."""
        return self.software.publisher

    def get_queryset(self) -> QuerySet[Installation]:
        """Its installations in the perimeter."""
        user = signed_in(self.request)
        found = queries.installations_visible_to(user).filter(software=self.software)
        return found.select_related("asset__entity", "asset__site").order_by("asset__name", "version")

    def extra_context(self) -> dict[str, object]:
        """Versions with their bars, licences."""
        user = signed_in(self.request)
        mine = queries.installations_visible_to(user).filter(software=self.software).order_by()
        counted = list(mine.values_list("version").annotate(n=Count("asset", distinct=True)).order_by("-n", "-version"))
        shown, rest = counted[:VERSIONS], counted[VERSIONS:]
        return {
            "software": self.software,
            "versions": shown,
            "most": counted[0][1] if counted else 0,
            "others": (len(rest), sum(count for _version, count in rest)) if rest else None,
            "computers": mine.values("asset").distinct().count(),
            "licences": list(queries.licences_visible_to(user).filter(software=self.software)),
        }


class AssetPrograms(ListingView):
    """All programs of one computer."""

    table_class = AssetProgramTable
    template_name = "inventory/asset_programs.html"
    search_fields = ("software__name", "software__publisher", "version")
    export_name = "logiciels-ordinateur"
    empty_icon = "apps"
    empty_title = gettext_lazy("Aucun logiciel relevé")
    asset: Asset

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        """Found first: outside the perimeter it does not exist."""
        user = signed_in(request)
        self.asset = one(assets_visible_to(user), int(str(kwargs["asset_id"])))
        authz.require(permissions.can_see_inside(user, self.asset))
        return super().dispatch(request, *args, **kwargs)

    @property
    def title(self) -> str:  # type: ignore[override]
        """Whose."""
        return _("Logiciels de %(asset)s") % {"asset": self.asset}

    def get_queryset(self) -> QuerySet[Installation]:
        """By name."""
        return Installation.objects.filter(asset=self.asset).select_related("software").order_by("software__name")

    def extra_context(self) -> dict[str, object]:
        """The asset."""
        return {"asset": self.asset}
