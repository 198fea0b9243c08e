"""The IT team's list of calls for help: table and filters."""

from __future__ import annotations

from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from parvis.portal.directory.access import EntityChoiceField
from parvis.portal.directory.models import Entity
from parvis.portal.directory.queries import perimeter, within
from parvis.portal.kernel import clock
from parvis.portal.parc.queries import VIEWING_ROLES
from parvis.portal.telework import help_queries, path_wording
from parvis.portal.telework.models import HelpCall
from parvis.portal.telework.rules import Stage
from parvis.portal.ui import formats
from parvis.portal.ui.listing import ListingTable
from parvis.portal.ui.templatetags.ui import state_badge

OPEN, MINE = "open", "mine"
LOOKS = {
    HelpCall.State.WAITING: ("orange", "hourglass"),
    HelpCall.State.TAKEN: ("blue", "user-check"),
    HelpCall.State.CLOSED: ("green", "circle-check"),
}
"""Colour and icon of each state."""


def state_of(call: HelpCall) -> SafeString:
    """The state as a badge."""
    color, icon = LOOKS[HelpCall.State(call.state)]
    return state_badge(call.get_state_display(), color, icon)


class HelpCallTable(ListingTable):
    """One call a row."""

    agent = tables.Column(
        accessor="enrolment__agent",
        linkify=("telework_staff:help_call", {"help_call_id": tables.A("pk")}),
        order_by=("enrolment__agent__last_name", "enrolment__agent__first_name"),
        verbose_name=_("Agent"),
    )
    entity = tables.Column(
        accessor="enrolment__agent__entity",
        order_by=("enrolment__agent__entity__name",),
        verbose_name=_("Service"),
    )
    stage = tables.Column(verbose_name=_("Étape"))
    code = tables.Column(verbose_name=_("Ce qui a été trouvé"), empty_values=(None,))
    computer = tables.Column(order_by=("computer__name",), verbose_name=_("Ordinateur"), default="—")
    created_at = tables.Column(verbose_name=_("Demandée"))
    state = tables.Column(verbose_name=_("État"))
    taken_by = tables.Column(
        order_by=("taken_by__last_name", "taken_by__first_name"), verbose_name=_("Par"), default="—"
    )
    answer = tables.Column(verbose_name=_("Réponse"), visible=False, default="")

    class Meta(ListingTable.Meta):
        model = HelpCall
        fields = ("agent", "entity", "stage", "code", "computer", "created_at", "state", "taken_by", "answer")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = clock.now()

    def render_stage(self, record: HelpCall) -> str:
        """Its name."""
        return stage_words(record.stage)

    def value_stage(self, record: HelpCall) -> str:
        """The same."""
        return stage_words(record.stage)

    def render_code(self, record: HelpCall) -> str:
        """In words."""
        return path_wording.label_of(record.code) or "—"

    def value_code(self, record: HelpCall) -> str:
        """The same."""
        return path_wording.label_of(record.code)

    def render_created_at(self, record: HelpCall) -> str:
        """How long ago."""
        return formats.ago(record.created_at, self.now)

    def value_created_at(self, record: HelpCall) -> str:
        """The instant."""
        return record.created_at.astimezone(clock.PARIS).strftime("%d/%m/%Y %H:%M")

    def render_state(self, record: HelpCall) -> SafeString:
        """A badge."""
        return state_of(record)

    def value_state(self, record: HelpCall) -> str:
        """The word."""
        return record.get_state_display()


def stage_words(stage: str) -> str:
    """The title of a stage."""
    return str(path_wording.STAGES[Stage(stage)].title) if stage in set(Stage) else stage


class HelpCallFilter(django_filters.FilterSet):
    """By state, stage, cause, department."""

    state = django_filters.ChoiceFilter(
        label=_("État"),
        empty_label=_("Tous"),
        method="in_state",
        choices=[(OPEN, _("À régler")), (MINE, _("Les miennes")), *HelpCall.State.choices],
    )
    stage = django_filters.ChoiceFilter(
        label=_("Étape"),
        empty_label=_("Toutes"),
        choices=[(stage.value, words.title) for stage, words in path_wording.STAGES.items()],
    )
    code = django_filters.ChoiceFilter(label=_("Ce qui a été trouvé"), empty_label=_("Tout"), choices=[])
    entity = django_filters.ModelChoiceFilter(
        label=_("Service de l’agent"), empty_label=_("Tous"), method="below", queryset=Entity.objects.none()
    )
    entity.field_class = EntityChoiceField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        user = self.request.user
        seen = within(perimeter(user, *VIEWING_ROLES), "path")
        self.filters["entity"].queryset = Entity.objects.filter(seen).order_by("path")
        there = help_queries.help_calls_run_by(user).exclude(code="").order_by()
        codes = sorted(there.values_list("code", flat=True).distinct())
        self.filters["code"].extra["choices"] = [(code, path_wording.label_of(code)) for code in codes]

    def in_state(self, rows: QuerySet[HelpCall], _name: str, value: str) -> QuerySet[HelpCall]:
        """One state, what is not settled, or what I look at."""
        if value == OPEN:
            return rows.filter(state__in=help_queries.OPEN)
        if value == MINE:
            return rows.filter(state=HelpCall.State.TAKEN, taken_by=self.request.user.pk)
        return rows.filter(state=value)

    def below(self, rows: QuerySet[HelpCall], _name: str, value: Entity) -> QuerySet[HelpCall]:
        """And all below it."""
        return rows.filter(enrolment__agent__entity__path__startswith=value.path)
