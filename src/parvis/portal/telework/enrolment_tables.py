"""Table and filters of enrolments."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from parvis.portal.directory.access import EntityChoiceField
from parvis.portal.directory.models import Entity
from parvis.portal.directory.queries import VIEWING_ROLES, perimeter, within
from parvis.portal.kernel import clock
from parvis.portal.telework import path_wording
from parvis.portal.telework.models import Enrolment, Level, Request
from parvis.portal.telework.rules import Stage
from parvis.portal.ui.listing import ListingTable
from parvis.portal.ui.templatetags.ui import state_badge

PERIODS = ((7, gettext_lazy("7 jours")), (30, gettext_lazy("30 jours")), (90, gettext_lazy("90 jours")))
STANDINGS = {
    "waiting": (gettext_lazy("Pas commencées"), Q(started_at__isnull=True)),
    "going": (gettext_lazy("En cours"), Q(started_at__isnull=False, finished_at__isnull=True)),
    "blocked": (gettext_lazy("Bloquées"), Q(finished_at__isnull=True) & ~Q(blocked_code="")),
    "finished": (gettext_lazy("Terminées"), Q(finished_at__isnull=False)),
    "working": (gettext_lazy("Travaillent"), Q(working_at__isnull=False)),
}


def _entities(request: HttpRequest | None) -> QuerySet[Entity]:
    if request is None:
        return Entity.objects.none()
    return Entity.objects.filter(within(perimeter(request.user, *VIEWING_ROLES), "path")).order_by("path")


def stage_of(enrolment: Enrolment) -> str:
    """Where they are: the stage to do, or the end."""
    if enrolment.finished_at is not None:
        return str(path_wording.FINISHED)
    return str(path_wording.STAGES[Stage(enrolment.stage)].title)


class EnrolmentTable(ListingTable):
    """One agent on the path a row."""

    agent = tables.Column(
        linkify=("telework_staff:request", {"request_id": tables.A("request_id")}),
        order_by=("agent__last_name", "agent__first_name"),
        verbose_name=gettext_lazy("Agent"),
    )
    email = tables.Column(accessor="agent__email", visible=False, verbose_name=gettext_lazy("Courriel"))
    entity = tables.Column(
        accessor="agent__entity", order_by=("agent__entity__name",), verbose_name=gettext_lazy("Service")
    )
    level = tables.Column(visible=False, verbose_name=gettext_lazy("Niveau"))
    stage = tables.Column(verbose_name=gettext_lazy("Étape"))
    blocked = tables.Column(empty_values=(), order_by=("blocked_at",), verbose_name=gettext_lazy("Bloqué par"))
    line = tables.Column(accessor="line_quality", verbose_name=gettext_lazy("Connexion"), default="—")
    invited_at = tables.DateTimeColumn(format="d/m/Y H:i", verbose_name=gettext_lazy("Invité le"))
    started_at = tables.DateTimeColumn(
        format="d/m/Y H:i", visible=False, default="", verbose_name=gettext_lazy("Commencé le")
    )
    finished_at = tables.DateTimeColumn(format="d/m/Y H:i", default="—", verbose_name=gettext_lazy("Terminé le"))
    working_at = tables.DateTimeColumn(
        format="d/m/Y H:i", visible=False, default="", verbose_name=gettext_lazy("Travaille depuis le")
    )
    reminded_at = tables.DateTimeColumn(format="d/m/Y", default="—", verbose_name=gettext_lazy("Dernier rappel"))

    class Meta(ListingTable.Meta):
        model = Enrolment
        fields = (
            "agent", "email", "entity", "level", "stage", "blocked", "line", "invited_at", "started_at",
            "finished_at", "working_at", "reminded_at",
        )  # fmt: skip

    def render_stage(self, record: Enrolment) -> SafeString:
        """As a badge."""
        if record.finished_at is not None:
            return state_badge(stage_of(record), "green", "circle-check")
        if record.request.state != Request.State.OPEN:
            return state_badge(record.request.get_state_display(), "secondary", "ban")
        return state_badge(stage_of(record), "blue" if record.started_at else "secondary", "hourglass")

    def value_stage(self, record: Enrolment) -> str:
        """As text."""
        return stage_of(record)

    def render_blocked(self, record: Enrolment) -> SafeString | str:
        """What stops them now."""
        text = self.value_blocked(record)
        return state_badge(text, "orange", "alert-triangle") if text else "—"

    def value_blocked(self, record: Enrolment) -> str:
        """As text."""
        if record.finished_at is not None or not record.blocked_code:
            return ""
        return path_wording.label_of(record.blocked_code)

    def render_line(self, value: str) -> str:
        """What the line is good for."""
        return str(path_wording.LINES.get(value, value))

    value_line = render_line


class EnrolmentFilter(django_filters.FilterSet):
    """Whose, how far, what level."""

    entity = django_filters.ModelChoiceFilter(
        queryset=_entities,
        method="below",
        label=gettext_lazy("Service"),
        empty_label=gettext_lazy("Tous"),
    )
    entity.field_class = EntityChoiceField
    standing = django_filters.ChoiceFilter(
        choices=[(name, label) for name, (label, _condition) in STANDINGS.items()],
        method="how_far",
        label=gettext_lazy("Où ils en sont"),
        empty_label=gettext_lazy("Tous"),
    )
    stage = django_filters.ChoiceFilter(
        choices=[(stage.value, path_wording.STAGES[stage].title) for stage in Stage],
        method="at_stage",
        label=gettext_lazy("À l’étape"),
        empty_label=gettext_lazy("Toutes"),
    )

    class Meta:
        model = Enrolment
        fields = ("entity", "standing", "stage")

    def below(self, enrolments: QuerySet[Enrolment], name: str, entity: Entity) -> QuerySet[Enrolment]:
        """An entity and all below it."""
        return enrolments.filter(agent__entity__path__startswith=entity.path)

    def how_far(self, enrolments: QuerySet[Enrolment], name: str, standing: str) -> QuerySet[Enrolment]:
        """One of `STANDINGS`; who is still to finish, among those whose telework is open."""
        _label, condition = STANDINGS[standing]
        found = enrolments.filter(condition)
        return found if standing in ("finished", "working") else found.filter(request__state=Request.State.OPEN)

    def at_stage(self, enrolments: QuerySet[Enrolment], name: str, stage: str) -> QuerySet[Enrolment]:
        """Those who have this stage to do."""
        return enrolments.filter(stage=stage, finished_at__isnull=True)


class FunnelForm(forms.Form):
    """Whom the funnel is about."""

    entity = EntityChoiceField(
        queryset=Entity.objects.none(), required=False, label=gettext_lazy("Service"), empty_label=gettext_lazy("Tous")
    )
    level = forms.TypedChoiceField(
        choices=[("", gettext_lazy("Tous")), *Level.choices],
        coerce=int,
        empty_value=None,
        required=False,
        label=gettext_lazy("Niveau"),
    )
    days = forms.TypedChoiceField(
        choices=[("", gettext_lazy("Tous")), *PERIODS],
        coerce=int,
        empty_value=None,
        required=False,
        label=gettext_lazy("Invités depuis"),
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        entity = self.fields["entity"]
        assert isinstance(entity, EntityChoiceField)  # noqa: S101 said a few lines above
        entity.queryset = _entities(request)

    def narrowed(self, enrolments: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
        """Those asked for; what was asked wrongly asks for nothing."""
        asked = self.cleaned_data if self.is_valid() else {}
        if asked.get("entity"):
            enrolments = enrolments.filter(agent__entity__path__startswith=asked["entity"].path)
        if asked.get("level"):
            enrolments = enrolments.filter(level=asked["level"])
        if asked.get("days"):
            enrolments = enrolments.filter(invited_at__gte=clock.now() - timedelta(days=asked["days"]))
        return enrolments
