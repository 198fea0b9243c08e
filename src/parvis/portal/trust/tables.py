"""The lists of the IT team: columns and filters."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.access import EntityChoiceField
from parvis.portal.directory.models import Entity
from parvis.portal.directory.queries import perimeter, within
from parvis.portal.kernel import clock
from parvis.portal.trust import queries
from parvis.portal.trust.models import Credential, Network, SuppliedDevice
from parvis.portal.trust.permissions import WATCHERS
from parvis.portal.ui import formats
from parvis.portal.ui.listing import ListingTable
from parvis.portal.ui.templatetags.ui import state_badge

EXPIRY_IS_NEAR = timedelta(days=30)
STANDING_COLOURS = {"trusted": "green", "lost": "orange", "stolen": "red", "retired": "secondary"}
KIND_COLOURS = {"office": "green", "vpn": "azure", "home": "blue", "elsewhere": "secondary", "forbidden": "red"}


class DeviceTable(ListingTable):
    """Supplied computers."""

    computer = tables.Column(
        verbose_name=_("Ordinateur"), linkify=("parc:computer", {"computer_id": tables.A("computer_id")})
    )
    agents = tables.Column(verbose_name=_("Agents"), empty_values=(), orderable=False)
    entity = tables.Column(verbose_name=_("Service"), accessor="computer__entity")
    proofs = tables.Column(verbose_name=_("Preuve"), empty_values=(), orderable=False)
    expires_at = tables.Column(verbose_name=_("Certificat valable jusqu’au"), default="")
    last_used_at = tables.Column(verbose_name=_("Dernière connexion"), default="")
    standing = tables.Column(verbose_name=_("État"))

    class Meta(ListingTable.Meta):
        pass

    def render_agents(self, record: SuppliedDevice) -> str:
        """Their names."""
        return ", ".join(str(agent) for agent in record.agents.all())

    value_agents = render_agents

    def render_proofs(self, record: SuppliedDevice) -> str:
        """Which kinds, each once."""
        return ", ".join(dict.fromkeys(str(each.get_kind_display()) for each in record.credentials.all()))

    value_proofs = render_proofs

    def render_expires_at(self, value: Any) -> SafeString | str:
        """The day; said when it is near."""
        shown = formats.day(value)
        if value - clock.now() < EXPIRY_IS_NEAR:
            return format_html("{} {}", state_badge(shown, "orange", "alert-triangle"), "")
        return shown

    def value_expires_at(self, value: Any) -> Any:
        """For the CSV."""
        return value

    def render_last_used_at(self, value: Any) -> str:
        """How long ago."""
        return formats.ago(value, clock.now())

    def value_last_used_at(self, value: Any) -> Any:
        """For the CSV."""
        return value

    def render_standing(self, record: SuppliedDevice) -> SafeString:
        """With its colour."""
        return state_badge(record.get_standing_display(), STANDING_COLOURS[record.standing])

    def value_standing(self, record: SuppliedDevice) -> str:
        """For the CSV."""
        return str(record.get_standing_display())


class DeviceFilter(django_filters.FilterSet):
    """By state, proof, expiry, service."""

    standing = django_filters.ChoiceFilter(
        label=_("État"), choices=SuppliedDevice.Standing.choices, empty_label=_("Tous")
    )
    proof = django_filters.ChoiceFilter(
        label=_("Preuve"), choices=Credential.Kind.choices, empty_label=_("Toutes"), method="by_proof"
    )
    expiry = django_filters.ChoiceFilter(
        label=_("Certificat"),
        choices=[("soon", _("Expire sous 30 jours")), ("past", _("Expiré"))],
        empty_label=_("Tous"),
        method="by_expiry",
    )
    entity = django_filters.ModelChoiceFilter(
        label=_("Service"), empty_label=_("Tous"), queryset=lambda request: _entities(request), method="by_entity"
    )
    entity.field_class = EntityChoiceField

    class Meta:
        model = SuppliedDevice
        fields = ("standing",)

    def by_proof(self, rows: QuerySet[SuppliedDevice], _name: str, value: str) -> QuerySet[SuppliedDevice]:
        """With a certificate, or a passkey."""
        return rows.filter(pk__in=Credential.objects.filter(kind=value).values("device"))

    def by_expiry(self, rows: QuerySet[SuppliedDevice], _name: str, value: str) -> QuerySet[SuppliedDevice]:
        """Soon, or already."""
        now = clock.now()
        return queries.expiring(rows, now + EXPIRY_IS_NEAR if value == "soon" else now)

    def by_entity(self, rows: QuerySet[SuppliedDevice], _name: str, value: Entity | None) -> QuerySet[SuppliedDevice]:
        """And below."""
        return rows.filter(computer__entity__path__startswith=value.path) if value else rows


def _entities(request: Any) -> QuerySet[Entity]:
    if request is None:
        return Entity.objects.none()
    return Entity.objects.filter(within(perimeter(request.user, *WATCHERS), "path")).order_by("path")


class NetworkTable(ListingTable):
    """Networks."""

    name = tables.Column(verbose_name=_("Réseau"), linkify=("trust:network", {"network_id": tables.A("pk")}))
    kind = tables.Column(verbose_name=_("Type"))
    ranges = tables.Column(verbose_name=_("Plages d’adresses"), orderable=False)
    entity = tables.Column(verbose_name=_("Déclaré par"))
    note = tables.Column(verbose_name=_("Remarque"))

    class Meta(ListingTable.Meta):
        pass

    def render_kind(self, record: Network) -> SafeString:
        """With its colour."""
        return state_badge(record.get_kind_display(), KIND_COLOURS[record.kind])

    def value_kind(self, record: Network) -> str:
        """For the CSV."""
        return str(record.get_kind_display())

    def render_ranges(self, value: list[str]) -> str:
        """A few of them."""
        more = f" … ({len(value)})" if len(value) > 4 else ""
        return ", ".join(value[:4]) + more

    def value_ranges(self, value: list[str]) -> str:
        """All of them."""
        return " ".join(value)


class NetworkFilter(django_filters.FilterSet):
    """By kind."""

    kind = django_filters.ChoiceFilter(label=_("Type"), choices=Network.Kind.choices, empty_label=_("Tous"))

    class Meta:
        model = Network
        fields = ("kind",)
