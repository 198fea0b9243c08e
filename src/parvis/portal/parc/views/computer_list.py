"""The list of computers."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from parvis.portal.accounts.models import User
from parvis.portal.directory.access import EntityChoiceField, signed_in
from parvis.portal.directory.models import Entity
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.queries import has_role, is_staff, perimeter, within
from parvis.portal.kernel import authz
from parvis.portal.parc import queries
from parvis.portal.parc.models import Computer, Site
from parvis.portal.ui.listing import ListingTable, ListingView
from parvis.portal.ui.templatetags.ui import ago, state_badge

STATE_LOOKS = {
    Computer.Reachability.ON: ("green", "power"),
    Computer.Reachability.ASLEEP: ("blue", "zzz"),
    Computer.Reachability.UNREACHABLE: ("orange", "plug-connected-x"),
    Computer.Reachability.UNKNOWN: ("secondary", "help-circle"),
}
"""Colour and icon of each state."""


def state_of(computer: Computer) -> SafeString:
    """The state as a badge."""
    color, icon = STATE_LOOKS[Computer.Reachability(computer.reachability)]
    return state_badge(computer.get_reachability_display(), color, icon)


def watches(user: User) -> authz.Decision:
    """The lists are for the IT team and the auditors."""
    return authz.YES if has_role(user, *queries.VIEWING_ROLES) else NOT_STAFF


ONE_LINE = {"td": {"class": "text-nowrap"}}


class ComputerTable(ListingTable):
    """One computer a row."""

    name = tables.Column(
        linkify=("parc:computer", {"computer_id": tables.A("pk")}), verbose_name=_("Nom"), attrs=ONE_LINE
    )
    assigned = tables.Column(accessor="agents__all", orderable=False, verbose_name=_("Agents"))
    reachability = tables.Column(verbose_name=_("État"))
    last_seen_at = tables.Column(verbose_name=_("Vu"), attrs=ONE_LINE)
    address = tables.Column(attrs=ONE_LINE)
    mac_address = tables.Column(attrs={"th": {"class": "d-none"}, "td": {"class": "d-none"}})
    """Shown under the address; a column of its own in the CSV."""

    class Meta(ListingTable.Meta):
        model = Computer
        fields = (
            "name", "reachability", "last_seen_at", "assigned", "kind", "site", "entity", "address", "mac_address",
        )  # fmt: skip
        sequence = fields

    def render_assigned(self, value: list[Any]) -> str:
        """Names, separated."""
        return ", ".join(str(agent) for agent in value) or "—"

    def value_assigned(self, value: list[Any]) -> str:
        """Names, separated, for the CSV."""
        return ", ".join(str(agent) for agent in value)

    def render_address(self, record: Computer) -> SafeString:
        """Network address, and MAC address below."""
        return format_html('{}<br><span class="text-secondary">{}</span>', record.address, record.mac_address)

    def value_address(self, record: Computer) -> str:
        """The network address alone, for the CSV."""
        return record.address

    def render_reachability(self, record: Computer) -> SafeString:
        """Colour, icon and words."""
        return state_of(record)

    def value_reachability(self, record: Computer) -> str:
        """In words, for the CSV."""
        return str(record.get_reachability_display())

    def render_last_seen_at(self, record: Computer) -> str:
        """How long ago."""
        return ago(record.last_seen_at)

    def value_last_seen_at(self, record: Computer) -> object:
        """The instant, for the CSV."""
        return record.last_seen_at


class EntityFilter(django_filters.ModelChoiceFilter):
    """An entity and all below it; only those the user watches are offered."""

    field_class = EntityChoiceField

    def get_queryset(self, request: Any) -> QuerySet[Entity]:
        """What is offered."""
        return Entity.objects.filter(within(perimeter(request.user, *queries.VIEWING_ROLES), "path")).order_by("path")

    def filter(self, rows: Any, entity: Entity | None) -> Any:
        """Below, too."""
        return rows if entity is None else rows.filter(entity__path__startswith=entity.path)


def _sites(request: Any) -> QuerySet[Site]:
    return queries.sites_visible_to(request.user)


class ComputerFilter(django_filters.FilterSet):
    """By state, kind, place, and whether somebody works on it."""

    reachability = django_filters.ChoiceFilter(
        choices=Computer.Reachability.choices, label=_("État"), empty_label=_("Tous")
    )
    kind = django_filters.ChoiceFilter(choices=Computer.Kind.choices, label=_("Type"), empty_label=_("Tous"))
    entity = EntityFilter(label=_("Service"), field_name="entity", empty_label=_("Tous"))
    site = django_filters.ModelChoiceFilter(queryset=_sites, label=_("Site"), empty_label=_("Tous"))
    assigned = django_filters.ChoiceFilter(
        choices=[("yes", _("Oui")), ("no", _("Non"))],
        label=_("Affecté à un agent"),
        method="by_assignment",
        empty_label=_("Tous"),
    )

    class Meta:
        model = Computer
        fields = ("reachability", "kind", "entity", "site", "assigned")

    def by_assignment(self, rows: QuerySet[Computer], _name: str, value: str) -> QuerySet[Computer]:
        """Those somebody works on, or the others."""
        return rows.filter(queries.is_assigned()) if value == "yes" else rows.exclude(queries.is_assigned())


class ComputerList(ListingView):
    """The computers of the user's perimeter."""

    table_class, filterset_class = ComputerTable, ComputerFilter
    template_name = "parc/computers.html"
    title = _("Ordinateurs")
    lead = _("Le parc de votre périmètre, et ce qui répond sur le réseau.")
    search_fields = ("name",)
    search_label = _("Nom, agent, adresse, adresse MAC")
    export_name = "ordinateurs"
    empty_icon = "devices"
    empty_title = _("Aucun ordinateur")
    empty_text = _("Ajoutez un premier ordinateur, ou importez votre parc.")

    def authorize(self) -> authz.Decision:
        """For the IT team and the auditors."""
        return watches(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Computer]:
        """With all that the cells show."""
        return queries.computers_visible_to(self.request.user).prefetch_related("agents")

    @cached_property
    def rows(self) -> QuerySet[Computer]:
        """Search goes through the agents too."""
        return queries.search_computers(self.filterset.qs, self.asked)

    def extra_context(self) -> dict[str, object]:
        """Whether the user may add computers."""
        return {"manages": is_staff(signed_in(self.request))}
