"""Lists of this room."""

from __future__ import annotations

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from parvis.portal.stocktake.models import Difference, Stocktake
from parvis.portal.ui.listing import ListingTable
from parvis.portal.ui.templatetags.ui import instant, state_badge

LOOKS = {
    Stocktake.State.OPEN: ("blue", "clipboard-list"),
    Stocktake.State.SETTLING: ("orange", "alert-triangle"),
    Stocktake.State.CLOSED: ("green", "circle-check"),
}


def state_of(stocktake: Stocktake) -> SafeString:
    """The state as a badge."""
    color, icon = LOOKS[Stocktake.State(stocktake.state)]
    return state_badge(stocktake.get_state_display(), color, icon)


class StocktakeTable(ListingTable):
    """One stock-take a row."""

    name = tables.Column(linkify=("stocktake:stocktake", {"stocktake_id": tables.A("pk")}))
    seen = tables.Column(accessor="pk", verbose_name=_("Vus"), orderable=False)
    open_count = tables.Column(verbose_name=_("Écarts à régler"))

    class Meta(ListingTable.Meta):
        model = Stocktake
        fields = ("name", "site", "state", "seen", "open_count", "opened_at", "closed_at")
        sequence = fields

    def render_state(self, record: Stocktake) -> SafeString:
        """Colour, icon and words."""
        return state_of(record)

    def value_state(self, record: Stocktake) -> str:
        """In words, for the CSV."""
        return str(record.get_state_display())

    def render_seen(self, record: Stocktake) -> str:
        """How many of how many."""
        return f"{record.seen_count} / {record.expected_count}"  # type: ignore[attr-defined]

    def render_opened_at(self, record: Stocktake) -> str:
        """In words."""
        return instant(record.opened_at)

    def value_opened_at(self, record: Stocktake) -> object:
        """The instant, for the CSV."""
        return record.opened_at

    def render_closed_at(self, record: Stocktake) -> str:
        """In words."""
        return instant(record.closed_at)

    def value_closed_at(self, record: Stocktake) -> object:
        """The instant, for the CSV."""
        return record.closed_at


class DifferenceTable(ListingTable):
    """One difference a row."""

    what = tables.Column(accessor="pk", verbose_name=_("Matériel"), order_by=("asset__name", "code"))
    listed = tables.Column(accessor="pk", verbose_name=_("Inscrit"), orderable=False)
    room = tables.Column(verbose_name=_("Vu dans"))

    class Meta(ListingTable.Meta):
        model = Difference
        fields = ("what", "kind", "listed", "room", "outcome")
        sequence = fields

    def render_what(self, record: Difference) -> SafeString | str:
        """The asset with its model, or the code nobody knows."""
        if record.asset is None:
            return format_html('<span class="font-monospace">{}</span>', record.code)
        words = " · ".join(
            str(each) for each in (record.asset.get_kind_display(), record.asset.model, record.asset.serial) if each
        )
        url = f"/parc/materiel/{record.asset_id}/"
        return format_html(
            '<a href="{}">{}</a><br><span class="text-secondary">{}</span>', url, record.asset.name, words
        )

    def value_what(self, record: Difference) -> str:
        """The name or the code, for the CSV."""
        return record.asset.name if record.asset else record.code

    def render_listed(self, record: Difference) -> str:
        """Where the list has it, and in which state."""
        if record.asset is None:
            return "—"
        place = (record.asset.site, record.asset.room, record.asset.get_state_display())
        return " · ".join(str(each) for each in place if each)

    def render_outcome(self, record: Difference) -> SafeString:
        """Colour and words."""
        return state_badge(record.get_outcome_display(), "green" if record.outcome else "orange")

    def value_outcome(self, record: Difference) -> str:
        """In words, for the CSV."""
        return str(record.get_outcome_display())
