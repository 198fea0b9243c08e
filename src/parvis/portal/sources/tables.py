"""The lists of this room: columns, filters, cells."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from parvis.portal.sources import wording
from parvis.portal.sources.items import Kind, item_from
from parvis.portal.sources.models import Merge, Run, RunItem, Source
from parvis.portal.ui import formats
from parvis.portal.ui.listing import ListingTable
from parvis.portal.ui.templatetags.ui import ago, state_badge

# Above this number of differences, they are told in a row instead of a line each.
MANY = 4


def state_of(state: str) -> SafeString:
    """A run's state as a badge."""
    colour, icon = wording.STATES.get(state, ("secondary", ""))
    return state_badge(Run.State(state).label, colour, icon)


def when_next(source: Source) -> str:
    """When it is read next, in words."""
    if not source.is_active:
        return gettext("En pause")
    if source.next_at is None:
        return gettext("Quand on le demande")
    return formats.instant(source.next_at)


class SourceTable(ListingTable):
    """Sources and their last runs."""

    name = tables.Column(verbose_name=_("Source"), linkify=("sources:source", {"source_id": tables.A("pk")}))
    kind = tables.Column(verbose_name=_("Type"))
    root = tables.Column(verbose_name=_("Collectivité"), order_by=("root__name",))
    priority = tables.Column(verbose_name=_("Rang"))
    people = tables.Column(verbose_name=_("Agents"), default=0)
    last_state = tables.Column(verbose_name=_("Dernière lecture"), empty_values=(), order_by=("last_at",))
    next_at = tables.Column(verbose_name=_("Prochaine"), empty_values=())

    class Meta(ListingTable.Meta):
        pass

    def render_last_state(self, record: Any) -> SafeString | str:
        """State and age, to the run."""
        if not record.last_run_id:
            return gettext("Jamais")
        url = reverse("sources:run", args=[record.last_run_id])
        state, age = state_of(record.last_state), ago(record.last_at)
        return format_html('<a href="{}">{}</a><div class="text-secondary">{}</div>', url, state, age)

    def value_last_state(self, record: Any) -> str:
        """For the CSV."""
        return str(Run.State(record.last_state).label) if record.last_state else ""

    def render_next_at(self, record: Source) -> str:
        """In words."""
        return when_next(record)

    def value_next_at(self, record: Source) -> str:
        """For the CSV."""
        return when_next(record)


class ItemTable(ListingTable):
    """The differences of a run, one person a line."""

    label = tables.Column(verbose_name=_("Personne"))
    kinds = tables.Column(verbose_name=_("Ce qui se passe"), orderable=False)
    details = tables.Column(verbose_name=_("Détail"), orderable=False)
    where = tables.Column(verbose_name=_("Dans la source"), empty_values=(), orderable=False)

    class Meta(ListingTable.Meta):
        pass

    def __init__(self, *args: Any, values: wording.Values, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.values = values

    def render_label(self, record: RunItem) -> SafeString | str:
        """The name, to the agent's card."""
        if record.agent_id is None:
            return record.label
        return format_html('<a href="{}">{}</a>', reverse("directory:agent", args=[record.agent_id]), record.label)

    def value_label(self, record: RunItem) -> str:
        """For the CSV."""
        return record.label

    def render_kinds(self, record: RunItem) -> SafeString:
        """Badges."""
        found = [wording.KINDS[kind] for kind in wording.KINDS if f"|{kind}|" in record.kinds]
        return format_html_join("", "<div>{}</div>", ((state_badge(*each),) for each in found))

    def value_kinds(self, record: RunItem) -> str:
        """For the CSV."""
        return ", ".join(str(wording.KINDS[kind][0]) for kind in wording.KINDS if f"|{kind}|" in record.kinds)

    def _told(self, record: RunItem) -> list[str]:
        told = self.values.differences(item_from(record.key, record.label, record.agent_id, "", record.details))
        return [*told, gettext("Laissé de côté\u202f: ") + wording.outcome(record.outcome)] if record.outcome else told

    def render_details(self, record: RunItem) -> SafeString:
        """A line per field; the many of a newcomer follow one another."""
        told = self._told(record)
        if len(told) > MANY:
            return format_html_join(" · ", "{}", ((each,) for each in told))
        return format_html_join("", "<div>{}</div>", ((each,) for each in told))

    def value_details(self, record: RunItem) -> str:
        """For the CSV."""
        return " | ".join(self._told(record))

    def render_where(self, record: RunItem) -> str:
        """Where the record stands."""
        return str(record.details.get("where") or record.key)

    def value_where(self, record: RunItem) -> str:
        """For the CSV."""
        return self.render_where(record)


class ItemFilter(django_filters.FilterSet):
    """By kind of change."""

    kind = django_filters.ChoiceFilter(
        label=_("Ce qui se passe"),
        choices=[(str(kind), words[0]) for kind, words in wording.KINDS.items()],
        empty_label=_("Tout"),
        method="of_kind",
    )

    class Meta:
        model = RunItem
        fields: ClassVar[list[str]] = []

    def of_kind(self, rows: QuerySet[RunItem], _name: str, value: str) -> QuerySet[RunItem]:
        """Those for whom this kind is true."""
        return rows.filter(kinds__contains=f"|{Kind(value)}|")


class MergeTable(ListingTable):
    """Merges to decide, and those decided."""

    agent = tables.Column(verbose_name=_("Agent"), linkify=("sources:merge", {"merge_id": tables.A("pk")}))
    entity = tables.Column(verbose_name=_("Service"), accessor="agent__entity")
    source = tables.Column(verbose_name=_("Source"))
    reason = tables.Column(verbose_name=_("En commun"))
    proposed_at = tables.Column(verbose_name=_("Proposée"))
    state = tables.Column(verbose_name=_("État"))

    class Meta(ListingTable.Meta):
        pass

    def render_proposed_at(self, value: Any) -> str:
        """Its age."""
        return ago(value)

    def value_proposed_at(self, value: Any) -> Any:
        """For the CSV."""
        return value

    def render_state(self, record: Merge) -> SafeString:
        """A badge."""
        colours = {Merge.State.OPEN: "yellow", Merge.State.ACCEPTED: "green", Merge.State.REFUSED: "secondary"}
        return state_badge(record.get_state_display(), colours[Merge.State(record.state)])

    def value_state(self, record: Merge) -> str:
        """For the CSV."""
        return record.get_state_display()


class MergeFilter(django_filters.FilterSet):
    """By state and source."""

    state = django_filters.ChoiceFilter(label=_("État"), choices=Merge.State.choices, empty_label=_("Tous"))

    class Meta:
        model = Merge
        fields: ClassVar[list[str]] = ["state"]
