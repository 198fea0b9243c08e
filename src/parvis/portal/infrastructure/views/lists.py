"""Lists: services, lines, outages."""

from __future__ import annotations

import django_filters
import django_tables2 as tables
from django.db.models import Count, QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.access import signed_in
from parvis.portal.directory.queries import is_staff
from parvis.portal.infrastructure import queries
from parvis.portal.infrastructure.models import ITService, Line, Outage
from parvis.portal.kernel import authz
from parvis.portal.parc.models import Site
from parvis.portal.parc.views.computer_list import watches
from parvis.portal.ui.formats import euros
from parvis.portal.ui.listing import ListingTable, ListingView
from parvis.portal.ui.templatetags.ui import instant, state_badge

CRITICALITY_COLORS = {"vital": "red", "important": "orange", "ordinary": "secondary"}
LINE_COLORS = {"active": "green", "suspended": "orange", "ended": "secondary"}


class WatchersList(ListingView):
    """For the IT team and the auditors."""

    def authorize(self) -> authz.Decision:
        """Of any entity: what is in it is up to the rows."""
        return watches(signed_in(self.request))

    def extra_context(self) -> dict[str, object]:
        """Whether the user may add rows."""
        return {"manages": is_staff(signed_in(self.request))}


class ServiceTable(ListingTable):
    """One service a row."""

    name = tables.Column(
        linkify=("infrastructure:service", {"it_service_id": tables.A("pk")}), verbose_name=_("Service")
    )
    server_count = tables.Column(verbose_name=_("Serveurs"))

    class Meta(ListingTable.Meta):
        model = ITService
        fields = ("name", "criticality", "hosting", "provider", "server_count", "entity")
        sequence = fields

    def render_criticality(self, record: ITService) -> SafeString:
        """Colour and words."""
        return state_badge(record.get_criticality_display(), CRITICALITY_COLORS[record.criticality])

    def value_criticality(self, record: ITService) -> str:
        """In words, for the CSV."""
        return str(record.get_criticality_display())


class ServiceFilter(django_filters.FilterSet):
    """By criticality and place."""

    criticality = django_filters.ChoiceFilter(
        choices=ITService.Criticality.choices, label=_("Criticité"), empty_label=_("Toutes")
    )
    hosting = django_filters.ChoiceFilter(
        choices=ITService.Hosting.choices, label=_("Hébergement"), empty_label=_("Tous")
    )

    class Meta:
        model = ITService
        fields = ("criticality", "hosting")


class ServiceList(WatchersList):
    """The services of the DSI in the user's perimeter."""

    table_class, filterset_class = ServiceTable, ServiceFilter
    template_name = "infrastructure/services.html"
    title, lead = _("Services de la DSI"), _("Ce que vous faites fonctionner, sur quels serveurs, et ce qui en dépend.")
    search_fields = ("name", "provider")
    export_name = "services-dsi"
    empty_icon, empty_title = "server", _("Aucun service")
    empty_text = _("Décrivez vos services pour savoir qui est touché quand un serveur s’arrête.")

    def get_queryset(self) -> QuerySet[ITService]:
        """With how many servers."""
        visible = queries.services_visible_to(signed_in(self.request))
        return visible.annotate(server_count=Count("hosts", distinct=True)).order_by("name")


class LineTable(ListingTable):
    """One line a row."""

    number = tables.Column(linkify=("infrastructure:line", {"phone_line_id": tables.A("pk")}), verbose_name=_("Numéro"))

    class Meta(ListingTable.Meta):
        model = Line
        fields = (
            "number", "kind", "state", "agent", "entity", "operator", "plan", "monthly_cost", "sim", "phone",
            "contract",
        )  # fmt: skip
        sequence = fields

    def render_state(self, record: Line) -> SafeString:
        """Colour and words."""
        return state_badge(record.get_state_display(), LINE_COLORS[record.state])

    def value_state(self, record: Line) -> str:
        """In words, for the CSV."""
        return str(record.get_state_display())

    def render_monthly_cost(self, record: Line) -> str:
        """Euros."""
        return euros(record.monthly_cost) if record.monthly_cost is not None else ""

    def value_monthly_cost(self, record: Line) -> object:
        """The figure, for the CSV."""
        return record.monthly_cost


class LineFilter(django_filters.FilterSet):
    """By state and kind; those nobody has."""

    state = django_filters.ChoiceFilter(choices=Line.State.choices, label=_("État"), empty_label=_("Tous"))
    kind = django_filters.ChoiceFilter(choices=Line.Kind.choices, label=_("Type"), empty_label=_("Tous"))
    agent__isnull = django_filters.ChoiceFilter(
        choices=[("false", _("À un agent")), ("true", _("À personne"))],
        label=_("Affectation"),
        empty_label=_("Toutes"),
        method="by_agent",
    )

    class Meta:
        model = Line
        fields = ("state", "kind")

    def by_agent(self, rows: QuerySet[Line], _name: str, value: str) -> QuerySet[Line]:
        """Whether an agent has it."""
        return rows.filter(agent__isnull=value == "true")


class LineList(WatchersList):
    """The telephone lines of the user's perimeter."""

    table_class, filterset_class = LineTable, LineFilter
    template_name = "infrastructure/lines.html"
    title, lead = _("Lignes téléphoniques"), _("Qui a quel numéro, chez quel opérateur, à quel prix.")
    search_fields = ("number", "operator", "plan", "agent__last_name", "agent__first_name", "entity__name")
    export_name = "lignes"
    empty_icon, empty_title = "phone", _("Aucune ligne")
    empty_text = _("Ajoutez vos lignes mobiles et fixes.")

    def get_queryset(self) -> QuerySet[Line]:
        """With all that the cells show."""
        return queries.lines_visible_to(signed_in(self.request))


class SiteTable(ListingTable):
    """One site a row."""

    name = tables.Column(linkify=("infrastructure:site_impact", {"site_id": tables.A("pk")}), verbose_name=_("Site"))
    behind = tables.Column(accessor="behind_name", order_by=("behind_name",), verbose_name=_("Derrière"))

    class Meta(ListingTable.Meta):
        model = Site
        fields = ("name", "behind", "entity", "address")
        sequence = fields


class SiteList(WatchersList):
    """Through what the network of each site passes."""

    table_class = SiteTable
    title, lead = (
        _("Raccordement des sites"),
        _("Par quel équipement passe le réseau de chaque site, et qui en dépend."),
    )
    search_fields = ("name", "address", "entity__name")
    export_name = "raccordement-des-sites"
    empty_icon, empty_title = "network", _("Aucun site")

    def get_queryset(self) -> QuerySet[Site]:
        """With the equipment."""
        return queries.sites_with_what_they_are_behind(signed_in(self.request))


class OutageTable(ListingTable):
    """One outage a row."""

    title = tables.Column(linkify=("infrastructure:outage", {"outage_id": tables.A("pk")}), verbose_name=_("Coupure"))
    what = tables.Column(empty_values=(), orderable=False, verbose_name=_("Ce qui s’arrête"))
    entity = tables.Column(verbose_name=_("Collectivité"))

    class Meta(ListingTable.Meta):
        model = Outage
        fields = ("title", "what", "starts_at", "ends_at", "entity")
        sequence = fields

    def render_what(self, record: Outage) -> str:
        """The asset, the site or the service."""
        return str(record.asset or record.site or record.it_service)

    def render_starts_at(self, record: Outage) -> str:
        """The instant in words."""
        return instant(record.starts_at)

    def value_starts_at(self, record: Outage) -> object:
        """The instant, for the CSV."""
        return record.starts_at

    def render_ends_at(self, record: Outage) -> str:
        """The instant in words."""
        return instant(record.ends_at)

    def value_ends_at(self, record: Outage) -> object:
        """The instant, for the CSV."""
        return record.ends_at


class OutageList(WatchersList):
    """The outages of the user's perimeter, the latest first."""

    table_class = OutageTable
    title, lead = _("Coupures"), _("Ce qui est, a été ou sera arrêté. On les annonce depuis la page d’un impact.")
    search_fields = ("title", "text")
    export_name = "coupures"
    empty_icon, empty_title = "plug-connected-x", _("Aucune coupure")
    empty_text = _("Annoncez une coupure depuis la page d’un serveur, d’un site ou d’un service.")

    def get_queryset(self) -> QuerySet[Outage]:
        """With what they are about."""
        return queries.outages_visible_to(signed_in(self.request))
