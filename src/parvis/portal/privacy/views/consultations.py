"""Who looked at whose sheet: for auditors and the head of IT, within their perimeter."""

from __future__ import annotations

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.access import signed_in
from parvis.portal.directory.models import Role
from parvis.portal.directory.queries import perimeter, within
from parvis.portal.kernel import authz
from parvis.portal.privacy import consultations, permissions
from parvis.portal.privacy.models import Consultation
from parvis.portal.ui.listing import ListingTable, ListingView


class ConsultationTable(ListingTable):
    """One consultation a row."""

    hour_at = tables.DateTimeColumn(verbose_name=_("Le"), format="d/m/Y H:00")
    viewer_label = tables.Column(verbose_name=_("Qui"))
    viewer_role = tables.Column(verbose_name=_("Rôle"), empty_values=())
    viewer_service = tables.Column(verbose_name=_("Service"))
    agent = tables.Column(verbose_name=_("Fiche de"), order_by=("agent__last_name", "agent__first_name"))
    page = tables.Column(verbose_name=_("Page"))

    class Meta(ListingTable.Meta):
        model = Consultation
        fields = ("hour_at", "viewer_label", "viewer_role", "viewer_service", "agent", "page")

    def render_viewer_role(self, record: Consultation) -> str:
        """In words."""
        return str(record.get_viewer_role_display()) if record.viewer_role else str(_("Collègue"))

    def render_page(self, value: str) -> str:
        """In words."""
        return consultations.page_name(value)


class ConsultationFilter(django_filters.FilterSet):
    """By role and day."""

    viewer_role = django_filters.ChoiceFilter(label=_("Rôle"), choices=Role.choices, empty_label=_("Tous"))
    since = django_filters.DateFilter(
        field_name="hour_at", lookup_expr="date__gte", label=_("Du"), widget=forms.DateInput(attrs={"type": "date"})
    )
    until = django_filters.DateFilter(
        field_name="hour_at", lookup_expr="date__lte", label=_("Au"), widget=forms.DateInput(attrs={"type": "date"})
    )

    class Meta:
        model = Consultation
        fields = ("viewer_role", "since", "until")


class ConsultationList(ListingView):
    """Those of the agents of the reader's perimeter."""

    table_class, filterset_class = ConsultationTable, ConsultationFilter
    title = _("Qui a consulté quelle fiche")
    lead = _("Une ligne par personne, fiche, page et heure. Chaque agent voit celles qui le concernent.")
    search_fields = ("viewer_label",)
    search_folded_fields = ("agent__search",)
    search_label = _("Qui, ou fiche de qui")
    export_name = "consultations"
    empty_icon = "eye"
    empty_title = _("Aucune consultation")

    def authorize(self) -> authz.Decision:
        """For auditors and the head of IT."""
        return permissions.can_read_trail(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Consultation]:
        """Those of the perimeter, newest first."""
        inside = within(perimeter(signed_in(self.request), *permissions.READING_ROLES), "agent__entity__path")
        return Consultation.objects.filter(inside).select_related("agent").order_by("-hour_at", "-pk")
