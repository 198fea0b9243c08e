"""The IT team's pages: who meets when with which tool (never about what), use by week, whom to accompany."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from parvis.portal.conferencing.models import Provider
from parvis.portal.directory.access import EntityChoiceField, signed_in
from parvis.portal.directory.models import Entity
from parvis.portal.directory.queries import perimeter, within
from parvis.portal.kernel import authz, clock
from parvis.portal.meetings import permissions, queries, rules, showing
from parvis.portal.meetings.models import Meeting, ToolUse
from parvis.portal.meetings.usage import by_week
from parvis.portal.parc.queries import VIEWING_ROLES
from parvis.portal.ui.listing import ListingTable, ListingView

WEEKS_SHOWN = 12
WHOLE = {"td": {"class": "text-nowrap"}}


def _day_input() -> forms.DateInput:
    return forms.DateInput({"type": "date", "class": "form-control"}, "%Y-%m-%d")


def _entities(request: HttpRequest) -> QuerySet[Entity]:
    return Entity.objects.filter(within(perimeter(request.user, *VIEWING_ROLES), "path")).order_by("path")


class MeetingTable(ListingTable):
    """One meeting a row: no title, no agenda, no guests."""

    starts_at = tables.DateTimeColumn(format="d/m/Y H:i", attrs=WHOLE, verbose_name=gettext_lazy("Début"))
    ends_at = tables.DateTimeColumn(format="H:i", attrs=WHOLE, verbose_name=gettext_lazy("Fin"))
    organiser = tables.Column(
        order_by=("organiser__last_name", "organiser__first_name"), verbose_name=gettext_lazy("Organisateur")
    )
    entity = tables.Column(order_by=("entity__name",), verbose_name=gettext_lazy("Service"))
    provider = tables.Column(
        order_by=("provider__name",), verbose_name=gettext_lazy("Outil"), default=gettext_lazy("En salle seulement")
    )
    people = tables.Column(verbose_name=gettext_lazy("Participants"))
    audience = tables.Column(verbose_name=gettext_lazy("Public"))
    state = tables.Column(verbose_name=gettext_lazy("État"))

    class Meta(ListingTable.Meta):
        model = Meeting
        fields = ("starts_at", "ends_at", "organiser", "entity", "provider", "people", "audience", "state")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = clock.now()

    def render_state(self, record: Meeting) -> SafeString:
        """A badge."""
        return showing.state_of(record, self.now)

    def value_state(self, record: Meeting) -> str:
        """The words."""
        return showing.state_words(record, self.now)[0]


class MeetingFilter(django_filters.FilterSet):
    """By tool, department, state, days."""

    provider = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Outil"), empty_label=gettext_lazy("Tous"), queryset=Provider.objects.none()
    )
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("État"), empty_label=gettext_lazy("Tous"), choices=Meeting.State.choices
    )
    entity = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Service"), empty_label=gettext_lazy("Tous"), method="below", queryset=Entity.objects.none()
    )
    entity.field_class = EntityChoiceField
    after = django_filters.DateFilter(
        label=gettext_lazy("À partir du"), field_name="starts_at", lookup_expr="date__gte", widget=_day_input()
    )
    before = django_filters.DateFilter(
        label=gettext_lazy("Jusqu’au"), field_name="starts_at", lookup_expr="date__lte", widget=_day_input()
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seen = queries.run_by(self.request.user).order_by().values("provider_id")
        self.filters["provider"].queryset = Provider.objects.filter(pk__in=seen).order_by("name")
        self.filters["entity"].queryset = _entities(self.request)

    def below(self, rows: QuerySet[Meeting], _name: str, value: Entity) -> QuerySet[Meeting]:
        """And all below it."""
        return rows.filter(entity__path__startswith=value.path)


class Meetings(ListingView):
    """Every meeting of the perimeter, newest first."""

    table_class = MeetingTable
    filterset_class = MeetingFilter
    template_name = "meetings/all.html"
    title = gettext_lazy("Toutes les réunions")
    lead = gettext_lazy("Qui se réunit quand et avec quel outil. Ni objet, ni invités.")
    search_folded_fields = ("organiser__search",)
    search_label = gettext_lazy("Organisateur")
    export_name = "reunions"
    empty_icon = "users"
    empty_title = gettext_lazy("Aucune réunion pour le moment")
    empty_text = gettext_lazy("Les réunions de votre périmètre apparaissent ici dès qu’un agent en réserve une.")

    def authorize(self) -> authz.Decision:
        """The IT team and auditors."""
        return permissions.can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[Meeting]:
        """All of the perimeter."""
        return queries.run_by(self.request.user)


class ToolUseTable(ListingTable):
    """An agent and a kind of tool a row."""

    agent = tables.Column(
        linkify=("directory:agent", {"agent_id": tables.A("agent_id")}),
        order_by=("agent__last_name", "agent__first_name"),
        verbose_name=gettext_lazy("Agent"),
    )
    entity = tables.Column(
        accessor="agent__entity", order_by=("agent__entity__name",), verbose_name=gettext_lazy("Service")
    )
    kind = tables.Column(verbose_name=gettext_lazy("Outil"))
    times = tables.Column(verbose_name=gettext_lazy("Réunions"))
    first_at = tables.DateTimeColumn(format="d/m/Y", attrs=WHOLE, verbose_name=gettext_lazy("Première fois"))
    last_at = tables.DateTimeColumn(format="d/m/Y", attrs=WHOLE, verbose_name=gettext_lazy("Dernière fois"))

    class Meta(ListingTable.Meta):
        model = ToolUse
        fields = ("agent", "entity", "kind", "times", "first_at", "last_at")


class ToolUseFilter(django_filters.FilterSet):
    """By kind of tool, department, and how often."""

    kind = django_filters.ChoiceFilter(
        label=gettext_lazy("Outil"), empty_label=gettext_lazy("Tous"), choices=Provider.Kind.choices
    )
    entity = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Service"), empty_label=gettext_lazy("Tous"), method="below", queryset=Entity.objects.none()
    )
    entity.field_class = EntityChoiceField
    once = django_filters.ChoiceFilter(
        label=gettext_lazy("À accompagner"),
        empty_label=gettext_lazy("Tous"),
        method="beginners",
        choices=[("once", gettext_lazy("Une seule réunion jusqu’ici"))],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["entity"].queryset = _entities(self.request)

    def below(self, rows: QuerySet[ToolUse], _name: str, value: Entity) -> QuerySet[ToolUse]:
        """And all below it."""
        return rows.filter(agent__entity__path__startswith=value.path)

    def beginners(self, rows: QuerySet[ToolUse], _name: str, _value: str) -> QuerySet[ToolUse]:
        """Who has met with the tool once only."""
        return rows.filter(times=1)


class ToolUses(ListingView):
    """Who has already met with which tool: whom to accompany."""

    table_class = ToolUseTable
    filterset_class = ToolUseFilter
    title = gettext_lazy("Qui a déjà utilisé quel outil")
    lead = gettext_lazy("Pour accompagner celles et ceux qui commencent.")
    search_folded_fields = ("agent__search",)
    search_label = gettext_lazy("Agent")
    export_name = "outils-utilises"
    empty_icon = "users"
    empty_title = gettext_lazy("Personne n’a encore rejoint de réunion par Parvis")
    empty_text = gettext_lazy("Chaque entrée dans une réunion compte ici, une fois par jour et par outil.")

    def authorize(self) -> authz.Decision:
        """The IT team and auditors."""
        return permissions.can_watch(signed_in(self.request))

    def get_queryset(self) -> QuerySet[ToolUse]:
        """Of the agents of the perimeter."""
        seen = ToolUse.objects.filter(within(perimeter(self.request.user, *VIEWING_ROLES), "agent__entity__path"))
        return seen.select_related("agent__entity").order_by("agent__last_name", "agent__first_name", "pk")


@require_safe
def usage(request: HttpRequest) -> HttpResponse:
    """Meetings by tool and week."""
    user = signed_in(request)
    authz.require(permissions.can_watch(user))
    today = clock.today()
    first = today - timedelta(days=today.weekday(), weeks=WEEKS_SHOWN - 3)
    starts = datetime.combine(first, datetime.min.time(), tzinfo=rules.PARIS)
    ends = starts + timedelta(weeks=WEEKS_SHOWN)
    rows = queries.run_by(user).filter(state__in=rules.ALIVE, starts_at__gte=starts, starts_at__lt=ends)
    found = by_week(rows.order_by().values_list("starts_at", "provider__name"), first, WEEKS_SHOWN)
    context = {"usage": found, "this_week": today - timedelta(days=today.weekday())}
    return render(request, "meetings/usage.html", context)
