"""The lists of what probes reported: columns and cells. Filters: `filters`."""

from __future__ import annotations

from typing import Any, ClassVar

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from parvis.portal.inventory import anomalies, looks, rules
from parvis.portal.inventory.links import asset_link
from parvis.portal.inventory.models import Installation, Inventory, Licence, Report, SeenScreen, Software
from parvis.portal.kernel import clock
from parvis.portal.ui import formats
from parvis.portal.ui.listing import ListingTable
from parvis.portal.ui.templatetags.ui import ago, state_badge


class QuarantineTable(ListingTable):
    """Reports that a person must settle."""

    name = tables.Column(
        verbose_name=gettext_lazy("Nom relevé"),
        linkify=("inventory:quarantined", {"quarantined_id": tables.A("pk")}),
        empty_values=(),
    )
    problem = tables.Column(verbose_name=gettext_lazy("Pourquoi"))
    candidates = tables.Column(verbose_name=gettext_lazy("Ressemblances"), orderable=False, empty_values=())
    entity = tables.Column(
        verbose_name=gettext_lazy("Adresse de sonde de"), accessor="token__entity", order_by=("token__entity__name",)
    )
    received_at = tables.Column(verbose_name=gettext_lazy("Reçu"))

    class Meta(ListingTable.Meta):
        model = Report
        fields: ClassVar[tuple[str, ...]] = ()

    def render_name(self, record: Report) -> str:
        """The computer's name, or the probe's identifier."""
        return record.name or record.device_id or "—"

    def render_problem(self, value: str) -> str:
        """In words."""
        return str(rules.PROBLEMS.get(value, value))

    def render_candidates(self, value: Any) -> str:
        """How many, and the best score."""
        if not value:
            return _("Aucune")
        best = max(each["score"] for each in value)
        return ngettext("%(n)d matériel, %(best)d points", "%(n)d matériels, %(best)d points au plus", len(value)) % {
            "n": len(value),
            "best": best,
        }

    def render_received_at(self, value: Any) -> str:
        """How long ago."""
        return ago(value)

    def value_received_at(self, value: Any) -> Any:
        """The instant, for the CSV."""
        return value


class SoftwareTable(ListingTable):
    """Programs."""

    name = tables.Column(
        verbose_name=gettext_lazy("Logiciel"), linkify=("software:program", {"software_id": tables.A("pk")})
    )
    publisher = tables.Column(verbose_name=gettext_lazy("Éditeur"))
    computers = tables.Column(verbose_name=gettext_lazy("Ordinateurs"))

    class Meta(ListingTable.Meta):
        model = Software
        fields: ClassVar[tuple[str, ...]] = ()


class InstallationTable(ListingTable):
    """The computers that have one program."""

    asset = tables.Column(verbose_name=gettext_lazy("Ordinateur"), order_by=("asset__name",))
    version = tables.Column(verbose_name=gettext_lazy("Version"))
    installed_date = tables.Column(verbose_name=gettext_lazy("Installé le"))
    entity = tables.Column(
        verbose_name=gettext_lazy("Service"), accessor="asset__entity", order_by=("asset__entity__name",)
    )
    site = tables.Column(verbose_name=gettext_lazy("Site"), accessor="asset__site", order_by=("asset__site__name",))

    class Meta(ListingTable.Meta):
        model = Installation
        fields: ClassVar[tuple[str, ...]] = ()

    def render_asset(self, record: Installation) -> SafeString:
        """Leads to its page."""
        return asset_link(record.asset)

    def value_asset(self, record: Installation) -> str:
        """For the CSV."""
        return record.asset.name


class AssetProgramTable(ListingTable):
    """The programs of one computer."""

    software = tables.Column(
        verbose_name=gettext_lazy("Logiciel"),
        linkify=("software:program", {"software_id": tables.A("software_id")}),
        order_by=("software__name",),
    )
    publisher = tables.Column(
        verbose_name=gettext_lazy("Éditeur"), accessor="software__publisher", order_by=("software__publisher",)
    )
    version = tables.Column(verbose_name=gettext_lazy("Version"))
    installed_date = tables.Column(verbose_name=gettext_lazy("Installé le"))

    class Meta(ListingTable.Meta):
        model = Installation
        fields: ClassVar[tuple[str, ...]] = ()


class LicenceTable(ListingTable):
    """Licences and what is left of them."""

    name = tables.Column(
        verbose_name=gettext_lazy("Licence"), linkify=("software:licence", {"licence_id": tables.A("pk")})
    )
    software = tables.Column(
        verbose_name=gettext_lazy("Logiciel"),
        linkify=("software:program", {"software_id": tables.A("software_id")}),
        order_by=("software__name",),
    )
    entity = tables.Column(verbose_name=gettext_lazy("Pour"), order_by=("entity__name",))
    seats = tables.Column(verbose_name=gettext_lazy("Postes achetés"))
    used = tables.Column(verbose_name=gettext_lazy("Installés"))
    left = tables.Column(verbose_name=gettext_lazy("Solde"))
    ends_date = tables.Column(verbose_name=gettext_lazy("Jusqu’au"))
    cost = tables.Column(verbose_name=gettext_lazy("Coût annuel"))

    class Meta(ListingTable.Meta):
        model = Licence
        fields: ClassVar[tuple[str, ...]] = ()

    def render_cost(self, value: Any) -> str:
        """In euros."""
        return formats.euros(value)

    def value_cost(self, value: Any) -> Any:
        """For the CSV."""
        return value

    def render_left(self, record: Licence) -> SafeString:
        """Over-use is said, not only coloured."""
        return looks.balance(record.left)  # type: ignore[attr-defined]

    def value_left(self, record: Licence) -> int:
        """For the CSV."""
        return int(record.left)  # type: ignore[attr-defined]

    def render_ends_date(self, value: Any) -> SafeString | str:
        """The day; said when it is past."""
        if value < clock.today():
            return state_badge(_("Échue le %(day)s") % {"day": f"{value:%d/%m/%Y}"}, "red", "alert-triangle")
        return formats.day(value)

    def value_ends_date(self, value: Any) -> Any:
        """For the CSV."""
        return value


class MachineTable(ListingTable):
    """Computers from inside: system, protection, disk."""

    asset = tables.Column(verbose_name=gettext_lazy("Ordinateur"), order_by=("asset__name",))
    os_name = tables.Column(verbose_name=gettext_lazy("Système"))
    os_version = tables.Column(visible=False, verbose_name=gettext_lazy("Version"))
    os_ends_date = tables.Column(verbose_name=gettext_lazy("Maintenu"), empty_values=())
    encrypted = tables.Column(verbose_name=gettext_lazy("Disque chiffré"), empty_values=())
    antivirus = tables.Column(verbose_name=gettext_lazy("Antivirus"), empty_values=())
    memory_mb = tables.Column(verbose_name=gettext_lazy("Mémoire"))
    disk_free_mb = tables.Column(verbose_name=gettext_lazy("Disque libre"))
    entity = tables.Column(
        verbose_name=gettext_lazy("Service"), accessor="asset__entity", order_by=("asset__entity__name",)
    )
    reported_at = tables.Column(verbose_name=gettext_lazy("Relevé"))

    class Meta(ListingTable.Meta):
        model = Inventory
        fields: ClassVar[tuple[str, ...]] = ()

    def render_asset(self, record: Inventory) -> SafeString:
        """Leads to its page."""
        return asset_link(record.asset)

    def value_asset(self, record: Inventory) -> str:
        """For the CSV."""
        return record.asset.name

    def render_os_ends_date(self, record: Inventory) -> SafeString:
        """Whether its faults are still mended."""
        return looks.support(record)

    def value_os_ends_date(self, record: Inventory) -> Any:
        """For the CSV."""
        return record.os_ends_date

    def render_encrypted(self, record: Inventory) -> SafeString:
        """Yes, no, not said."""
        return looks.encryption(record)

    def value_encrypted(self, record: Inventory) -> str:
        """For the CSV."""
        return looks.yes_no(record.encrypted)

    def render_antivirus(self, record: Inventory) -> SafeString:
        """Its name, and whether it is up to date."""
        return looks.antivirus(record)

    def value_antivirus(self, record: Inventory) -> str:
        """For the CSV."""
        return record.antivirus

    def render_memory_mb(self, value: int) -> str:
        """In gigabytes."""
        return looks.memory(value)

    def render_disk_free_mb(self, value: int) -> str:
        """In gigabytes."""
        return formats.size(value * 1_000_000)

    def value_memory_mb(self, value: int) -> int:
        """For the CSV."""
        return value

    def value_disk_free_mb(self, value: int) -> int:
        """For the CSV."""
        return value

    def render_reported_at(self, value: Any) -> str:
        """How long ago."""
        return ago(value)

    def value_reported_at(self, value: Any) -> Any:
        """For the CSV."""
        return value


class AnomalyTable(ListingTable):
    """What reports contradict."""

    asset = tables.Column(verbose_name=gettext_lazy("Ordinateur"), order_by=("asset__name",))
    what = tables.Column(verbose_name=gettext_lazy("Ce qui étonne"), orderable=False, empty_values=())
    holders = tables.Column(verbose_name=gettext_lazy("Confié à"), orderable=False, empty_values=())
    last_agent = tables.Column(verbose_name=gettext_lazy("Dernière session"), orderable=False)
    entity = tables.Column(
        verbose_name=gettext_lazy("Service"), accessor="asset__entity", order_by=("asset__entity__name",)
    )
    reported_at = tables.Column(verbose_name=gettext_lazy("Dernier relevé"))

    class Meta(ListingTable.Meta):
        model = Inventory
        fields: ClassVar[tuple[str, ...]] = ()

    def render_asset(self, record: Inventory) -> SafeString:
        """Leads to its page."""
        return asset_link(record.asset)

    def value_asset(self, record: Inventory) -> str:
        """For the CSV."""
        return record.asset.name

    def render_what(self, record: Inventory) -> SafeString:
        """Each oddity with its colour."""
        shown = SafeString("")
        for kind in anomalies.kinds_of(record):
            shown += format_html("<div>{}</div>", state_badge(looks.anomaly(kind, record), *looks.ANOMALY_LOOKS[kind]))
        return shown

    def value_what(self, record: Inventory) -> str:
        """For the CSV."""
        return ", ".join(looks.anomaly(kind, record) for kind in anomalies.kinds_of(record))

    def render_holders(self, record: Inventory) -> str:
        """Who has it, by loan or assignment."""
        return ", ".join(anomalies.holders_of(record)) or "—"

    def render_reported_at(self, value: Any) -> str:
        """How long ago."""
        return ago(value)

    def value_reported_at(self, value: Any) -> Any:
        """For the CSV."""
        return value


class ScreenTable(ListingTable):
    """Screens that computers saw."""

    name = tables.Column(verbose_name=gettext_lazy("Écran"), empty_values=())
    serial = tables.Column(verbose_name=gettext_lazy("Numéro de série"))
    asset = tables.Column(verbose_name=gettext_lazy("Vu sur"), order_by=("asset__name",))
    entity = tables.Column(
        verbose_name=gettext_lazy("Service"), accessor="asset__entity", order_by=("asset__entity__name",)
    )
    site = tables.Column(verbose_name=gettext_lazy("Site"), accessor="asset__site", order_by=("asset__site__name",))
    seen_at = tables.Column(verbose_name=gettext_lazy("Vu"))

    class Meta(ListingTable.Meta):
        model = SeenScreen
        fields: ClassVar[tuple[str, ...]] = ()

    def render_name(self, record: SeenScreen) -> str:
        """Maker and model."""
        return f"{record.manufacturer} {record.name}".strip() or "—"

    def render_asset(self, record: SeenScreen) -> SafeString:
        """Leads to the computer."""
        return asset_link(record.asset)

    def value_asset(self, record: SeenScreen) -> str:
        """For the CSV."""
        return record.asset.name

    def render_seen_at(self, value: Any) -> str:
        """How long ago."""
        return ago(value)

    def value_seen_at(self, value: Any) -> Any:
        """For the CSV."""
        return value
