"""The list of agents: people search."""

from __future__ import annotations

from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import Q, QuerySet
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.directory import queries, rules
from parvis.portal.directory.access import EntityChoiceField, signed_in
from parvis.portal.directory.models import Agent, Entity
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.views.bulk_actions import actions_for
from parvis.portal.kernel import authz, clock
from parvis.portal.ui.listing import BulkAction, ListingTable, ListingView
from parvis.portal.ui.templatetags.ui import state_badge


class AgentTable(ListingTable):
    """One agent a row."""

    last_name = tables.Column(
        linkify=("directory:agent", {"agent_id": tables.A("pk")}), verbose_name=gettext_lazy("Nom")
    )
    entity = tables.Column(
        linkify=("directory:entity", {"entity_id": tables.A("entity_id")}), verbose_name=gettext_lazy("Service")
    )
    phone = tables.Column(verbose_name=gettext_lazy("Téléphone"), orderable=False)
    user = tables.Column(verbose_name=gettext_lazy("Compte"), empty_values=(), orderable=False)
    email = tables.Column(visible=False)
    office = tables.Column(visible=False)
    personnel_number = tables.Column(visible=False)
    starts_date = tables.Column(visible=False)
    ends_date = tables.Column(visible=False)

    class Meta(ListingTable.Meta):
        model = Agent
        fields = (
            "last_name",
            "first_name",
            "job_title",
            "entity",
            "phone",
            "user",
            "email",
            "office",
            "personnel_number",
            "starts_date",
            "ends_date",
        )
        sequence = fields

    def render_phone(self, value: str) -> SafeString:
        """A link that dials."""
        return format_html('<a class="text-nowrap" href="tel:{}">{}</a>', rules.digits(value), rules.phone_shown(value))

    def value_phone(self, value: str) -> str:
        """As it was written."""
        return value

    def render_user(self, record: Agent) -> SafeString | str:
        """Its state."""
        text = self.value_user(record)
        return state_badge(text, "green" if record.user and record.user.is_active else "secondary")

    def value_user(self, record: Agent) -> str:
        """In words."""
        if not record.is_active:
            return _("Parti")
        if record.user is None:
            return _("Sans compte")
        return _("Actif") if record.user.is_active else _("Désactivé")


class EntityFilter(django_filters.ModelChoiceFilter):
    """An entity and all below it."""

    field_class = EntityChoiceField

    def get_queryset(self, request: Any) -> QuerySet[Entity]:
        """Those of the perimeter."""
        return queries.entities_visible_to(request.user).order_by("path")

    def filter(self, rows: Any, entity: Entity | None) -> Any:
        """Below, too."""
        return rows if entity is None else rows.filter(entity__path__startswith=entity.path)


class AgentFilter(django_filters.FilterSet):
    """By place, by account, in post or not."""

    entity = EntityFilter(label=gettext_lazy("Service"), field_name="entity", empty_label=gettext_lazy("Tous"))
    account = django_filters.ChoiceFilter(
        choices=[("yes", gettext_lazy("Avec un compte")), ("no", gettext_lazy("Sans compte"))],
        label=gettext_lazy("Compte"),
        method="by_account",
        empty_label=gettext_lazy("Tous"),
    )
    is_active = django_filters.ChoiceFilter(
        choices=[("True", gettext_lazy("En poste")), ("False", gettext_lazy("Partis"))],
        label=gettext_lazy("Situation"),
        empty_label=gettext_lazy("Tous"),
    )

    soon = django_filters.ChoiceFilter(
        choices=[("arrival", gettext_lazy("Arrivée à venir")), ("departure", gettext_lazy("Départ prévu"))],
        label=gettext_lazy("Mouvement"),
        method="by_movement",
        empty_label=gettext_lazy("Tous"),
    )

    class Meta:
        model = Agent
        fields = ("entity", "account", "is_active", "soon")

    def by_account(self, rows: QuerySet[Agent], _name: str, value: str) -> QuerySet[Agent]:
        """With or without."""
        return rows.filter(user__isnull=value == "no")

    def by_movement(self, rows: QuerySet[Agent], _name: str, value: str) -> QuerySet[Agent]:
        """Who is about to come, or to go."""
        coming, going = Q(starts_date__gt=clock.today()), Q(ends_date__isnull=False)
        return rows.filter(coming if value == "arrival" else going, is_active=True)


class AgentList(ListingView):
    """The agents of the user's perimeter."""

    table_class, filterset_class = AgentTable, AgentFilter
    template_name = "directory/agents.html"
    title = gettext_lazy("Agents")
    lead = gettext_lazy("Les personnes de votre périmètre.")
    search_folded_fields = ("search",)
    search_label = gettext_lazy("Nom, fonction, service, téléphone ou matricule")
    export_name = "agents"
    empty_icon = "users"
    empty_title = gettext_lazy("Aucun agent")

    def authorize(self) -> authz.Decision:
        """For those whose roles show agents."""
        return authz.YES if queries.has_role(signed_in(self.request), *queries.VIEWING_ROLES) else NOT_STAFF

    def get_queryset(self) -> QuerySet[Agent]:
        """The agents the user may see."""
        return queries.agents_visible_to(signed_in(self.request))

    @cached_property
    def rows(self) -> QuerySet[Agent]:
        """Search knows phones, personnel numbers and services, too."""
        rows: QuerySet[Agent] = self.filterset.qs
        return queries.search_agents(rows, self.asked, numbers=True) if self.asked else rows

    @cached_property
    def manages(self) -> bool:
        """Whether the user is of an IT team."""
        return queries.is_staff(signed_in(self.request))

    @cached_property
    def actions(self) -> list[BulkAction]:
        """For the IT team."""
        return actions_for(signed_in(self.request)) if self.manages else []

    def extra_context(self) -> dict[str, object]:
        """Whether the user may add agents."""
        return {"manages": self.manages}
