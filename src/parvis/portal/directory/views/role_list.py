"""Who has which role."""

from __future__ import annotations

from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.directory import queries
from parvis.portal.directory.access import signed_in
from parvis.portal.directory.models import Role, RoleGrant
from parvis.portal.directory.permissions import NOT_STAFF
from parvis.portal.directory.views.agent_list import EntityFilter
from parvis.portal.kernel import authz
from parvis.portal.ui import formats
from parvis.portal.ui.listing import ListingTable, ListingView


class RoleTable(ListingTable):
    """One grant a row."""

    user = tables.Column(verbose_name=gettext_lazy("Personne"), order_by=("user__last_name", "user__first_name"))
    role = tables.Column(verbose_name=gettext_lazy("Rôle"))
    entity = tables.Column(
        verbose_name=gettext_lazy("Sur"),
        linkify=("directory:entity", {"entity_id": tables.A("entity_id")}),
        order_by=("entity__path",),
    )
    ends_date = tables.Column(verbose_name=gettext_lazy("Jusqu’au"), empty_values=())
    granted_at = tables.Column(verbose_name=gettext_lazy("Attribué"), empty_values=())

    class Meta(ListingTable.Meta):
        model = RoleGrant
        fields = ("user", "role", "entity", "ends_date", "granted_at")
        sequence = fields

    def render_user(self, record: RoleGrant) -> str:
        """A link to the card, if the account is an agent's; their service under it."""
        agent = getattr(record.user, "agent", None)
        if agent is None:
            return str(record.user)
        url = reverse("directory:agent", kwargs={"agent_id": agent.pk})
        return format_html(
            '<a href="{}">{}</a><br><span class="text-secondary">{}</span>', url, record.user, agent.entity
        )

    def value_user(self, record: RoleGrant) -> str:
        """The name."""
        return str(record.user)

    def render_ends_date(self, record: RoleGrant) -> str:
        """The last day."""
        return formats.day(record.ends_date) if record.ends_date else _("Sans limite")

    def value_ends_date(self, record: RoleGrant) -> str:
        """As spreadsheets read it."""
        return record.ends_date.isoformat() if record.ends_date else ""

    def render_granted_at(self, record: RoleGrant) -> str:
        """When and by whom, as far as is known."""
        when = formats.day(record.granted_at) if record.granted_at else ""
        by = _("par %(person)s") % {"person": record.granted_by} if record.granted_by else ""
        return " ".join(filter(None, (when, by))) or "—"


class RoleFilter(django_filters.FilterSet):
    """By role, by place, with or without end."""

    role = django_filters.ChoiceFilter(
        choices=Role.choices, label=gettext_lazy("Rôle"), empty_label=gettext_lazy("Tous")
    )
    entity = EntityFilter(label=gettext_lazy("Sur"), field_name="entity", empty_label=gettext_lazy("Tout le périmètre"))
    dated = django_filters.ChoiceFilter(
        choices=[("yes", gettext_lazy("Avec une date de fin")), ("no", gettext_lazy("Sans limite"))],
        label=gettext_lazy("Durée"),
        method="by_end",
        empty_label=gettext_lazy("Toutes"),
    )

    class Meta:
        model = RoleGrant
        fields = ("role", "entity", "dated")

    def by_end(self, rows: QuerySet[RoleGrant], _name: str, value: str) -> QuerySet[RoleGrant]:
        """With an end date or without."""
        return rows.filter(ends_date__isnull=value == "no")


class RoleList(ListingView):
    """The roles held on the entities of the user's perimeter."""

    table_class, filterset_class = RoleTable, RoleFilter
    title = gettext_lazy("Qui a quel rôle")
    lead = gettext_lazy("Un rôle vaut pour l’entité indiquée et tout ce qui lui est rattaché.")
    search_fields = ("user__last_name", "user__first_name", "user__email")
    search_label = gettext_lazy("Nom ou adresse")
    export_name = "roles"
    empty_icon = "user-shield"
    empty_title = gettext_lazy("Aucun rôle")

    def authorize(self) -> authz.Decision:
        """For those whose roles show agents."""
        return authz.YES if queries.has_role(signed_in(self.request), *queries.VIEWING_ROLES) else NOT_STAFF

    def get_queryset(self) -> Any:
        """Those of the perimeter, in tree order."""
        return queries.grants_visible_to(signed_in(self.request)).order_by("entity__path", "role", "user__last_name")
