"""The list of what gateways did, hour by hour, and what it may be narrowed by."""

from __future__ import annotations

from typing import Any

import django_filters
import django_tables2 as tables
from django.utils.translation import gettext_lazy as _

from parvis.portal.capacity import wording
from parvis.portal.capacity.models import Sample
from parvis.portal.kernel import clock
from parvis.portal.remote_desktop.filters import DayFilter
from parvis.portal.remote_desktop.models import Gateway
from parvis.portal.ui import formats
from parvis.portal.ui.listing import ListingTable

_WHOLE = {"td": {"class": "text-nowrap"}}


class SampleFilter(django_filters.FilterSet):
    """By gateway and by days."""

    gateway = django_filters.ModelChoiceFilter(
        label=_("Passerelle"), queryset=Gateway.objects.order_by("name"), empty_label=_("Toutes")
    )
    since = DayFilter(instant="hour_at", last=False, label=_("Du"))
    until = DayFilter(instant="hour_at", last=True, label=_("Au"))

    class Meta:
        model = Sample
        fields = ("gateway", "since", "until")


class SampleTable(ListingTable):
    """One hour of one gateway a row."""

    hour_at = tables.Column(verbose_name=_("Heure"), attrs=_WHOLE)
    gateway = tables.Column(
        order_by=("gateway__name",),
        linkify=("capacity:gateway", {"gateway_id": tables.A("gateway_id")}),
        verbose_name=_("Passerelle"),
    )
    sessions_most = tables.Column(verbose_name=_("Écrans, au plus"))
    mean = tables.Column(verbose_name=_("Écrans, en moyenne"))
    moved = tables.Column(verbose_name=_("Échangé"))
    cpu_seconds = tables.Column(verbose_name=_("Processeur"))
    lag_most_ms = tables.Column(verbose_name=_("Retard interne"))
    beats = tables.Column(verbose_name=_("Minutes mesurées"))

    class Meta(ListingTable.Meta):
        model = Sample
        fields = (
            "hour_at", "gateway", "sessions_most", "mean", "moved", "cpu_seconds", "lag_most_ms", "beats",
        )  # fmt: skip
        order_by = ("-hour_at",)

    def render_hour_at(self, value: Any) -> str:
        """On the wall clock of Paris."""
        local = value.astimezone(clock.PARIS)
        return f"{local:%d/%m/%Y} {local:%H} h"

    def value_hour_at(self, value: Any) -> str:
        """For programs."""
        return str(value.astimezone(clock.PARIS).isoformat(timespec="minutes"))

    def render_mean(self, value: float | None) -> str:
        """One decimal."""
        return "—" if value is None else wording.number(value)

    def value_mean(self, value: float | None) -> float | str:
        """As a number."""
        return "" if value is None else round(value, 2)

    def render_moved(self, value: int) -> str:
        """In the closest unit."""
        return formats.size(value)

    def value_moved(self, value: int) -> int:
        """In bytes."""
        return value

    def render_cpu_seconds(self, value: float, record: Sample) -> str:
        """Of one core, over the minutes that were looked at."""
        return f"{wording.number(100 * value / (60 * record.beats))}{formats.NARROW}%" if record.beats else "—"

    def value_cpu_seconds(self, value: float) -> float:
        """In seconds."""
        return round(value, 2)

    def render_lag_most_ms(self, value: float) -> str:
        """In milliseconds."""
        return f"{wording.number(value)}{formats.NARROW}ms"

    def value_lag_most_ms(self, value: float) -> float:
        """As a number."""
        return round(value, 2)
