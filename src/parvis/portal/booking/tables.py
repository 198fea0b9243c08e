"""Tables of the IT team's lists: pools, resources, bookings."""

from __future__ import annotations

import django_tables2 as tables
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parvis.portal.booking import looks, phones
from parvis.portal.booking.models import Booking, Pool, Resource
from parvis.portal.ui.listing import ListingTable
from parvis.portal.ui.templatetags.ui import state_badge

WHOLE = {"td": {"class": "text-nowrap"}}


class PoolTable(ListingTable):
    """One pool a row."""

    name = tables.Column(linkify=("booking:pool", {"pool_id": tables.A("pk")}), verbose_name=gettext_lazy("Groupe"))
    kind = tables.Column(verbose_name=gettext_lazy("Type"))
    entity = tables.Column(order_by=("entity__path",), verbose_name=gettext_lazy("Ouvert à"))
    active_count = tables.Column(verbose_name=gettext_lazy("En service"))
    coming_count = tables.Column(verbose_name=gettext_lazy("Réservations à venir"))
    waiting_count = tables.Column(verbose_name=gettext_lazy("En attente"))
    is_open = tables.Column(verbose_name=gettext_lazy("Aux agents"))

    class Meta(ListingTable.Meta):
        model = Pool
        fields = ("name", "kind", "entity", "active_count", "coming_count", "waiting_count", "is_open")

    def render_is_open(self, record: Pool) -> SafeString:
        """A badge."""
        if record.is_open:
            return state_badge(_("Ouvert"), "green", "circle-check")
        return state_badge(_("Fermé"), "secondary", "ban")

    def value_is_open(self, record: Pool) -> str:
        """The word."""
        return _("oui") if record.is_open else _("non")


class ResourceTable(ListingTable):
    """One resource a row; the columns are those of an import too."""

    name = tables.Column(
        linkify=("booking:resource", {"resource_id": tables.A("pk")}), verbose_name=gettext_lazy("Nom")
    )
    phone_number = tables.Column(attrs=WHOLE, verbose_name=gettext_lazy("Numéro"))
    pin = tables.Column(verbose_name=gettext_lazy("Code"), orderable=False)
    account_ref = tables.Column(verbose_name=gettext_lazy("Compte"))
    capacity = tables.Column(verbose_name=gettext_lazy("Places"))
    site = tables.Column(order_by=("site__name",), verbose_name=gettext_lazy("Site"), default="—")
    location = tables.Column(verbose_name=gettext_lazy("Où exactement"))
    equipment = tables.Column(orderable=False, verbose_name=gettext_lazy("Équipement"))
    owner = tables.Column(verbose_name=gettext_lazy("Propriétaire"))
    contract = tables.Column(order_by=("contract__name",), verbose_name=gettext_lazy("Contrat"), default="—")
    is_active = tables.Column(verbose_name=gettext_lazy("État"))

    class Meta(ListingTable.Meta):
        model = Resource
        fields = ("name", "phone_number", "pin", "account_ref", "capacity", "site", "location", "equipment", "owner",
                  "contract", "is_active")  # fmt: skip

    def render_phone_number(self, value: str) -> str:
        """As it is dialled."""
        return phones.shown(value)

    def value_phone_number(self, value: str) -> str:
        """The same: a spreadsheet would take E.164 for a sum."""
        return phones.shown(value)

    def render_equipment(self, value: list[str]) -> str:
        """In words."""
        return ", ".join(looks.equipment_words(value)) or "—"

    def value_equipment(self, value: list[str]) -> str:
        """The same."""
        return ", ".join(looks.equipment_words(value))

    def render_is_active(self, record: Resource) -> SafeString:
        """A badge."""
        if record.is_active:
            return state_badge(_("En service"), "green", "circle-check")
        return state_badge(_("Hors service"), "secondary", "ban")

    def value_is_active(self, record: Resource) -> str:
        """The words."""
        return _("en service") if record.is_active else _("hors service")


class BookingTable(ListingTable):
    """One booking a row."""

    title = tables.Column(
        linkify=("booking:booking", {"booking_id": tables.A("pk")}), verbose_name=gettext_lazy("Objet")
    )
    holder = tables.Column(order_by=("holder__last_name", "holder__first_name"), verbose_name=gettext_lazy("Pour"))
    entity = tables.Column(
        accessor="holder__entity", order_by=("holder__entity__name",), verbose_name=gettext_lazy("Service")
    )
    pool = tables.Column(order_by=("pool__name",), verbose_name=gettext_lazy("Groupe"))
    resource = tables.Column(order_by=("resource__name",), verbose_name=gettext_lazy("Salle"), default="—")
    starts_at = tables.DateTimeColumn(format="d/m/Y H:i", attrs=WHOLE, verbose_name=gettext_lazy("Début"))
    ends_at = tables.DateTimeColumn(format="H:i", attrs=WHOLE, verbose_name=gettext_lazy("Fin"))
    people = tables.Column(verbose_name=gettext_lazy("Participants"))
    state = tables.Column(verbose_name=gettext_lazy("État"))

    class Meta(ListingTable.Meta):
        model = Booking
        fields = ("title", "holder", "entity", "pool", "resource", "starts_at", "ends_at", "people", "state")

    def value_starts_at(self, record: Booking) -> object:
        """The instant."""
        return record.starts_at

    def value_ends_at(self, record: Booking) -> object:
        """The instant."""
        return record.ends_at

    def render_state(self, record: Booking) -> SafeString:
        """A badge."""
        return looks.state_of(record)

    def value_state(self, record: Booking) -> str:
        """The words."""
        return record.get_state_display()
