"""The lists of this room: runs, and the lines of one."""

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

from parvis.portal.imports import wording
from parvis.portal.imports.models import Line, Run
from parvis.portal.ui.listing import ListingTable
from parvis.portal.ui.templatetags.ui import ago, state_badge


def state_of(state: str) -> SafeString:
    """A run's state as a badge."""
    colour, icon = wording.STATES.get(state, ("secondary", ""))
    return state_badge(Run.State(state).label, colour, icon)


class RunTable(ListingTable):
    """One import a row."""

    name = tables.Column(verbose_name=_("Import"), linkify=("imports:run", {"import_id": tables.A("pk")}))
    origin = tables.Column(verbose_name=_("Provenance"))
    root = tables.Column(verbose_name=_("Collectivité"), order_by=("root__name",))
    started_by = tables.Column(verbose_name=_("Par"), order_by=("started_by__last_name",))
    created_at = tables.Column(verbose_name=_("Quand"))
    counts = tables.Column(verbose_name=_("Lignes"), orderable=False)
    state = tables.Column(verbose_name=_("État"))

    class Meta(ListingTable.Meta):
        model = Run
        fields = ("name", "origin", "root", "started_by", "created_at", "counts", "state")

    def render_created_at(self, value: Any) -> str:
        """Its age."""
        return ago(value)

    def value_created_at(self, value: Any) -> Any:
        """For the CSV."""
        return value

    def render_counts(self, record: Run) -> str:
        """In a few words."""
        return self.value_counts(record) or "—"

    def value_counts(self, record: Run) -> str:
        """For the CSV."""
        done = record.state in {Run.State.APPLIED, Run.State.UNDOING, Run.State.UNDONE}
        found = [
            (gettext("ajoutés") if done else gettext("à ajouter"), record.counts.get("created")),
            (gettext("modifiés") if done else gettext("à modifier"), record.counts.get("changed")),
            (gettext("rejetées"), record.counts.get("rejected")),
        ]
        told = ", ".join(f"{word}\u202f: {count}" for word, count in found if count)
        return told or (gettext("%(count)s lignes") % {"count": record.read} if record.read else "")

    def render_state(self, record: Run) -> SafeString:
        """A badge."""
        return state_of(record.state)

    def value_state(self, record: Run) -> str:
        """For the CSV."""
        return record.get_state_display()


class RunFilter(django_filters.FilterSet):
    """By state and provenance."""

    state = django_filters.ChoiceFilter(label=_("État"), choices=Run.State.choices, empty_label=_("Tous"))
    origin = django_filters.ChoiceFilter(label=_("Provenance"), choices=Run.Origin.choices, empty_label=_("Toutes"))

    class Meta:
        model = Run
        fields: ClassVar[list[str]] = ["state", "origin"]


class LineTable(ListingTable):
    """What an import would do, or did, one line a row."""

    number = tables.Column(verbose_name=_("Ligne"))
    label = tables.Column(verbose_name=_("Matériel"))
    kind = tables.Column(verbose_name=_("Ce qui se passe"))
    changes = tables.Column(verbose_name=_("Détail"), orderable=False, empty_values=())

    class Meta(ListingTable.Meta):
        model = Line
        fields = ("number", "label", "kind", "changes")

    def render_label(self, record: Line) -> SafeString | str:
        """To the line's own page, where conflicts are decided."""
        url = reverse("imports:line", args=[record.run_id, record.pk])
        return format_html('<a href="{}">{}</a>', url, record.label)

    def value_label(self, record: Line) -> str:
        """For the CSV."""
        return record.label

    def render_kind(self, record: Line) -> SafeString:
        """A badge; a second one where something a person wrote stays."""
        label, colour, icon = wording.KINDS[record.kind]
        if record.written_at:
            label = wording.DONE.get(record.kind, label)
        badges = [state_badge(label, colour, icon)]
        if record.conflicts and record.kind != Line.Kind.CONFLICT:
            badges.append(state_badge(*wording.KINDS[Line.Kind.CONFLICT]))
        return format_html_join("", "<div>{}</div>", ((each,) for each in badges))

    def value_kind(self, record: Line) -> str:
        """For the CSV."""
        return str(wording.KINDS[record.kind][0])

    def render_changes(self, record: Line) -> SafeString | str:
        """Field by field: what is there → what would be."""
        told = details(record)
        if record.kind == Line.Kind.CREATED:
            return format_html_join(" · ", "{}", ((each,) for each in told))
        return format_html_join("", "<div>{}</div>", ((each,) for each in told)) if told else "—"

    def value_changes(self, record: Line) -> str:
        """For the CSV."""
        return " | ".join(details(record))


MOST_TOLD = 6
"""Fields told of a line in a list; its page has them all."""


def details(line: Line) -> list[str]:
    """What a line changes, keeps, or why it is rejected, in words."""
    told = [wording.problem(each) for each in line.problems]
    if line.outcome:
        told.append(wording.outcome(line.outcome))
    new = line.kind == Line.Kind.CREATED
    shown = list(line.changes.items())
    for name, (before, after, before_words, after_words) in shown[:MOST_TOLD]:
        said = wording.value(name, after, _who(line, name, after_words))
        if new:
            told.append(f"{wording.field_name(name)}\u202f: {said}")
        else:
            was = wording.value(name, before, before_words)
            told.append(f"{wording.field_name(name)}\u202f: {was} → {said}")
    if len(shown) > MOST_TOLD:
        told.append(gettext("et %(count)s autres champs") % {"count": len(shown) - MOST_TOLD})
    for name, (before, after, before_words, after_words, _reason) in line.conflicts.items():
        here, there = wording.value(name, before, before_words), wording.value(name, after, after_words)
        words = (
            gettext("%(field)s\u202f: «\u202f%(there)s\u202f» remplace «\u202f%(here)s\u202f»")
            if name in line.taken
            else gettext("%(field)s\u202f: «\u202f%(here)s\u202f» est gardé (le fichier dit «\u202f%(there)s\u202f»)")
        )
        told.append(words % {"field": wording.field_name(name), "here": here, "there": there})
    return told


def _who(line: Line, name: str, words: str) -> str:
    return str(line.agent) if name == "agent" and line.agent else words


class LineFilter(django_filters.FilterSet):
    """By what would happen."""

    kind = django_filters.ChoiceFilter(
        label=_("Ce qui se passe"),
        choices=[(kind, words[0]) for kind, words in wording.KINDS.items()],
        empty_label=_("Tout"),
        method="of_kind",
    )

    class Meta:
        model = Line
        fields: ClassVar[list[str]] = []

    def of_kind(self, rows: QuerySet[Line], _name: str, value: str) -> QuerySet[Line]:
        """A line that changes something and keeps something else is both."""
        return rows.exclude(conflicts={}) if value == Line.Kind.CONFLICT else rows.filter(kind=value)
