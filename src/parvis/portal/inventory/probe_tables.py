"""The lists of the probes' side: columns, filters, cells."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from parvis.portal.inventory import probe_queries, rules
from parvis.portal.inventory.models import ProbeToken, Report
from parvis.portal.inventory.probe_forms import frequency_words
from parvis.portal.inventory.wire import problems
from parvis.portal.parc.models import Asset
from parvis.portal.ui.listing import ListingTable
from parvis.portal.ui.templatetags.ui import ago, state_badge

STATES = {
    Report.State.QUEUED: ("blue", "hourglass"),
    Report.State.APPLIED: ("green", "check"),
    Report.State.QUARANTINED: ("yellow", "alert-triangle"),
    Report.State.DISCARDED: ("secondary", ""),
    Report.State.REFUSED: ("red", "ban"),
}


def state_of(report: Report) -> SafeString:
    """A report's state as a badge."""
    return state_badge(report.get_state_display(), *STATES[Report.State(report.state)])


def problem_words(key: str) -> str:
    """Why a report did not end in an asset; nothing for none."""
    return str(problems.PROBLEMS.get(key) or rules.PROBLEMS.get(key) or "")


class TokenTable(ListingTable):
    """Addresses of probes."""

    name = tables.Column(verbose_name=_("Adresse"), linkify=("inventory:token", {"probe_token_id": tables.A("pk")}))
    entity = tables.Column(verbose_name=_("Service"), order_by=("entity__name",))
    frequency_hours = tables.Column(verbose_name=_("Fréquence"))
    last_used_at = tables.Column(verbose_name=_("Dernier relevé"), empty_values=())
    recent = tables.Column(verbose_name=_("Relevés en 24 heures"))
    refused = tables.Column(verbose_name=_("Dont refusés"))
    revoked_at = tables.Column(verbose_name=_("État"), empty_values=())

    class Meta(ListingTable.Meta):
        model = ProbeToken
        fields: ClassVar[tuple[str, ...]] = ()

    def render_frequency_hours(self, value: int) -> str:
        """In words."""
        return frequency_words(value)

    def render_last_used_at(self, record: ProbeToken) -> str:
        """Its age."""
        return ago(record.last_used_at) or gettext("Jamais")

    def value_last_used_at(self, record: ProbeToken) -> Any:
        """For the CSV."""
        return record.last_used_at

    def render_revoked_at(self, record: ProbeToken) -> SafeString:
        """A badge."""
        if record.revoked_at:
            return state_badge(gettext("Révoquée"), "secondary", "ban")
        return state_badge(gettext("En service"), "green")

    def value_revoked_at(self, record: ProbeToken) -> str:
        """For the CSV."""
        return gettext("Révoquée") if record.revoked_at else gettext("En service")


class ReportTable(ListingTable):
    """Reports, the newest first."""

    received_at = tables.Column(verbose_name=_("Reçu"))
    name = tables.Column(verbose_name=_("Ordinateur"), empty_values=(), order_by=("name", "device_id"))
    entity = tables.Column(verbose_name=_("Service"), accessor="token__entity", order_by=("token__entity__name",))
    client = tables.Column(verbose_name=_("Sonde"))
    state = tables.Column(verbose_name=_("État"))
    problem = tables.Column(verbose_name=_("Motif"), orderable=False)
    asset = tables.Column(verbose_name=_("Matériel"), orderable=False)

    class Meta(ListingTable.Meta):
        model = Report
        fields: ClassVar[tuple[str, ...]] = ()

    def render_received_at(self, value: Any) -> str:
        """Its age."""
        return ago(value)

    def value_received_at(self, value: Any) -> Any:
        """For the CSV."""
        return value

    def render_name(self, record: Report) -> SafeString | str:
        """The computer's name, and the probe's for who looks for it in a log."""
        if not record.name or record.name == record.device_id:
            return record.device_id or "—"
        return format_html('{}<div class="text-secondary small">{}</div>', record.name, record.device_id)

    def value_name(self, record: Report) -> str:
        """For the CSV."""
        return record.name or record.device_id

    def render_state(self, record: Report) -> SafeString:
        """A badge."""
        return state_of(record)

    def value_state(self, record: Report) -> str:
        """For the CSV."""
        return record.get_state_display()

    def render_problem(self, value: str) -> str:
        """In words."""
        return problem_words(value)

    def render_asset(self, value: Asset) -> SafeString | str:
        """To its page, where it has one."""
        if not value.is_computer:
            return str(value)
        return format_html('<a href="{}">{}</a>', reverse("parc:computer", args=[value.pk]), value)

    def value_asset(self, value: Asset) -> str:
        """For the CSV."""
        return str(value)


def visible_tokens(request: HttpRequest | None) -> QuerySet[ProbeToken]:
    """The choices of the filter."""
    if request is None:
        return ProbeToken.objects.none()
    return probe_queries.tokens_visible_to(request.user).order_by("name")


class ReportFilter(django_filters.FilterSet):
    """By state, reason, address."""

    state = django_filters.ChoiceFilter(label=_("État"), choices=Report.State.choices, empty_label=_("Tous"))
    problem = django_filters.ChoiceFilter(
        label=_("Motif"), choices=[*problems.PROBLEMS.items(), *rules.PROBLEMS.items()], empty_label=_("Tous")
    )
    token = django_filters.ModelChoiceFilter(label=_("Adresse"), queryset=visible_tokens, empty_label=_("Toutes"))

    class Meta:
        model = Report
        fields: ClassVar[list[str]] = ["state", "problem", "token"]


class SilentTable(ListingTable):
    """Computers that send nothing any more."""

    name = tables.Column(verbose_name=_("Ordinateur"), linkify=("parc:computer", {"computer_id": tables.A("pk")}))
    kind = tables.Column(verbose_name=_("Type"))
    entity = tables.Column(verbose_name=_("Service"), order_by=("entity__name",))
    site = tables.Column(verbose_name=_("Site"), order_by=("site__name",))
    reported_at = tables.Column(
        verbose_name=_("Dernier relevé"), accessor="inventory__reported_at", empty_values=(), orderable=True
    )
    client = tables.Column(verbose_name=_("Sonde"), accessor="inventory__client")
    last_seen_at = tables.Column(verbose_name=_("Vu sur le réseau"))

    class Meta(ListingTable.Meta):
        model = Asset
        fields: ClassVar[tuple[str, ...]] = ()

    def render_reported_at(self, value: Any) -> str:
        """Its age."""
        return ago(value) or gettext("Jamais")

    def value_reported_at(self, value: Any) -> Any:
        """For the CSV."""
        return value

    def render_last_seen_at(self, value: Any) -> str:
        """Its age: one that answers and sends nothing has lost its probe."""
        return ago(value)

    def value_last_seen_at(self, value: Any) -> Any:
        """For the CSV."""
        return value


class SilentFilter(django_filters.FilterSet):
    """By type."""

    kind = django_filters.ChoiceFilter(
        label=_("Type"),
        choices=[each for each in Asset.Kind.choices if each[0] in {"office", "laptop", "server", "admin", "school"}],
        empty_label=_("Tous"),
    )

    class Meta:
        model = Asset
        fields: ClassVar[list[str]] = ["kind"]
