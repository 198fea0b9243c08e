"""The columns of the list of assets."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from parvis.portal.parc.models import Asset
from parvis.portal.parc.views.computer_list import state_of
from parvis.portal.parc.views.looks import ASSET_LOOKS, KIND_ICONS
from parvis.portal.ui.formats import euros
from parvis.portal.ui.listing import ListingTable
from parvis.portal.ui.templatetags.ui import ago, icon, state_badge

ONE_LINE = {"td": {"class": "text-nowrap"}}
USUAL = ("name", "kind", "state", "model", "assigned", "site", "entity", "tag")
"""Shown until a person chooses."""

USUAL_OF_COMPUTERS = ("name", "reachability", "last_seen_at", "assigned", "kind", "model", "site", "entity", "address")


class AssetTable(ListingTable):
    """One asset a row."""

    name = tables.Column(verbose_name=_("Nom"), attrs=ONE_LINE)
    assigned = tables.Column(accessor="agents__all", orderable=False, verbose_name=_("Agents"))
    kind = tables.Column(verbose_name=_("Type"), attrs=ONE_LINE)
    state = tables.Column(verbose_name=_("Situation"), attrs=ONE_LINE)
    reachability = tables.Column(verbose_name=_("État sur le réseau"))
    last_seen_at = tables.Column(verbose_name=_("Vu"), attrs=ONE_LINE)
    address = tables.Column(verbose_name=_("Adresse réseau"), attrs=ONE_LINE)
    mac_address = tables.Column(verbose_name=_("Adresse MAC"))
    purchase_date = tables.DateColumn(short=True, verbose_name=_("Acheté le"), attrs=ONE_LINE)
    warranty_end_date = tables.DateColumn(short=True, verbose_name=_("Fin de garantie"), attrs=ONE_LINE)
    state_since_date = tables.DateColumn(short=True, verbose_name=_("Dans cette situation depuis"), attrs=ONE_LINE)
    cost = tables.Column(verbose_name=_("Prix d’achat"), attrs=ONE_LINE)

    class Meta(ListingTable.Meta):
        model = Asset
        fields = (
            "name", "kind", "state", "reachability", "last_seen_at", "model", "assigned", "site", "room", "entity",
            "tag", "serial", "phone_number", "address", "mac_address", "state_since_date", "purchase_date",
            "warranty_end_date", "cost", "supplier", "contract", "order_number",
        )  # fmt: skip
        sequence = fields

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Once a table: Django looks a row's words up among all the choices, translated again for each.
        self.kinds = {value: str(label) for value, label in Asset.Kind.choices}
        self.states = {value: str(label) for value, label in Asset.State.choices}

    def render_kind(self, record: Asset) -> str:
        """In words."""
        return self.kinds[record.kind]

    def render_name(self, record: Asset) -> SafeString:
        """Its icon, and a link to its page."""
        page = ("parc:computer" if record.is_computer else "parc:asset", [record.pk])
        mark = icon(KIND_ICONS[record.kind], "text-secondary me-1")
        return format_html('{}<a href="{}">{}</a>', mark, reverse(page[0], args=page[1]), record.name)

    def value_name(self, record: Asset) -> str:
        """The name alone."""
        return record.name

    def render_assigned(self, value: list[Any]) -> str:
        """Names, separated."""
        return ", ".join(str(agent) for agent in value) or "—"

    def value_assigned(self, value: list[Any]) -> str:
        """Names, separated, for the file."""
        return ", ".join(str(agent) for agent in value)

    def render_state(self, record: Asset) -> SafeString:
        """Colour, icon and words."""
        return state_badge(self.states[record.state], *ASSET_LOOKS[record.state])

    def value_state(self, record: Asset) -> str:
        """In words, for the file."""
        return self.states[record.state]

    def render_reachability(self, record: Asset) -> SafeString | str:
        """Colour, icon and words; nothing for what is on no network."""
        return state_of(record) if record.address else "—"

    def value_reachability(self, record: Asset) -> str:
        """In words, for the file."""
        return str(record.get_reachability_display()) if record.address else ""

    def render_last_seen_at(self, record: Asset) -> str:
        """How long ago."""
        return ago(record.last_seen_at)

    def value_last_seen_at(self, record: Asset) -> object:
        """The instant, for the file."""
        return record.last_seen_at

    def render_cost(self, record: Asset) -> str:
        """Euros."""
        return euros(record.cost) if record.cost is not None else ""

    def value_cost(self, record: Asset) -> object:
        """The figure, for the file."""
        return record.cost

    def value_purchase_date(self, record: Asset) -> object:
        """The day, for the file."""
        return record.purchase_date

    def value_warranty_end_date(self, record: Asset) -> object:
        """The day, for the file."""
        return record.warranty_end_date

    def value_state_since_date(self, record: Asset) -> object:
        """The day, for the file."""
        return record.state_since_date
