"""The lists: movements, one's own steps, steps that come by themselves."""

from __future__ import annotations

from datetime import date
from typing import Any

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from parvis.portal.kernel import clock
from parvis.portal.movements import rules
from parvis.portal.movements.models import Kind, Movement, Step, StepTemplate
from parvis.portal.ui.listing import ListingTable
from parvis.portal.ui.templatetags.ui import icon, state_badge

_WHOLE = {"td": {"class": "text-nowrap"}}

STATE_LOOKS = {
    rules.PLANNED: ("blue", "calendar-time"),
    rules.OPEN: ("orange", "hourglass"),
    rules.DONE: ("green", "circle-check"),
    rules.CANCELLED: ("secondary", "ban"),
}
KIND_ICONS = {Kind.JOINER: "user-plus", Kind.MOVER: "arrow-right", Kind.LEAVER: "logout"}


def state_of(movement: Movement) -> SafeString:
    """The state as a badge."""
    return state_badge(movement.get_state_display(), *STATE_LOOKS[movement.state])


class DayColumn(tables.Column):
    """A day."""

    def __init__(self, **options: Any) -> None:
        super().__init__(attrs=_WHOLE, **options)

    def render(self, value: date) -> str:
        """As read."""
        return f"{value:%d/%m/%Y}"

    def value(self, value: Any) -> str:
        """For programs."""
        return value.isoformat() if value else ""


class MovementTable(ListingTable):
    """One movement a row."""

    agent = tables.Column(
        linkify=("movements:movement", {"movement_id": tables.A("pk")}),
        order_by=("agent__last_name", "agent__first_name"),
        verbose_name=_("Agent"),
    )
    kind = tables.Column(verbose_name=_("Type"))
    effective_date = DayColumn(verbose_name=_("Date"))
    from_entity = tables.Column(order_by=("from_entity__name",), verbose_name=_("De"), default="—")
    to_entity = tables.Column(order_by=("to_entity__name",), verbose_name=_("Vers"), default="—")
    state = tables.Column(verbose_name=_("État"))
    progress = tables.Column(empty_values=(), orderable=False, verbose_name=_("Avancement"))
    next_date = DayColumn(verbose_name=_("Prochaine échéance"), default="—")

    class Meta(ListingTable.Meta):
        model = Movement
        fields = ("agent", "kind", "effective_date", "from_entity", "to_entity", "state", "progress", "next_date")

    def render_kind(self, record: Movement) -> SafeString:
        """With its icon."""
        return format_html("{} {}", icon(KIND_ICONS[Kind(record.kind)]), record.get_kind_display())

    def value_kind(self, record: Movement) -> str:
        """The word."""
        return record.get_kind_display()

    def render_state(self, record: Movement) -> SafeString:
        """A badge; late ones say so."""
        late = getattr(record, "late_count", None)
        if record.is_live and late:
            return state_badge(_("En retard"), "red", "alert-triangle")
        return state_of(record)

    def value_state(self, record: Movement) -> str:
        """The word."""
        return record.get_state_display()

    def render_progress(self, record: Any) -> SafeString:
        """Steps done, of all."""
        done, total = record.done_count or 0, record.step_count or 0
        return format_html(
            '<span class="text-nowrap"><progress max="100" value="{}" aria-hidden="true"></progress>'
            " {}\u202f/\u202f{}</span>",
            rules.progress(done, total),
            done,
            total,
        )

    def value_progress(self, record: Any) -> str:
        """In words: spreadsheets take 3/4 for a date."""
        return _("%(done)s sur %(total)s") % {"done": record.done_count or 0, "total": record.step_count or 0}


class StepTable(ListingTable):
    """One of the user's own steps a row."""

    title = tables.Column(
        linkify=("movements:movement", {"movement_id": tables.A("movement_id")}), verbose_name=_("Étape")
    )
    movement = tables.Column(verbose_name=_("Pour"), order_by=("movement__agent__last_name",))
    entity = tables.Column(accessor="movement__entity", orderable=False, verbose_name=_("Service"), default="—")
    due_date = DayColumn(verbose_name=_("Échéance"), default="—")
    standing = tables.Column(empty_values=(), orderable=False, verbose_name=_("État"))

    class Meta(ListingTable.Meta):
        model = Step
        fields = ("title", "movement", "entity", "due_date", "standing")
        order_by = ("due_date",)

    def render_standing(self, record: Step) -> SafeString:
        """Late, to decide, to do."""
        return state_badge(*standing(record))

    def value_standing(self, record: Step) -> str:
        """The word."""
        return str(standing(record)[0])


def standing(step: Step) -> tuple[Any, str, str]:
    """Label, colour and icon of a step."""
    if step.outcome:
        return (
            step.get_outcome_display(),
            "green" if step.outcome != Step.Outcome.DROPPED else "secondary",
            "circle-check",
        )
    if step.is_late(clock.today()):
        return _("En retard"), "red", "alert-triangle"
    if step.decision:
        return _("À décider"), "orange", "help-circle"
    return _("À faire"), "secondary", "circle-dot"


class TemplateTable(ListingTable):
    """One step by default a row."""

    title = tables.Column(linkify=("movements:edit_template", {"template_id": tables.A("pk")}), verbose_name=_("Étape"))
    movement_kind = tables.Column(verbose_name=_("Type de mouvement"))
    kind = tables.Column(verbose_name=_("Rubrique"))
    owner_role = tables.Column(verbose_name=_("Confiée à"))
    days = tables.Column(verbose_name=_("Échéance"))
    entity = tables.Column(order_by=("entity__path",), verbose_name=_("Pour"))

    class Meta(ListingTable.Meta):
        model = StepTemplate
        fields = ("title", "movement_kind", "kind", "owner_role", "days", "entity")
        order_by = ("movement_kind", "kind", "days")

    def render_days(self, value: int) -> str:
        """As people say it."""
        if not value:
            return str(_("le jour même"))
        return str((_("%(n)s jours avant") if value < 0 else _("%(n)s jours après")) % {"n": abs(value)})

    def value_days(self, value: int) -> int:
        """The number."""
        return value
